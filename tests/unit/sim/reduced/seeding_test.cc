#include "tests/sim/reduced/seeding.h"

#include <gtest/gtest.h>

#include "client/core/teller.h"
#include "tests/unit/sim/reduced/reduced_fixture.h"

namespace shoal::sim::reduced {
namespace {

struct Nothing : CdnListener {
  void OnCdnHead(const TransferName&, std::uint64_t, Duration) override {}
  void OnCdnBytes(const TransferName&, std::uint32_t) override {}
  void OnCdnFinished(const TransferName&, core::FetchOutcome, int, std::uint64_t) override {}
  void OnCdnSent(std::uint32_t, std::uint32_t) override {}
};

// It is viewer 0's turn to seed pieces 3 and 4.
class SeedingTest : public ReducedFixture {
 protected:
  SeedingTest() { state_.viewers[0].turned = Bit(3) | Bit(4); }

  Nothing nothing_;
  Teller teller_{state_};
  Fetches fetches_{state_, nothing_};
  Seeding seeding_{state_, teller_, fetches_};
};

TEST_F(SeedingTest, SeedsWhoseTurnHasComeAndSaysSo) {
  seeding_.Look(0);
  EXPECT_EQ(state_.viewers[0].sourced, Bit(3) | Bit(4));
  EXPECT_EQ(state_.segments[0].seeded, 2u);
  EXPECT_TRUE(state_.piece(0, 3).told_seeding);
}

TEST_F(SeedingTest, APeerThatProvidesAPieceHoldsItBack) {
  state_.viewers[0].providers[3] = 1;
  seeding_.Look(0);
  EXPECT_EQ(state_.viewers[0].sourced, Bit(4));
  state_.viewers[0].providers[3] = 0;
  seeding_.Look(0);
  EXPECT_EQ(state_.viewers[0].sourced, Bit(3) | Bit(4));
}

TEST_F(SeedingTest, GossipHoldsItBackForASecondOrSo) {
  state_.piece(0, 3).heard = state_.now;
  seeding_.Look(0);
  EXPECT_EQ(state_.viewers[0].sourced, Bit(4));
  bool seeded = false;
  for (const Event& event : Ahead(Kind::kTurn)) {
    EXPECT_GE(event.at, state_.now + ToMicros(core::Teller::kHoldMin));
    EXPECT_LE(event.at, state_.now + ToMicros(core::Teller::kHoldMax));
    state_.now = event.at;
    seeding_.OnTurn(event);
    seeded = true;
  }
  EXPECT_TRUE(seeded);
  EXPECT_EQ(state_.viewers[0].sourced, Bit(3) | Bit(4));
}

}  // namespace
}  // namespace shoal::sim::reduced
