// Counts what happens and sums it up as a Result. All that a Result calls measured is counted only
// between Scenario::measure_from and measure_for later.
//
// Threads: not thread-safe. Time: `now` never decreases.
#ifndef SHOAL_TESTS_SIM_WORLD_ACCOUNTS_H_
#define SHOAL_TESTS_SIM_WORLD_ACCOUNTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/core/figures.h"
#include "common/time/time.h"
#include "tests/sim/result.h"
#include "tests/sim/scenario.h"
#include "tests/sim/world/media.h"
#include "tests/sim/world/population.h"
#include "tests/sim/world/upload_watch.h"

namespace shoal::sim {

class Accounts {
 public:
  Accounts(const Scenario& scenario, const Media& media);

  // ---- Viewers ----
  void Joined(std::uint32_t viewer, const Profile& profile, TimePoint now);
  void Left(std::uint32_t viewer, TimePoint now);
  // What of a core's figures only the core knows; once for each, when it ends.
  void CoreEnded(const core::CoreFigures& figures);

  // ---- Bytes ----
  // Nobody may receive what was not sent: that would be a violation.
  void CdnSent(std::uint32_t bytes, TimePoint now);
  void CdnReceived(std::uint32_t viewer, std::uint32_t bytes, TimePoint now);
  void CdnAsked(TimePoint now);
  void PeerReceived(std::uint32_t viewer, std::uint32_t bytes, TimePoint now);
  void Stored(std::uint32_t bytes, TimePoint now);
  void ControlSent(std::uint32_t framed_bytes, TimePoint now);
  // Payload of Data. Returns by how much its owner's cap was exceeded in a second, as a share.
  double Uploaded(std::uint32_t viewer, std::uint32_t bytes, TimePoint now);

  // ---- Players ----
  void SegmentPlayed(std::uint32_t rendition, std::uint64_t sequence, TimePoint now);
  void Started(Duration startup) { startups_.push_back(static_cast<float>(ToSeconds(startup))); }
  void Shown(Duration latency, TimePoint now);
  // Of a viewer so far; at every tick and when it leaves.
  void Stalled(std::uint32_t viewer, Duration so_far);
  void StallsEnded(std::uint64_t stalls) { stalls_ += stalls; }

  // ---- The rest ----
  void EventHandled() { ++events_; }
  std::uint64_t events() const { return events_; }
  // Viewers that are here now.
  std::uint32_t present() const { return present_; }
  // Something that must not be. Kept if it is among the first.
  void Violation(std::uint32_t viewer, TimePoint now, const std::string& what);
  // A second is over.
  void Tick(TimePoint now);

  // Without trace, time and memory.
  Result Sum(TimePoint now) const;

 private:
  static constexpr std::size_t kViolationsKept = 20;

  // What is counted whole and as of the beginning of the measured time.
  struct Totals {
    std::uint64_t cdn_bytes = 0;
    std::uint64_t cdn_requests = 0;
    std::uint64_t peer_bytes = 0;
    std::uint64_t stored_bytes = 0;
    std::uint64_t player_bytes = 0;
    std::uint64_t segments = 0;
    std::uint64_t control_bytes = 0;
    double viewer_seconds = 0;
    Duration stalled{};
  };
  struct Viewer {
    TimePoint joined{};
    std::optional<TimePoint> left;
    double capacity = 0;
    Duration stalled{};
    std::uint64_t uploaded = 0;  // measured
  };

  // Takes bytes that arrive off those on their way.
  void Arrived(std::uint64_t& on_the_way, std::uint32_t viewer, std::uint32_t bytes, TimePoint now,
               const char* from);
  bool Measured(TimePoint now) const { return from_ <= now && now < to_; }
  double Floor(TimePoint now) const;
  double SecondsMeasured(const Viewer& viewer, TimePoint now) const;
  void SumUploads(TimePoint now, Result* result) const;

  // Constant after construction.
  const Scenario& scenario_;
  const Media& media_;
  const TimePoint from_;
  const TimePoint to_;

  Totals totals_;
  Totals measured_;
  Totals last_second_;
  std::vector<Viewer> viewers_;
  std::uint32_t present_ = 0;
  std::uint32_t present_max_ = 0;
  // Sent and not received; of what was cancelled or lost with its receiver, too.
  std::uint64_t cdn_on_the_way_ = 0;
  std::uint64_t peers_on_the_way_ = 0;
  UploadWatch caps_;
  double over_cap_max_ = 0;
  std::vector<std::vector<bool>> distinct_;  // by rendition and segment: delivered to anybody
  std::uint64_t distinct_bytes_ = 0;         // of those delivered for the first time, measured
  std::vector<float> startups_;              // seconds
  std::vector<float> latencies_;             // seconds, measured
  std::uint64_t stalls_ = 0;
  std::uint64_t events_ = 0;
  std::array<std::uint64_t, core::kHandoffReasons> handoffs_{};
  std::vector<Second> seconds_;
  std::vector<std::string> violations_;
  std::uint64_t violation_count_ = 0;
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_ACCOUNTS_H_
