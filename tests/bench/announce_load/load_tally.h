// Counts what comes of announces, from a begin to an end, and what follows a loss of connections.
//
// Pure. Threads: not thread-safe.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LOAD_TALLY_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LOAD_TALLY_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "common/time/time.h"
#include "tests/bench/announce_load/load_result.h"
#include "tests/bench/announce_load/patterns.h"
#include "tests/bench/announce_load/virtual_members.h"

namespace shoal::bench {

class LoadTally {
 public:
  // Counts what happens in [begin, end). Latencies are those of announces due in that time.
  LoadTally(std::size_t members, TimePoint begin, TimePoint end);

  void OnDue(const DueAnnounce& announce);
  void OnAnswered(const DueAnnounce& announce, const AnnounceReply& reply, TimePoint now);
  void OnFailed(const DueAnnounce& announce, TimePoint now);
  // Connections were lost; what counts is the first such moment.
  void OnLost(TimePoint now);

  const LoadResult& result() const { return result_; }
  LoadResult TakeResult() { return std::move(result_); }

 private:
  bool Counts(TimePoint at) const { return at >= begin_ && at < end_; }
  LoadSecond& SecondOf(TimePoint at);
  // The outage, until all are back.
  Outage* OpenOutage();

  const TimePoint begin_;
  const TimePoint end_;
  const std::size_t members_;
  TimePoint outage_began_{};
  std::vector<bool> back_;  // by member, since the outage
  LoadResult result_;
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LOAD_TALLY_H_
