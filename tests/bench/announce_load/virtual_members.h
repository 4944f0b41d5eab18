// Members that do not exist: what each says in its announces, and what it is answered.
//
// Member m is in the swarms of group m / swarm_size, so that each swarm has swarm_size members (the
// last group may have fewer). Ids follow from the numbers alone.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_VIRTUAL_MEMBERS_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_VIRTUAL_MEMBERS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/time/time.h"
#include "shoal/v1/tracker.pb.h"
#include "tests/bench/announce_load/member_stays.h"
#include "tests/bench/announce_load/viewing_figures.h"

namespace shoal::bench {

// What an answer says, as far as it matters here.
struct AnnounceReply {
  Duration interval{};
  std::size_t memberships = 0;  // swarms that were answered for
  std::size_t members = 0;      // handed out, over all of them

  friend bool operator==(const AnnounceReply&, const AnnounceReply&) = default;
};

class VirtualMembers {
 public:
  virtual ~VirtualMembers() = default;
  virtual std::string Request(std::size_t member) = 0;
  // nullopt: not an answer to such a request.
  virtual std::optional<AnnounceReply> Read(std::size_t member, absl::string_view message) = 0;
  // nullopt: the tracker orders nothing.
  virtual std::optional<ViewingFigures> Viewing() const { return std::nullopt; }
};

// The swarms of `members` members, as hexadecimal ids. BitTorrent has one for each group.
std::vector<std::string> ShoalSwarms(std::size_t members, std::size_t swarm_size,
                                     std::size_t swarms_per_member);
std::vector<std::string> BittorrentSwarms(std::size_t members, std::size_t swarm_size);

// Of shoal.v1.Tracker. Sends back the cookies that it was given, if it is to.
//
// With a mean stay its members do what real ones do to a store: each joins, says in its second
// announce what it uploads, which it did not know before, and leaves with its last, in time; with
// the next one of its place somebody of another id joins.
class ShoalMembers final : public VirtualMembers {
 public:
  struct Options {
    std::size_t members = 0;
    std::size_t swarm_size = 0;
    std::size_t swarms_per_member = 1;
    bool with_cookies = true;
    Duration mean_stay{};  // zero: they all stay
    std::uint64_t seed = 1;
  };

  // Borrows the clock.
  ShoalMembers(const Options& options, const Clock& clock);

  std::string Request(std::size_t member) override;
  std::optional<AnnounceReply> Read(std::size_t member, absl::string_view message) override;

 private:
  v1::AnnounceEvent NextEvent(std::size_t member);
  void KeepCookie(std::size_t member, int swarm);
  // An announce was answered, which may have been that of a member that leaves.
  void OnAnswered(std::size_t member);

  const std::size_t swarm_size_;
  const std::size_t swarms_per_member_;
  const bool with_cookies_;
  const Clock& clock_;
  std::optional<MemberStays> stays_;
  std::vector<bool> has_joined_;
  std::vector<bool> is_leaving_;  // has said so, and has no answer yet
  // By member and swarm; as long as the tracker gives none: empty.
  std::vector<std::string> cookies_;
  // Kept for their memory.
  v1::AnnounceRequest request_;
  v1::AnnounceResponse response_;
};

// Of a BitTorrent tracker over HTTP, in one swarm each. Whole HTTP requests; see HttpSession.
class BittorrentMembers final : public VirtualMembers {
 public:
  BittorrentMembers(std::string authority, std::size_t swarm_size)
      : authority_(std::move(authority)), swarm_size_(swarm_size) {}

  std::string Request(std::size_t member) override;
  std::optional<AnnounceReply> Read(std::size_t member, absl::string_view message) override;

 private:
  const std::string authority_;
  const std::size_t swarm_size_;
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_VIRTUAL_MEMBERS_H_
