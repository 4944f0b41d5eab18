// Announces that a tracker is to refuse, each kind in one way only, and with what status.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_HOSTILE_MEMBERS_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_HOSTILE_MEMBERS_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "tests/bench/announce_load/virtual_members.h"

namespace shoal::bench {

enum class Hostility {
  kNone,
  kGarbage,     // no message of protobuf
  kShortId,     // a peer id of 15 bytes
  kManySwarms,  // 65 swarms
  kTwice,       // 64 swarms, of which the last is named twice
  kHuge,        // a request beyond what the tracker takes
  kForwarded,   // from behind a trusted proxy that names an address which is none
};

// The number of gRPC's status.
int RightStatus(Hostility hostility);
// Of the header x-forwarded-for; empty: it is not sent.
absl::string_view ForwardedFor(Hostility hostility);

class HostileMembers final : public VirtualMembers {
 public:
  // REQUIRES: not kNone.
  explicit HostileMembers(Hostility hostility);

  std::string Request(std::size_t member) override;
  // Of a refusal there is nothing to read.
  std::optional<AnnounceReply> Read(std::size_t member, absl::string_view message) override;

 private:
  const std::string request_;
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_HOSTILE_MEMBERS_H_
