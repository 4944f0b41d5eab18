// When a client calls the tracker, and what it tells it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "client/core/client_core.h"

namespace shoal::core {
namespace {

using ::testing::ElementsAre;
using ::testing::FieldsAre;
using ::testing::SizeIs;

const SwarmId kSwarm = *SwarmId::FromBytes(std::string(16, 's'));
const SwarmId kOther = *SwarmId::FromBytes(std::string(16, 'o'));

class AnnouncingTest : public ::testing::Test {
 protected:
  // Feeds an event; the announces that come of it are noted, with their times.
  void Feed(const Event& event) {
    for (const Action& action : core_.Handle(event, now_)) {
      if (const auto* announce = std::get_if<Announce>(&action)) {
        announces_.push_back(*announce);
        announced_at_ = now_;
      }
      if (std::holds_alternative<CloseStream>(action)) ++closed_;
    }
  }

  // Lets time pass, waking the core whenever it wants.
  void Pass(Duration time) {
    const TimePoint end = now_ + time;
    while (core_.NextWakeup() && *core_.NextWakeup() <= end) {
      now_ = std::max(now_, *core_.NextWakeup());
      Feed(TimerFired{});
    }
    now_ = end;
  }

  // Waits for the next announce; how long that took.
  Duration NextAnnounce() {
    const TimePoint since = now_;
    const std::size_t before = announces_.size();
    for (int i = 0; i < 100'000 && announces_.size() == before && core_.NextWakeup(); ++i) {
      now_ = std::max(now_, *core_.NextWakeup());
      // A player that keeps asking keeps the stream.
      Feed(PlaylistRequested{1});
    }
    return now_ - since;
  }

  TimePoint now_{Seconds(1000)};
  TimePoint announced_at_{};
  ClientCore core_{CoreConfig(), *PeerId::FromBytes(std::string(16, 'p')), 7};
  std::vector<Announce> announces_;
  int closed_ = 0;
};

TEST_F(AnnouncingTest, CallsAtOnceAndThenWhenTold) {
  Feed(StreamOpened{1, kSwarm});
  ASSERT_THAT(announces_, SizeIs(1));
  EXPECT_THAT(announces_[0].swarms, ElementsAre(FieldsAre(1, kSwarm, AnnounceKind::kStarted)));
  Feed(AnnounceAnswered{Seconds(17), {}});
  EXPECT_EQ(NextAnnounce(), Seconds(17));
  EXPECT_THAT(announces_[1].swarms, ElementsAre(FieldsAre(1, kSwarm, AnnounceKind::kRefresh)));
}

TEST_F(AnnouncingTest, ATrackerThatAsksForACallAtOnceIsNotCalledAtOnce) {
  Feed(StreamOpened{1, kSwarm});
  Feed(AnnounceAnswered{Duration(), {}});
  EXPECT_THAT(announces_, SizeIs(1));
  EXPECT_EQ(NextAnnounce(), Seconds(1));
}

TEST_F(AnnouncingTest, AfterAFailureItCallsAboutASecondLater) {
  Feed(StreamOpened{1, kSwarm});
  Feed(AnnounceFailed{});
  const Duration wait = NextAnnounce();
  EXPECT_GE(wait, Seconds(0.5));
  EXPECT_LE(wait, Seconds(1.5));
}

TEST_F(AnnouncingTest, ANewStreamIsToldAtOnceWithAllOthers) {
  Feed(StreamOpened{1, kSwarm});
  Feed(AnnounceAnswered{Seconds(100), {}});
  Feed(StreamOpened{2, kOther});
  ASSERT_THAT(announces_, SizeIs(2));
  EXPECT_THAT(announces_[1].swarms, ElementsAre(FieldsAre(1, kSwarm, AnnounceKind::kRefresh),
                                                FieldsAre(2, kOther, AnnounceKind::kStarted)));
}

TEST_F(AnnouncingTest, AStreamLeftAndOpenedAgainDuringACallIsToldOnce) {
  Feed(StreamOpened{1, kSwarm});
  Feed(PlaylistLoaded{.stream = 1,
                      .first_sequence = 0,
                      .target_duration = Seconds(2),
                      .ended = false,
                      .segments = {{.key = {}, .duration = Seconds(2)}}});
  Feed(PlayerRequested{.request = 1, .player = 1, .segment = {1, 0}, .hints = {}});
  Feed(PlayerGone{1});
  while (closed_ == 0 && now_ < TimePoint(Seconds(2000))) Pass(Seconds(1));
  ASSERT_EQ(closed_, 1);
  Feed(StreamOpened{2, kSwarm});
  ASSERT_THAT(announces_, SizeIs(1));  // which has not been answered yet
  Feed(AnnounceAnswered{Seconds(15), {}});
  ASSERT_THAT(announces_, SizeIs(2));
  EXPECT_THAT(announces_[1].swarms, ElementsAre(FieldsAre(2, kSwarm, AnnounceKind::kStarted)));
}

}  // namespace
}  // namespace shoal::core
