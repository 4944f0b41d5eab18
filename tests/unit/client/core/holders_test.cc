#include "client/core/holders.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "client/core/link.h"
#include "common/random/random.h"

namespace shoal::core {
namespace {

constexpr std::size_t kPieces = 6;
const SegmentKey kKey = *SegmentKey::FromBytes("segment1");

// Peers, the odd ones of which cannot upload, and what they say of one segment.
class HoldersTest : public testing::Test {
 protected:
  explicit HoldersTest(std::size_t peers = 4) : links_(peers) {
    for (std::size_t i = 0; i < peers; ++i) {
      links_[i].place = static_cast<std::uint32_t>(i);
      links_[i].peer.upload_class = i % 2 == 0 ? 10 : kUploadNone;
    }
  }

  void Say(std::size_t link, const PieceNewsList& pieces, bool complete = false) {
    links_[link].view.Apply(
        {.key = kKey, .complete = complete, .pieces = pieces, .gossip = {}},
        {.holders = &holders_, .can_upload = links_[link].can_upload(), .place = link});
  }
  // Works the holders out from what the peers' views say.
  Holders WorkedOut() {
    Holders holders;
    holders.Begin(1, kPieces);
    for (Link& link : links_) {
      PeerView::Held* held = link.view.Find(kKey);
      if (held != nullptr) holders.Add({link.place, &link, held}, link.can_upload());
    }
    return holders;
  }
  // Holders of each piece, then providers, a digit each.
  static std::string Drawn(const Holders& holders) {
    std::string all;
    std::string providers;
    for (PieceIndex i = 0; i < kPieces; ++i) {
      all += std::to_string(holders.all(i));
      providers += std::to_string(holders.providers(i));
    }
    return all + " " + providers;
  }

  std::vector<Link> links_;
  Holders holders_;
};

TEST_F(HoldersTest, CountsWhoHasAByteAndReceives) {
  Say(0, {{0, PieceState::kReceiving}, {1, PieceState::kStalled}, {2, PieceState::kComplete}});
  Say(2, {{0, PieceState::kHalf}, {5, PieceState::kNone}});
  EXPECT_EQ(Drawn(WorkedOut()), "201000 201000");
}

TEST_F(HoldersTest, TellsThoseApartWhoCannotUpload) {
  Say(0, {}, /*complete=*/true);
  Say(1, {{3, PieceState::kQuarter}});
  EXPECT_EQ(Drawn(WorkedOut()), "111211 111111");
}

TEST_F(HoldersTest, WhoAskedTheCdnProvidesWhatItDoesNotHoldYet) {
  Say(0, {{1, PieceState::kSeeding}, {2, PieceState::kReceiving}});
  Say(1, {{1, PieceState::kSeeding}});
  EXPECT_EQ(Drawn(WorkedOut()), "001000 011000");
}

TEST_F(HoldersTest, ListsWhoSpeaksOfTheSegmentEvenIfOnlyToKnowIt) {
  Say(2, {});
  const Holders holders = WorkedOut();
  ASSERT_EQ(holders.peers().size(), 1u);
  EXPECT_EQ(holders.peers()[0].link, &links_[2]);
}

TEST_F(HoldersTest, OrdersPeersByLinkInWhateverOrderTheyCome) {
  Holders holders;
  holders.Begin(1, kPieces);
  for (const std::size_t i : {2u, 0u, 3u, 1u}) {
    Say(i, {{0, PieceState::kHalf}});
    holders.Add({i, &links_[i], links_[i].view.Find(kKey)}, true);
  }
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(holders.peers()[i].place, i);
  EXPECT_EQ(holders.HeldBy(3), links_[3].view.Find(kKey));
  EXPECT_EQ(holders.HeldBy(4), nullptr);
}

TEST_F(HoldersTest, IsOutdatedByAnotherVersionOrNumberOfPiecesOrByClear) {
  Holders holders = WorkedOut();
  EXPECT_TRUE(holders.Current(1, kPieces));
  EXPECT_FALSE(holders.Current(2, kPieces));
  EXPECT_FALSE(holders.Current(1, kPieces + 1));
  holders.Clear();
  EXPECT_FALSE(holders.Current(1, kPieces));
}

TEST_F(HoldersTest, KeptRightEqualsWorkedOutAnew) {
  for (std::size_t i = 0; i < links_.size(); ++i) Say(i, {});
  holders_ = WorkedOut();
  Random random(1);
  for (int round = 0; round < 2000; ++round) {
    PieceNewsList news;
    for (std::uint64_t n = random.Below(4); n > 0; --n) {
      // A piece twice, or one beyond the segment, must not confuse it.
      news.push_back({static_cast<PieceIndex>(random.Below(kPieces + 2)),
                      static_cast<PieceState>(random.Below(8))});
    }
    Say(random.Below(links_.size()), news, /*complete=*/random.Below(10) == 0);
    ASSERT_EQ(Drawn(holders_), Drawn(WorkedOut())) << "in round " << round;
  }
}

class ManyHoldersTest : public HoldersTest {
 protected:
  ManyHoldersTest() : HoldersTest(70) {}

  static std::vector<std::size_t> HoldersOf(const Holders& holders, PieceIndex piece) {
    std::vector<std::size_t> places;
    holders.ForEachHolder(piece, [&places](std::size_t place) { places.push_back(place); });
    return places;
  }
};

TEST_F(ManyHoldersTest, VisitsWhoHoldsAPieceInTheOrderOfLinks) {
  for (std::size_t i = 0; i < links_.size(); ++i) Say(i, {});
  holders_ = WorkedOut();
  for (const std::size_t i : {69u, 3u, 64u, 63u}) Say(i, {{2, PieceState::kReceiving}});
  Say(5, {{2, PieceState::kSeeding}});
  EXPECT_EQ(HoldersOf(holders_, 2), (std::vector<std::size_t>{3, 63, 64, 69}));
  Say(3, {{2, PieceState::kStalled}});
  Say(64, {{2, PieceState::kNone}});
  EXPECT_EQ(HoldersOf(holders_, 2), (std::vector<std::size_t>{63, 69}));
  EXPECT_EQ(HoldersOf(WorkedOut(), 2), HoldersOf(holders_, 2));
}

}  // namespace
}  // namespace shoal::core
