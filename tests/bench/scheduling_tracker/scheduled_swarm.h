// Who holds which piece in one swarm, and who is to fetch which from whom: all that a scheduling
// tracker decides.
//
// Every report is answered with orders: of the pieces that the member wants, lacks and was not
// ordered yet, first those with the fewest copies, and of equally rare ones the earliest. Each
// comes from that one of a few holders, drawn by chance, whose announced upload has most left. A
// piece that nobody holds is seeded: one member is ordered to fetch it from the CDN, and members
// take turns. What has not been ordered shortly before the player needs it is ordered from the CDN
// as well (handed off). An order is void when its piece failed, its source has gone, or it took too
// long; the piece is then ordered anew.
//
// Who has not reported for kSilentIntervals is gone. The window is the last kWindowSegments
// segments that anybody has begun to want; reports on older ones are ignored.
//
// Sans-IO. Threads: not thread-safe. Time: `now` never decreases. Cost of a report: O(pieces
// wanted), whatever the size of the swarm.
#ifndef SHOAL_TESTS_BENCH_SCHEDULING_TRACKER_SCHEDULED_SWARM_H_
#define SHOAL_TESTS_BENCH_SCHEDULING_TRACKER_SCHEDULED_SWARM_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/random/random.h"
#include "common/time/time.h"
#include "tests/bench/scheduling_tracker/schedule.h"
#include "tests/bench/scheduling_tracker/upload_budget.h"

namespace shoal::bench {

// A member, by its place in the swarm and how many have had that place before.
struct MemberRef {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;

  friend bool operator==(const MemberRef&, const MemberRef&) = default;
};

class ScheduledSwarm {
 public:
  static constexpr std::size_t kWindowSegments = 8;
  static constexpr std::size_t kOpenOrdersMax = 16;  // of one member
  static constexpr int kSilentIntervals = 4;

  // `seed` of the draws between holders.
  ScheduledSwarm(Duration report_interval, std::uint64_t seed);

  MemberRef Join(const Joiner& joiner, TimePoint now);
  // False: it never was, or has gone.
  bool Knows(MemberRef member) const;
  // Takes in a report, and appends what the member is to fetch to `orders`. REQUIRES:
  // Knows(member); lengths are at most kSegmentLengthMax.
  void Report(MemberRef member, std::span<const SegmentNews> news, TimePoint now,
              std::vector<Order>& orders);

  std::size_t size() const { return members_.size() - free_.size(); }

 private:
  static constexpr MemberRef kNobody{~std::uint32_t{0}, 0};

  struct Piece {
    // That can upload it. Some may have gone: they are taken out when they are drawn.
    std::vector<MemberRef> holders;
    std::uint32_t copies = 0;  // holders without those
    MemberRef seeder = kNobody;
  };
  struct Segment {
    std::uint32_t sequence = 0;
    std::uint32_t length = 0;  // 0: this place of the window is empty
    std::vector<Piece> pieces;
  };
  // One segment, as one member has it. Counts only while `sequence` is that of the Segment.
  struct Shelf {
    std::uint32_t sequence = 0;
    bool wanted = false;
    PieceMap held = 0;
    PieceMap ordered = 0;
    TimePoint needed_at{};
  };
  struct OpenOrder {
    std::uint32_t sequence;
    std::uint32_t piece;
    MemberRef source;  // kNobody: the CDN
    TimePoint lost_at;
  };
  struct Member {
    Endpoint endpoint;
    std::uint32_t generation = 0;
    bool here = false;
    TimePoint heard_at{};
    UploadBudget upload;
    std::array<Shelf, kWindowSegments> shelves;
    std::vector<OpenOrder> open_orders;
  };
  struct Candidate {
    std::uint32_t place;
    std::uint32_t piece;
    std::uint32_t copies;
    std::uint32_t sequence;
    bool is_urgent;
  };

  static std::size_t PlaceOf(std::uint32_t sequence) { return sequence % kWindowSegments; }

  // The segment of that number, if it is in the window; else nullptr.
  Segment* Find(std::uint32_t sequence);
  void Begin(Member& member, const SegmentNews& news, TimePoint now);
  void TakeIn(MemberRef ref, const SegmentNews& news, TimePoint now);
  void DropOrders(Member& member, TimePoint now);
  void DropFailed(Member& member, const SegmentNews& news);
  void FindCandidates(const Member& member, TimePoint now);
  void GiveOrders(MemberRef ref, TimePoint now, std::vector<Order>& orders);
  bool IsBeingSeeded(const Segment& segment, const Candidate& candidate) const;
  // How many pieces this member may seed of those that wait for it.
  std::size_t SeedsMax(const Member& member) const;
  // The holder to fetch from, or kNobody.
  MemberRef DrawHolder(Piece& piece, double bytes, TimePoint now);
  // Looks whether the next few members are still there.
  void KeepHouse(TimePoint now);
  void Forget(std::uint32_t slot);

  const Duration report_interval_;
  Random random_;
  std::array<Segment, kWindowSegments> segments_;
  std::uint32_t edge_ = 0;  // the greatest sequence in the window
  std::vector<Member> members_;
  std::vector<std::uint32_t> free_;  // slots
  std::size_t uploaders_ = 0;
  std::size_t next_to_check_ = 0;
  std::vector<Candidate> candidates_;  // kept for its memory
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_SCHEDULING_TRACKER_SCHEDULED_SWARM_H_
