// A whole run of the load: connects, fills the server with members, warms up, measures.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LOAD_RUN_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LOAD_RUN_H_

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/time/time.h"
#include "tests/bench/announce_load/load_client.h"
#include "tests/bench/announce_load/load_options.h"
#include "tests/bench/announce_load/load_result.h"
#include "tests/bench/announce_load/load_tally.h"
#include "tests/bench/announce_load/patterns.h"
#include "tests/bench/announce_load/virtual_members.h"

namespace shoal::bench {

// Where a run is, for somebody who waits.
struct LoadProgress {
  const char* phase = "";
  double done = 0;  // share of the phase, 0 to 1
  std::size_t open_connections = 0;
  std::uint64_t answered = 0;  // since counting began
  std::uint64_t failed = 0;
};

class LoadRun final : private LoadObserver {
 public:
  using Show = std::function<void(const LoadProgress&)>;

  // `show` is called about four times a second; `stop` set by anybody ends the run early.
  LoadRun(const LoadOptions& options, const Clock& clock, Show show, const std::atomic<bool>& stop);
  ~LoadRun() override;

  // An error if the server cannot be reached, or answers none of the members while filling.
  absl::StatusOr<LoadResult> Run();

 private:
  absl::Status Connect();
  absl::Status Fill();
  void WarmUpAndMeasure();
  // From `begin` on; what it cost is in costs_.
  void Measure(TimePoint begin, TimePoint end);
  // Lets the pattern announce until `end`, or until `done` says so.
  void Drive(const char* phase, TimePoint begin, TimePoint end, const std::function<bool()>& done);
  void ShowNow(const LoadProgress& progress);
  std::unique_ptr<Pattern> MakePattern(TimePoint begin) const;

  void OnAnswered(const DueAnnounce& announce, const AnnounceReply& reply, TimePoint now) override;
  void OnFailed(const DueAnnounce& announce, TimePoint now) override;
  void OnLost(TimePoint now) override;

  const LoadOptions options_;
  const std::size_t calls_;  // under way while saturating
  const Clock& clock_;
  const Show show_;
  const std::atomic<bool>& stop_;
  std::unique_ptr<VirtualMembers> virtual_members_;
  std::unique_ptr<LoadClient> client_;
  std::unique_ptr<Pattern> pattern_;
  std::unique_ptr<LoadTally> tally_;
  std::uint64_t fill_answered_ = 0;
  std::uint64_t fill_failed_ = 0;
  TimePoint next_show_{};
  LoadResult costs_;  // only what the tally does not count
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LOAD_RUN_H_
