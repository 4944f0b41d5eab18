#include "tests/sim/reduced/downloads.h"

#include <gtest/gtest.h>

#include <vector>

#include "client/core/puller.h"
#include "client/core/teller.h"
#include "tests/unit/sim/reduced/reduced_fixture.h"

namespace shoal::sim::reduced {
namespace {

// Viewer 0 pulls piece 3 from its first peer.
class DownloadsTest : public ReducedFixture {
 protected:
  DownloadsTest() {
    teller_.OnNews(News(0, PieceState::kComplete));
    downloads_.Look(0);
  }

  static Event News(std::uint8_t link, PieceState state) {
    return {.viewer = 0,
            .mask = Bit(3),
            .kind = Kind::kNews,
            .link = link,
            .count = static_cast<std::uint8_t>(state)};
  }
  // Looks whenever a look is due, until `limit`; how often that was.
  int CheckUntil(Micros limit) {
    int looks = 0;
    for (std::vector<Event> due = Ahead(Kind::kCheck); !due.empty(); due = Ahead(Kind::kCheck)) {
      for (const Event& event : due) {
        if (event.at > limit) return looks;
        state_.now = event.at;
        downloads_.OnCheck(event);
        ++looks;
      }
    }
    return looks;
  }

  Teller teller_{state_};
  Uplinks uplinks_{state_};
  Downloads downloads_{state_, teller_, uplinks_};
};

TEST_F(DownloadsTest, LooksNoMoreOftenHoweverOftenItIsToldTo) {
  ASSERT_TRUE(state_.piece(0, 3).pulled());
  const Micros began = state_.now;
  for (int i = 0; i < 20; ++i) downloads_.CheckSoon(0, Bit(3));
  const int most = ToMicros(core::Puller::kTimeout) / Downloads::kCheckEvery;
  EXPECT_LE(CheckUntil(began + ToMicros(core::Puller::kTimeout) - 1), most);
  EXPECT_TRUE(state_.piece(0, 3).pulled());
}

TEST_F(DownloadsTest, GivesUpAPeerThatSendsNothing) {
  const Micros began = state_.now;
  CheckUntil(began + ToMicros(core::Puller::kTimeout));
  EXPECT_EQ(state_.now, began + ToMicros(core::Puller::kTimeout));
  EXPECT_EQ(state_.piece(0, 3).source, kNobody);
  EXPECT_EQ(state_.end(0, 0).backoff_until, state_.now + ToMicros(core::Puller::kPenalty));
}

TEST_F(DownloadsTest, LeavesAPeerThatIsStuckWhenAnotherIsAhead) {
  const Micros began = state_.now;
  teller_.OnNews(News(0, PieceState::kStalled));
  teller_.OnNews(News(1, PieceState::kComplete));
  const Micros latest = began + ToMicros(core::Puller::kQuietAfter) + Downloads::kCheckEvery;
  CheckUntil(latest);
  EXPECT_EQ(state_.piece(0, 3).source, kNobody);
  EXPECT_EQ(state_.end(0, 0).backoff_until, 0u) << "it did nothing wrong";
}

}  // namespace
}  // namespace shoal::sim::reduced
