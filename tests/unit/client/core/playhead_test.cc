#include "client/core/playhead.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "common/random/random.h"
#include "gtest/gtest.h"

namespace shoal::core {
namespace {

constexpr Duration kSegment = Seconds(2);

TimePoint At(double seconds) { return TimePoint(Seconds(seconds)); }

// A player that asked for segment 10 at 0 s and was given it at 1 s.
Playhead Playing() {
  Playhead playhead;
  playhead.Requested(10, {}, At(0));
  playhead.Delivered(10, kSegment, At(1));
  return playhead;
}

// The same, with `count` segments from 10 on, all given at 1 s.
Playhead PlayingWith(int count) {
  Playhead playhead = Playing();
  for (int i = 1; i < count; ++i) {
    playhead.Requested(10 + i, {}, At(1));
    playhead.Delivered(10 + i, kSegment, At(1));
  }
  return playhead;
}

TEST(Playhead, KnowsNothingBeforeTheFirstRequest) {
  const Playhead playhead;
  EXPECT_EQ(playhead.next_sequence(), std::nullopt);
  EXPECT_EQ(playhead.last_requested(), std::nullopt);
  EXPECT_FALSE(playhead.started());
  EXPECT_EQ(playhead.BufferAt(At(5)), Duration{});
}

TEST(Playhead, StartsItsClockWithTheFirstDelivery) {
  Playhead playhead;
  playhead.Requested(10, {}, At(0));
  EXPECT_EQ(playhead.next_sequence(), 10u);
  EXPECT_TRUE(playhead.waiting());
  playhead.Delivered(10, kSegment, At(1));
  EXPECT_TRUE(playhead.started());
  EXPECT_EQ(playhead.startup(), Seconds(1));
  EXPECT_EQ(playhead.next_sequence(), 11u);
  EXPECT_EQ(playhead.BufferAt(At(1)), kSegment);
  EXPECT_EQ(playhead.BufferAt(At(1.5)), Seconds(1.5));
}

TEST(Playhead, BufferIsMediaDeliveredLessTimePlayed) {
  const Playhead playhead = PlayingWith(3);
  EXPECT_EQ(playhead.BufferAt(At(1)), 3 * kSegment);
  EXPECT_EQ(playhead.BufferAt(At(4)), 3 * kSegment - Seconds(3));
}

TEST(Playhead, ClockStopsAtZeroUntilTheNextDelivery) {
  Playhead playhead = Playing();  // dry at 3 s
  playhead.Requested(11, {}, At(2));
  EXPECT_EQ(playhead.BufferAt(At(8)), Duration{});
  playhead.Delivered(11, kSegment, At(8));
  EXPECT_EQ(playhead.BufferAt(At(8)), kSegment);
  EXPECT_EQ(playhead.BufferAt(At(9)), Seconds(1));
}

TEST(Playhead, DeadlineIsWhenTheBufferRunsDryLessSafety) {
  const Playhead playhead = Playing();
  const TimePoint dry = At(1) + kSegment;
  EXPECT_EQ(playhead.Deadline(Duration{}, At(1)), dry - Playhead::kSafety);
  EXPECT_EQ(playhead.Deadline(Duration{}, At(2.25)), dry - Playhead::kSafety);
  EXPECT_EQ(playhead.Deadline(2 * kSegment, At(2)), dry + 2 * kSegment - Playhead::kSafety);
}

TEST(Playhead, DeadlineOfADryPlayerIsNow) {
  const Playhead playhead = Playing();
  EXPECT_EQ(playhead.Deadline(Duration{}, At(10)), At(10) - Playhead::kSafety);
}

TEST(Playhead, RepeatedRequestEmptiesTheBuffer) {
  Playhead playhead = PlayingWith(3);
  playhead.Requested(12, {}, At(2));
  EXPECT_EQ(playhead.BufferAt(At(2)), Duration{});
  EXPECT_EQ(playhead.next_sequence(), 12u);
  playhead.Delivered(12, kSegment, At(2.5));
  EXPECT_EQ(playhead.BufferAt(At(2.5)), kSegment);
}

TEST(Playhead, JumpEmptiesTheBufferEitherWay) {
  for (const std::uint64_t target : {3, 40}) {
    Playhead playhead = PlayingWith(3);
    playhead.Requested(target, {}, At(2));
    EXPECT_EQ(playhead.BufferAt(At(2)), Duration{});
    EXPECT_EQ(playhead.next_sequence(), target);
    EXPECT_EQ(playhead.last_requested(), target);
  }
}

TEST(Playhead, DeliveryFromBeforeAJumpIsIgnored) {
  Playhead playhead = PlayingWith(2);
  playhead.Requested(12, {}, At(2));
  playhead.Requested(40, {}, At(2.1));
  playhead.Delivered(12, kSegment, At(2.2));
  EXPECT_EQ(playhead.BufferAt(At(2.2)), Duration{});
  EXPECT_EQ(playhead.next_sequence(), 40u);
}

TEST(Playhead, RetryOrFurtherRangeOfAnUnansweredSegmentChangesNothing) {
  Playhead playhead = PlayingWith(3);
  playhead.Requested(13, {}, At(2));
  const Duration before = playhead.BufferAt(At(2.5));
  playhead.Requested(13, {}, At(2.5));
  EXPECT_EQ(playhead.BufferAt(At(2.5)), before);
  // The first of the two goes away: the other still counts, once.
  playhead.Abandoned(13, At(2.6));
  EXPECT_TRUE(playhead.waiting());
  playhead.Delivered(13, kSegment, At(3));
  playhead.Delivered(13, kSegment, At(3));
  EXPECT_EQ(playhead.BufferAt(At(3)), before - Seconds(0.5) + kSegment);
  EXPECT_FALSE(playhead.waiting());
}

TEST(Playhead, RequestRepeatedAfterGivingUpEmptiesTheBuffer) {
  Playhead playhead = PlayingWith(3);
  playhead.Requested(13, {}, At(2));
  playhead.Abandoned(13, At(3));
  EXPECT_FALSE(playhead.waiting());
  playhead.Requested(13, {}, At(3));
  EXPECT_EQ(playhead.BufferAt(At(3)), Duration{});
}

TEST(Playhead, SkippedSegmentIsNotWaitedFor) {
  Playhead playhead = PlayingWith(3);
  playhead.Requested(13, {}, At(2));
  playhead.Abandoned(13, At(2.5));
  playhead.Requested(14, {}, At(2.5));
  EXPECT_EQ(playhead.next_sequence(), 14u);
  EXPECT_EQ(playhead.BufferAt(At(2.5)), 3 * kSegment - Seconds(1.5));
}

TEST(Playhead, SegmentsDeliveredOutOfOrderCountOnceTheirPredecessorsCame) {
  Playhead playhead = Playing();
  for (const std::uint64_t sequence : {11, 12, 13}) playhead.Requested(sequence, {}, At(1));
  playhead.Delivered(13, kSegment, At(1));
  playhead.Delivered(12, kSegment, At(1));
  EXPECT_EQ(playhead.next_sequence(), 11u);
  EXPECT_EQ(playhead.BufferAt(At(1)), kSegment);
  playhead.Delivered(11, kSegment, At(1));
  EXPECT_EQ(playhead.next_sequence(), 14u);
  EXPECT_EQ(playhead.BufferAt(At(1)), 4 * kSegment);
}

TEST(Playhead, SegmentNeverAnsweredDoesNotHoldUpEverythingAfterIt) {
  Playhead playhead = Playing();
  playhead.Requested(11, {}, At(1));  // stays open for ever
  const int later = static_cast<int>(Playhead::kEarlyMax) + 1;
  for (int i = 0; i < later; ++i) {
    playhead.Requested(12 + i, {}, At(1));
    playhead.Delivered(12 + i, kSegment, At(1));
  }
  EXPECT_EQ(playhead.next_sequence(), 12u + later);
  EXPECT_EQ(playhead.BufferAt(At(1)), (1 + later) * kSegment);
}

// ---- Hints -------------------------------------------------------------------------------------

TEST(Playhead, BufferLengthHintOverridesTheEstimate) {
  Playhead playhead = Playing();
  playhead.Requested(11, {.buffer_length = Seconds(7)}, At(2));
  EXPECT_EQ(playhead.BufferAt(At(3)), Seconds(6));
}

TEST(Playhead, DeadlineHintIsTheDeadlineOfTheRequestedSegment) {
  Playhead playhead = Playing();
  playhead.Requested(11, {.buffer_length = Seconds(9), .deadline = Seconds(4)}, At(2));
  EXPECT_EQ(playhead.Deadline(Duration{}, At(3)), At(2) + Seconds(4) - Playhead::kSafety);
}

TEST(Playhead, DeadlineHintIsTimeWhateverTheRate) {
  Playhead playhead = Playing();
  playhead.Requested(11, {.deadline = Seconds(4), .playback_rate = 2.0}, At(2));
  EXPECT_EQ(playhead.Deadline(Duration{}, At(2)), At(2) + Seconds(4) - Playhead::kSafety);
  EXPECT_EQ(playhead.BufferAt(At(2)), Seconds(8));  // of media
}

TEST(Playhead, HintAfterAJumpCounts) {
  Playhead playhead = Playing();
  playhead.Requested(50, {.buffer_length = Seconds(3)}, At(2));
  EXPECT_EQ(playhead.BufferAt(At(2)), Seconds(3));
}

TEST(Playhead, HintOfABufferStartsTheClockOfANewcomerFromAnotherRendition) {
  Playhead playhead;
  playhead.Requested(10, {.buffer_length = Seconds(5)}, At(0));
  EXPECT_EQ(playhead.BufferAt(At(2)), Seconds(3));
  EXPECT_FALSE(playhead.started());
}

TEST(Playhead, FasterPlaybackUsesTheBufferUpFaster) {
  Playhead playhead = PlayingWith(3);
  playhead.Requested(13, {.playback_rate = 2.0}, At(1));
  EXPECT_EQ(playhead.BufferAt(At(2)), 3 * kSegment - 2 * Seconds(1));
  EXPECT_EQ(playhead.Deadline(Duration{}, At(2)), At(1) + 3 * kSegment / 2 - Playhead::kSafety);
}

TEST(Playhead, ClockStandsWhilePaused) {
  Playhead playhead = PlayingWith(3);
  playhead.Requested(13, {.playback_rate = 0.0}, At(1));
  EXPECT_TRUE(playhead.paused());
  EXPECT_EQ(playhead.BufferAt(At(100)), 3 * kSegment);
  // It may go on at any moment.
  EXPECT_EQ(playhead.Deadline(Duration{}, At(100)), At(100) + 3 * kSegment - Playhead::kSafety);
  EXPECT_EQ(playhead.stalls(), 0u);
}

TEST(Playhead, RequestWithoutARateMeansNormalSpeedAgain) {
  Playhead playhead = PlayingWith(3);
  playhead.Requested(13, {.playback_rate = 0.0}, At(1));
  playhead.Requested(14, {}, At(50));
  EXPECT_EQ(playhead.BufferAt(At(51)), 3 * kSegment - Seconds(1));
}

TEST(Playhead, NonsenseHintsAreCut) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  for (const double rate : {-1.0, kInf, -kInf, std::nan(""), 1e-300, 1e300}) {
    for (const Duration length : {Duration::min(), Duration(-1), Duration::max()}) {
      Playhead playhead = Playing();
      playhead.Requested(11, {.buffer_length = length, .playback_rate = rate}, At(2));
      playhead.Requested(12, {.deadline = length, .playback_rate = rate}, At(2));
      EXPECT_GE(playhead.BufferAt(At(2)), Duration{});
      EXPECT_LE(playhead.BufferAt(At(2)), Playhead::kBufferMax);
      playhead.Delivered(11, Duration::max(), At(3));
      EXPECT_LE(playhead.BufferAt(At(3)), Playhead::kBufferMax);
      EXPECT_GE(playhead.Deadline(Duration::max(), At(3)), At(3) - Playhead::kSafety);
    }
  }
}

// ---- Stalls ------------------------------------------------------------------------------------

// Plays a timeline of steps of a quarter of a second and returns what was counted. Each character:
//   r  the next segment (a second long) is requested      d  it is delivered
//   s  as r, but of a far-away segment (a seek)           x  the request is abandoned
//   R  as r, but of the same segment as before            .  nothing happens
struct Stalls {
  std::uint64_t count;
  Duration length;
  friend bool operator==(const Stalls&, const Stalls&) = default;
};
std::ostream& operator<<(std::ostream& out, const Stalls& stalls) {
  return out << stalls.count << " stalls, " << ToSeconds(stalls.length) << " s";
}

Stalls Watch(const char* timeline) {
  Playhead playhead;
  std::uint64_t sequence = 10;
  TimePoint now = At(0);
  for (const char* step = timeline; *step != 0; ++step, now += Milliseconds(250)) {
    if (*step == 'd') playhead.Delivered(sequence, Seconds(1), now);
    if (*step == 'x') playhead.Abandoned(sequence, now);
    if (*step == 's') sequence += 1000;
    if (*step == 'r') ++sequence;
    if (*step == 'r' || *step == 's' || *step == 'R') playhead.Requested(sequence, {}, now);
  }
  return {playhead.stalls(), playhead.stalled()};
}

TEST(Playhead, CountsTimeAtZeroWhileARequestWaitsAsAStall) {
  //                    |dry
  EXPECT_EQ(Watch("rd.r....d"), (Stalls{1, 3 * Milliseconds(250)}));
  EXPECT_EQ(Watch("rd.r....d.r....d"), (Stalls{2, 6 * Milliseconds(250)}));
}

TEST(Playhead, CountsNoStallWhileTheBufferLasts) { EXPECT_EQ(Watch("rdrd.rd"), (Stalls{0, {}})); }

TEST(Playhead, CountsNeitherStartUpNorSeeksAsStalls) {
  EXPECT_EQ(Watch("r........d"), (Stalls{0, {}}));
  EXPECT_EQ(Watch("rd.s.....d"), (Stalls{0, {}}));
  // But what comes after the seek counts again.
  EXPECT_EQ(Watch("rd.s.....d.r....d"), (Stalls{1, 3 * Milliseconds(250)}));
}

TEST(Playhead, CountsNoStallWhileThePlayerAsksForNothing) {
  EXPECT_EQ(Watch("rd.........rd"), (Stalls{1, Milliseconds(250)}));
  EXPECT_EQ(Watch("rd.r.x.......rd"), (Stalls{1, Milliseconds(250)}));
}

TEST(Playhead, StallGoesOnWhenThePlayerTriesAgain) {
  //                    |dry  retries
  EXPECT_EQ(Watch("rd.r....xR...d"), (Stalls{1, (3 + 4) * Milliseconds(250)}));
}

TEST(Playhead, WaitTooShortToSeeIsNoStall) {
  Playhead playhead = Playing();
  playhead.Requested(11, {}, At(2));
  playhead.Delivered(11, kSegment, At(3) + Playhead::kStallMin - Microseconds(1));
  EXPECT_EQ(playhead.stalls(), 0u);
  EXPECT_EQ(playhead.stalled(), Duration{});
}

// ---- Whatever a player does
// ----------------------------------------------------------------------

TEST(Playhead, StaysWithinItsBoundsWhateverThePlayerDoes) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed=" << seed);
    Random random(seed);
    Playhead playhead;
    TimePoint now = At(0);
    std::uint64_t sequence = 100;
    for (int step = 0; step < 300; ++step) {
      now += random.Uniform(Duration{}, Seconds(1));
      const std::uint64_t nearby = sequence + random.Below(4) - 2;
      PlayerHints hints;
      if (random.Below(10) == 0) hints.buffer_length = random.Uniform(Seconds(-1), Seconds(20));
      if (random.Below(10) == 0) hints.deadline = random.Uniform(Seconds(-1), Seconds(20));
      if (random.Below(10) == 0) hints.playback_rate = random.Uniform(-1, 4);
      switch (random.Below(4)) {
        case 0:
          playhead.Requested(++sequence, hints, now);
          break;
        case 1:
          playhead.Requested(nearby, hints, now);
          break;
        case 2:
          playhead.Delivered(nearby, kSegment, now);
          break;
        default:
          playhead.Abandoned(nearby, now);
      }
      const Duration buffer = playhead.BufferAt(now);
      ASSERT_GE(buffer, Duration{});
      ASSERT_LE(playhead.BufferAt(now + Seconds(1)), buffer);
      ASSERT_GE(playhead.Deadline(Duration{}, now), now - Playhead::kSafety);
      ASSERT_LE(playhead.stalled(), now - At(0));
      ASSERT_LE(playhead.stalls() * Playhead::kStallMin, playhead.stalled());
      if (playhead.next_sequence()) {
        ASSERT_LE(*playhead.next_sequence(), *playhead.last_requested() + 1);
      }
    }
  }
}

}  // namespace
}  // namespace shoal::core
