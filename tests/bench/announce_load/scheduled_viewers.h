// Virtual members of a scheduling tracker: a ViewerCrowd for each swarm, and its messages.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_SCHEDULED_VIEWERS_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_SCHEDULED_VIEWERS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/time/time.h"
#include "tests/bench/announce_load/viewer_crowd.h"
#include "tests/bench/announce_load/virtual_members.h"
#include "tests/bench/scheduling_tracker/schedule.pb.h"

namespace shoal::bench {

// By their ports the viewers of a swarm know each other: so many at most.
inline constexpr std::size_t kScheduledSwarmSizeMax = 50'000;

class ScheduledViewers final : public VirtualMembers {
 public:
  // Borrows the clock. REQUIRES: swarm_size is at most kScheduledSwarmSizeMax, and above 0.
  ScheduledViewers(std::size_t viewers, std::size_t swarm_size, const Clock& clock);

  std::string Request(std::size_t member) override;
  std::optional<AnnounceReply> Read(std::size_t member, absl::string_view message) override;
  std::optional<ViewingFigures> Viewing() const override;

 private:
  // Of an order's endpoint; nullopt: that of nobody in the swarm.
  std::optional<std::size_t> IndexOf(absl::string_view endpoint, const ViewerCrowd& crowd) const;
  void CarryOut(std::size_t member, const schedule::SegmentOrder& order, AnnounceReply& reply);

  const std::size_t swarm_size_;
  const Clock& clock_;
  std::vector<std::string> swarm_ids_;
  Duration report_interval_{};          // as was told
  std::vector<std::uint64_t> numbers_;  // by member; 0: has not joined
  std::vector<ViewerCrowd> crowds_;     // by swarm
  std::uint64_t wrong_orders_ = 0;      // that named nobody at all
  // Kept for their memory.
  schedule::ReportRequest request_;
  schedule::ReportResponse response_;
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_SCHEDULED_VIEWERS_H_
