// The swarms of a scheduling tracker, and the numbers by which their members are known.
//
// A number is made of the member's swarm, slot and generation, so that it takes 3 bytes on the wire
// as long as nobody has left. Swarms stay, even when empty: a bench ends soon.
//
// Sans-IO. Threads: not thread-safe. Time: `now` never decreases.
#ifndef SHOAL_TESTS_BENCH_SCHEDULING_TRACKER_SCHEDULE_TABLE_H_
#define SHOAL_TESTS_BENCH_SCHEDULING_TRACKER_SCHEDULE_TABLE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/base/ids.h"
#include "common/time/time.h"
#include "tests/bench/scheduling_tracker/schedule.h"
#include "tests/bench/scheduling_tracker/scheduled_swarm.h"

namespace shoal::bench {

class ScheduleTable {
 public:
  explicit ScheduleTable(Duration report_interval) : report_interval_(report_interval) {}

  Duration report_interval() const { return report_interval_; }

  // The member's number, above 0. 0: there is no room for it.
  std::uint64_t Join(const SwarmId& swarm, const Joiner& joiner, TimePoint now);
  // As ScheduledSwarm::Report. False: nobody is known by that number (any more).
  bool Report(std::uint64_t number, std::span<const SegmentNews> news, TimePoint now,
              std::vector<Order>& orders);

 private:
  const Duration report_interval_;
  absl::flat_hash_map<SwarmId, std::uint32_t> places_;  // in swarms_
  std::vector<std::unique_ptr<ScheduledSwarm>> swarms_;
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_SCHEDULING_TRACKER_SCHEDULE_TABLE_H_
