#include "tests/sim/world/player.h"

#include <gtest/gtest.h>

#include <optional>

namespace shoal::sim {
namespace {

TimePoint At(double s) { return TimePoint(Seconds(s)); }

// ---- Playback ----------------------------------------------------------------------------------

TEST(Playback, PlaysFromTheFirstSegmentOn) {
  Playback playback;
  EXPECT_EQ(playback.Arrived(At(10), Seconds(2)).shown, At(10));
  EXPECT_EQ(playback.Arrived(At(10.5), Seconds(2)).shown, At(12));
  EXPECT_EQ(playback.Buffered(At(11)), Seconds(3));
  EXPECT_EQ(playback.stalls(), 0u);
}

TEST(Playback, StallsFromWhenTheBufferIsEmptyUntilTheNextSegment) {
  Playback playback;
  playback.Arrived(At(10), Seconds(2));
  EXPECT_EQ(playback.Stalled(At(12.5)), Seconds(0.5)) << "with what there is of it";
  const Playback::Arrival arrival = playback.Arrived(At(13), Seconds(2));
  EXPECT_EQ(arrival.stall, Seconds(1));
  EXPECT_EQ(arrival.shown, At(13));
  EXPECT_EQ(playback.stalls(), 1u);
  EXPECT_EQ(playback.Stalled(At(14)), Seconds(1));
}

TEST(Playback, DoesNotStallWhilePausedOrAfterASeek) {
  Playback playback;
  playback.Arrived(At(10), Seconds(2));
  playback.Pause(At(11));
  EXPECT_EQ(playback.Buffered(At(30)), Seconds(1));
  playback.Resume(At(30));
  playback.Flush(At(30.5));
  EXPECT_EQ(playback.Arrived(At(40), Seconds(2)).stall, Duration::zero());
  EXPECT_EQ(playback.stalls(), 0u);
}

TEST(Playback, StallsFromTheEndOfAPauseOnIfNothingIsLeft) {
  Playback playback;
  playback.Arrived(At(10), Seconds(2));
  EXPECT_EQ(playback.Stalled(At(12)), Duration::zero());
  playback.Pause(At(12));
  playback.Resume(At(20));
  EXPECT_EQ(playback.Arrived(At(21), Seconds(2)).stall, Seconds(1));
}

// ---- Player ------------------------------------------------------------------------------------

class PlayerTest : public testing::Test {
 protected:
  void Begin(const PlayerPlan& plan, double at) {
    media_.emplace(scenario_);
    player_.emplace(*media_, plan, At(at));
  }
  Player::Ask Next(double at) { return player_->Next(At(at)); }
  void Load(double at) { player_->OnPlaylist(0, media_->ListedAt(At(at)), At(at)); }

