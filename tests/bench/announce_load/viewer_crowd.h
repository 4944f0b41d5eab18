// Viewers that do not exist, of one live stream, who do what a scheduling tracker tells them: the
// pieces that they hold at any time follow from its orders and from their lines.
//
// The stream has 2 Mbit/s in segments of 2 s. A viewer begins three segments behind the live edge
// and wants each segment from when it is listed. Pieces that are ordered come one after the other:
// from another viewer at the rate of that one's uplink, from the CDN at that of the own line. What
// has not come when the player needs it the viewer takes from the CDN by itself, and it counts as
// late.
//
// Pure. Threads: not thread-safe. Time: `now` never decreases.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_VIEWER_CROWD_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_VIEWER_CROWD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/time/time.h"
#include "tests/bench/announce_load/viewing_figures.h"
#include "tests/bench/scheduling_tracker/schedule.h"

namespace shoal::bench {

class ViewerCrowd {
 public:
  static constexpr std::uint32_t kSegmentLength = 500'000;
  static constexpr Duration kSegmentDuration = Seconds(2);
  static constexpr std::uint32_t kSegmentsBehind = 3;
  static constexpr double kUploadBytesPerS = 4e6 / 8;
  static constexpr double kCdnBytesPerS = 20e6 / 8;
  static constexpr Duration kStartUp = Seconds(1);
  static constexpr std::size_t kWindowSegments = 8;

  // The first segment is listed at `begin`.
  ViewerCrowd(std::size_t viewers, TimePoint begin) : begin_(begin), viewers_(viewers) {}

  // What the viewer has to say now: all since its last report that was answered. Its first report
  // is when it begins to view. Valid until the next call.
  const std::vector<SegmentNews>& Report(std::size_t viewer, TimePoint now);
  // The last report was answered; or the tracker does not know the viewer, who will say all again.
  void OnAnswered(std::size_t viewer);
  void OnUnknown(std::size_t viewer);
  // Carries out an order. `source`: another viewer; nullopt: the CDN.
  void Fetch(std::size_t viewer, std::uint32_t sequence, PieceMap pieces,
             std::optional<std::size_t> source, TimePoint now);

  std::size_t size() const { return viewers_.size(); }
  const ViewingFigures& figures() const { return figures_; }
  // The newest segment that is listed.
  std::uint32_t EdgeAt(TimePoint now) const;

 private:
  struct Shelf {
    std::uint32_t sequence = 0;
    PieceMap held = 0;
    // Of what is held: in the last report, and in one that was answered.
    PieceMap said = 0;
    PieceMap known = 0;
    bool is_wanted = false;
    bool said_wanted = false;
    bool known_wanted = false;
    TimePoint needed_at{};
  };
  struct Arrival {
    TimePoint at;
    std::uint32_t sequence;
    std::uint32_t piece;
    bool from_cdn;
  };
  struct Viewer {
    std::optional<TimePoint> began;
    std::uint32_t first = 0;      // sequence
    std::uint32_t next_want = 0;  // likewise
    TimePoint upload_free_at{};
    TimePoint download_free_at{};
    std::array<Shelf, kWindowSegments> shelves;
    std::vector<Arrival> arrivals;
  };

  static Shelf& ShelfOf(Viewer& viewer, std::uint32_t sequence) {
    return viewer.shelves[sequence % kWindowSegments];
  }

  void WantNewSegments(Viewer& viewer, TimePoint now);
  void TakeArrivals(Viewer& viewer, TimePoint now);
  void TakeOverdue(Viewer& viewer, TimePoint now);

  const TimePoint begin_;
  std::vector<Viewer> viewers_;
  std::vector<SegmentNews> news_;  // kept for its memory
  ViewingFigures figures_;
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_VIEWER_CROWD_H_
