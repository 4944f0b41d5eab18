// What a tracker must know after the announces that it has answered: plainly kept, to compare with.
//
// Threads: not thread-safe. Time: `now` never decreases.
#ifndef SHOAL_TESTS_FUZZ_ANNOUNCE_MODEL_H_
#define SHOAL_TESTS_FUZZ_ANNOUNCE_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "common/base/endpoint.h"
#include "common/base/ids.h"
#include "common/time/time.h"
#include "shoal/v1/tracker.pb.h"
#include "tracker/membership/membership.h"

namespace shoal::service {

// Prints the promise and aborts, unless it holds.
void Require(bool holds, const char* promise);

// Whether a message keeps the rules of proto/shoal/v1/tracker.proto.
bool KeepsTheRules(const v1::AnnounceRequest& request);

class AnnounceModel {
 public:
  using Key = std::pair<SwarmId, PeerId>;
  struct Entry {
    Endpoint endpoint;
    TimePoint expires{};
  };
  // What the tracker itself knows of a member.
  using Lookup = std::function<std::optional<membership::MemberRecord>(const Key&)>;

  explicit AnnounceModel(const membership::MembershipConfig& config) : config_(config) {}

  // The call was answered: its members stand until `expires`.
  void Apply(const membership::AnnounceCall& call, TimePoint expires);
  // The call was refused for want of room; what was carried out of it, `lookup` tells. Breaks a
  // promise if there was room for all of it, or if something else happened.
  void ApplyRefused(const membership::AnnounceCall& call, const Lookup& lookup);
  // All whose time was up have been removed: these are `left`. Breaks a promise if others have
  // been, or not all of them, or if somebody is there who never came.
  void Expire(TimePoint now, const std::set<Key>& left);

  // Whether no limit is in the way of the call.
  bool HasRoomFor(const membership::AnnounceCall& call) const;
  const Entry* Find(const Key& key) const;
  std::size_t SizeOf(const SwarmId& swarm) const;
  const std::map<Key, Entry>& members() const { return members_; }
  const std::map<SwarmId, std::size_t>& swarms() const { return swarms_; }  // their sizes
  std::uint64_t joins() const { return joins_; }
  std::uint64_t leaves() const { return leaves_; }
  std::uint64_t expirations() const { return expirations_; }

 private:
  void Put(const Key& key, const Entry& entry);
  void Remove(const Key& key);

  const membership::MembershipConfig config_;
  std::map<Key, Entry> members_;
  std::map<SwarmId, std::size_t> swarms_;
  std::uint64_t joins_ = 0;
  std::uint64_t leaves_ = 0;
  std::uint64_t expirations_ = 0;
};

}  // namespace shoal::service

#endif  // SHOAL_TESTS_FUZZ_ANNOUNCE_MODEL_H_