  Scenario scenario_;
  std::optional<Media> media_;
  std::optional<Player> player_;
};

constexpr std::uint64_t kFirst = Media::kFirst;

TEST_F(PlayerTest, StartsThreeSegmentsBehindTheEdgeAndAsksForOneAfterTheOther) {
  Begin({}, 20.5);
  EXPECT_EQ(Next(20.5).want, Player::Want::kPlaylist);
  EXPECT_EQ(Next(20.5).want, Player::Want::kNothing);
  Load(20.6);  // ten segments are complete
  const Player::Ask ask = Next(20.6);
  EXPECT_EQ(ask.want, Player::Want::kSegment);
  EXPECT_EQ(ask.sequence, kFirst + 7);
  EXPECT_EQ(Next(20.6).want, Player::Want::kNothing) << "one request at a time";

  const Player::Shown shown = player_->OnSegment(At(20.9));
  EXPECT_EQ(shown.startup, Seconds(0.4));
  EXPECT_EQ(shown.latency, Seconds(6.9)) << "taken at 14, shown at 20.9";
  EXPECT_EQ(Next(20.9).sequence, kFirst + 8);
  EXPECT_EQ(player_->OnSegment(At(21)).latency, Seconds(6.9)) << "shown after the first, at 22.9";
}

TEST_F(PlayerTest, StartsAsFarBehindAsItIsTold) {
  Begin({.live_delay = Seconds(7)}, 20.5);
  (void)Next(20.5);
  Load(20.6);
  EXPECT_EQ(Next(20.6).sequence, kFirst + 6) << "which holds the point 7 s before the end";
}

TEST_F(PlayerTest, LoadsThePlaylistAgainAfterATargetDurationAndSoonerWhileNothingIsNew) {
  Begin({}, 20.5);
  (void)Next(20.5);
  Load(20.6);
  (void)Next(20.6);
  EXPECT_EQ(Next(22.4).want, Player::Want::kNothing);
  EXPECT_EQ(player_->Wakeup(At(20.7)), At(22.5));
  EXPECT_EQ(Next(22.5).want, Player::Want::kPlaylist);
  player_->OnPlaylist(0, media_->ListedAt(At(20.6)), At(22.6));  // a copy from a cache
  EXPECT_EQ(Next(23.4).want, Player::Want::kNothing);
  EXPECT_EQ(Next(23.5).want, Player::Want::kPlaylist);
}

TEST_F(PlayerTest, GoesOnBehindTheEdgeWhenItsSegmentHasLeftThePlaylist) {
  Begin({}, 20.5);
  (void)Next(20.5);
  Load(20.6);
  (void)Next(20.6);
  player_->OnSegmentFailed(false, At(21));
  (void)Next(40);
  Load(40.1);  // lists from kFirst + 14 on
  EXPECT_EQ(Next(40.1).sequence, kFirst + 17);
  EXPECT_EQ(player_->lost(), 10u);
}

TEST_F(PlayerTest, TriesAgainLaterAndLaterAndThenGoesOn) {
  Begin({}, 20.5);
  (void)Next(20.5);
  Load(20.6);
  double now = 21;
  EXPECT_EQ(Next(now).sequence, kFirst + 7);
  for (const double delay : {1.0, 2.0, 4.0, 8.0, 8.0, 8.0}) {
    player_->OnSegmentFailed(false, At(now));
    Player::Ask ask = Next(now + delay - 0.01);
    if (ask.want == Player::Want::kPlaylist) ask = Next(now + delay - 0.01);
    EXPECT_EQ(ask.want, Player::Want::kNothing);
    now += delay;
    ask = Next(now);
    EXPECT_EQ(ask.want, Player::Want::kSegment);
    EXPECT_EQ(ask.sequence, kFirst + 7);
  }
  player_->OnSegmentFailed(false, At(now));
  EXPECT_EQ(Next(now).sequence, kFirst + 8);
  EXPECT_EQ(player_->lost(), 1u);
}

TEST_F(PlayerTest, GivesUpWhatIsBeingFetchedWhenItSwitches) {
  scenario_.stream.renditions = {{.bytes_per_second = 100e3}, {.bytes_per_second = 200e3}};
  Begin({.switch_at = At(25), .switch_to = 1}, 20.5);
  (void)Next(20.5);
  Load(20.6);
  (void)Next(20.6);
  player_->OnSegment(At(20.7));
  EXPECT_EQ(Next(20.7).sequence, kFirst + 8);
  (void)Next(24.9);
  EXPECT_EQ(Next(25).want, Player::Want::kAbort);
  const Player::Ask ask = Next(25);
  EXPECT_EQ(ask.want, Player::Want::kPlaylist);
  EXPECT_EQ(ask.rendition, 1u);
  Load(25.1);
  EXPECT_EQ(Next(25.1).want, Player::Want::kNothing) << "that was the other rendition's";
  player_->OnPlaylist(1, media_->ListedAt(At(25.1)), At(25.1));
  EXPECT_EQ(Next(25.1).sequence, kFirst + 8) << "it goes on where it was";
}

TEST_F(PlayerTest, BuffersThirtySecondsAtMostOnDemand) {
  scenario_.stream.vod_segments = 100;
  Begin({}, 0);
  (void)Next(0);
  Load(0);
  std::uint64_t fetched = 0;
  while (Next(0).want == Player::Want::kSegment) {
    EXPECT_EQ(player_->OnSegment(At(0)).latency, std::nullopt);
    ++fetched;
  }
  EXPECT_EQ(fetched, 15u);
  const std::optional<TimePoint> wakeup = player_->Wakeup(At(0));
  ASSERT_TRUE(wakeup);
  EXPECT_LE(*wakeup, At(0.1));
  EXPECT_EQ(player_->Next(*wakeup).want, Player::Want::kSegment);
}

}  // namespace
}  // namespace shoal::sim
