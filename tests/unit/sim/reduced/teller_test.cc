#include "tests/sim/reduced/teller.h"

#include <gtest/gtest.h>

#include <vector>

#include "client/core/teller.h"
#include "tests/unit/sim/reduced/reduced_fixture.h"

namespace shoal::sim::reduced {
namespace {

class TellerTest : public ReducedFixture {
 protected:
  // Lets the tellings that are planned happen; what arrives of it.
  std::vector<Event> Told() {
    for (const Event& event : Ahead(Kind::kTell)) {
      state_.now = event.at;
      teller_.OnTell(event);
    }
    return Ahead(Kind::kNews);
  }
  void Hear(unsigned link, Mask pieces, PieceState state) {
    teller_.OnNews({.viewer = 0,
                    .mask = pieces,
                    .kind = Kind::kNews,
                    .link = static_cast<std::uint8_t>(link),
                    .count = static_cast<std::uint8_t>(state)});
  }

  Teller teller_{state_};
};

TEST_F(TellerTest, TellsAtOnceWhatItSeeds) {
  state_.piece(0, 3).source = kCdn;
  teller_.SeedingBegun(0, 3);
  const Micros began = state_.now;
  const std::vector<Event> told = Told();
  ASSERT_EQ(told.size(), 2u);
  for (const Event& news : told) {
    EXPECT_EQ(news.mask, Bit(3));
    EXPECT_EQ(static_cast<PieceState>(news.count), PieceState::kSeeding);
    EXPECT_LE(news.at, began + ToMicros(core::Teller::kTellGrid) + 11'000);
  }
}

TEST_F(TellerTest, TellsOfFirstBytesSoonAndNotWhoIsAsFar) {
  Hear(1, Bit(3), PieceState::kComplete);
  const Micros began = state_.now;
  state_.piece(0, 3).chunks = 1;
  teller_.PieceChanged(0, 3, PieceState::kNone);
  const std::vector<Event> told = Told();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].viewer, 1u);
  EXPECT_EQ(static_cast<PieceState>(told[0].count), PieceState::kReceiving);
  EXPECT_GE(told[0].at, began + ToMicros(core::Teller::kTellAfterMin));
  EXPECT_LE(told[0].at, began + ToMicros(core::Teller::kTellAfterMax) + 11'000);
}

TEST_F(TellerTest, TellsAllWhoseTimeItIsInOneGo) {
  state_.piece(0, 3).source = state_.piece(0, 4).source = kCdn;
  teller_.SeedingBegun(0, 3);
  teller_.SeedingBegun(0, 4);
  const std::vector<Event> tells = Ahead(Kind::kTell);
  ASSERT_EQ(tells.size(), 1u);
  teller_.OnTell(tells[0]);
  const std::vector<Event> told = Ahead(Kind::kNews);
  ASSERT_EQ(told.size(), 2u) << "two links, each of both pieces";
  for (const Event& news : told) EXPECT_EQ(news.mask, Bit(3) | Bit(4));
  teller_.OnTell(tells[0]);
  EXPECT_TRUE(Ahead().empty()) << "nobody is told twice";
}

TEST_F(TellerTest, CountsWhoHasAPieceAndWhoWillHaveItSoon) {
  const Viewer& viewer = state_.viewers[0];
  Hear(0, Bit(3), PieceState::kSeeding);
  EXPECT_EQ(viewer.providers[3], 1);
  EXPECT_EQ(viewer.holders[3], 0);
  EXPECT_EQ(viewer.offered, 0u);
  Hear(0, Bit(3), PieceState::kReceiving);
  Hear(1, Bit(3) | Bit(4), PieceState::kHalf);
  EXPECT_EQ(viewer.providers[3], 2);
  EXPECT_EQ(viewer.holders[3], 2);
  EXPECT_EQ(viewer.offered, Bit(3) | Bit(4));
  Hear(0, Bit(3), PieceState::kStalled);
  Hear(1, Bit(3), PieceState::kStalled);
  EXPECT_EQ(viewer.providers[3], 0);
  EXPECT_EQ(viewer.holders[3], 0);
  EXPECT_EQ(viewer.offered, Bit(4));
}

TEST_F(TellerTest, WhoeverIsFurtherIsAheadAndNobodyElse) {
  Hear(0, Bit(3), PieceState::kHalf);
  EXPECT_TRUE(state_.end(0, 0).Ahead(3, 7, 16));
  EXPECT_FALSE(state_.end(0, 0).Ahead(3, 8, 16));
  Hear(0, Bit(3), PieceState::kReceiving);
  EXPECT_TRUE(state_.end(0, 0).Ahead(3, 0, 16));
  EXPECT_FALSE(state_.end(0, 0).Ahead(3, 1, 16));
}

TEST_F(TellerTest, NewsThatNobodyProvidesAPieceAnyMoreVoidWhatWasHeard) {
  Hear(0, Bit(3), PieceState::kReceiving);
  EXPECT_EQ(state_.piece(0, 3).heard, state_.now);
  Hear(0, Bit(3), PieceState::kStalled);
  EXPECT_EQ(state_.piece(0, 3).heard, 0u);
}

}  // namespace
}  // namespace shoal::sim::reduced
