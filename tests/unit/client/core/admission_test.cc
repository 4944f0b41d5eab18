// Whom a client links with: how many, and who makes room for whom.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "client/core/mesh.h"
#include "tests/unit/client/core/client_bench.h"

namespace shoal::core {
namespace {

constexpr PieceIndex kPieces = 9;
constexpr std::uint64_t kLength = kPieces * kPieceSize;
constexpr UploadClass kWeak = 9;
constexpr UploadClass kUsual = 12;
constexpr UploadClass kStrong = 14;

class Admission : public ClientBench {
 protected:
  void Play() {
    StartPlaying();
    AnswerAll(kLength);
  }
  // Somebody dials; `dialled`: this client dialled him. How it ended at once, if it did.
  std::optional<ByeReason> Come(LinkId link, UploadClass upload, bool dialled = false) {
    Member peer{.id = *PeerId::FromBytes(std::string(16, static_cast<char>(link))),
                .endpoint = {},
                .zone = 0,
                .upload_class = upload};
    parted_.reset();
    std::optional<ByeReason> refused;
    for (const Action& action : Feed(LinkOpened{link, kStream, peer, dialled})) {
      const auto* close = std::get_if<core::CloseLink>(&action);
      if (close == nullptr) continue;
      if (close->link == link) {
        refused = close->reason;
      } else {
        parted_ = close->link;
      }
    }
    return refused;
  }
  // So many links, all of the usual class; returns the id for the next.
  LinkId Fill(std::size_t links, bool dialled = false) {
    LinkId next = 1;
    for (; next <= links; ++next) EXPECT_FALSE(Come(next, kUsual, dialled)) << "link " << next;
    return next;
  }
  // Two peers take all that this client holds, acknowledging each message 10 ms later, until its
  // upload is known.
  void LetItsUploadBeMeasured() {
    for (PullId pull = 1; core_->Figures().upload_class == kUploadUnknown && pull < 500; ++pull) {
      for (const LinkId link : {LinkId{1}, LinkId{2}}) {
        Hear(link, Pull{pull, Key(0), static_cast<PieceIndex>(pull % kPieces), 0});
      }
      Pass(Milliseconds(10));
      if (unacked_.empty()) continue;
      const auto [link, size] = unacked_.front();
      unacked_.pop_front();
      Hear(link, Ack{.bytes = size});
    }
  }
  std::optional<LinkId> parted_;  // who had to go when the last one came
};

constexpr std::size_t kFull = 32;  // twice config.links

TEST_F(Admission, AcceptsTwiceAsManyAsItStrivesFor) {
  Play();
  const LinkId next = Fill(kFull);
  EXPECT_EQ(Come(next, kUsual), ByeReason::kFull);
  EXPECT_EQ(Figures().links, kFull);
}

TEST_F(Admission, TheWeakestOfThoseWhoDialledMakesRoomForOneWhoUploadsMore) {
  Play();
  LinkId next = Fill(kFull - 1);
  const LinkId weak = next++;
  ASSERT_FALSE(Come(weak, kWeak));
  EXPECT_FALSE(Come(next++, kStrong));
  EXPECT_EQ(parted_, weak);
  EXPECT_EQ(Figures().links, kFull);
  EXPECT_FALSE(Come(next++, kStrong)) << "the others are weaker, too";
  EXPECT_EQ(Come(next++, kUsual), ByeReason::kFull) << "no better than anybody";
  EXPECT_EQ(Come(next++, kUploadUnknown), ByeReason::kFull);
}

TEST_F(Admission, WhoWasChosenIsNotDisplaced) {
  Play();
  const LinkId next = Fill(kFull, /*dialled=*/true);
  EXPECT_EQ(Come(next, kStrong), ByeReason::kFull);
  EXPECT_EQ(Figures().links, kFull);
}

TEST_F(Admission, WhoUploadsMoreThanTheMeanTakesMoreLinks) {
  Play();
  ASSERT_FALSE(Come(1, kWeak));
  ASSERT_FALSE(Come(2, kWeak));
  LetItsUploadBeMeasured();
  const UploadClass own = core_->Figures().upload_class;
  ASSERT_GE(own, kWeak + 2) << "four times the mean";
  std::size_t links = 2;
  ASSERT_NE(own, kUploadUnknown);
  for (LinkId next = 3; next < 120 && !Come(next, kWeak); ++next) ++links;
  EXPECT_EQ(links, static_cast<std::size_t>(kFull * Mesh::kStrongMax));
}

}  // namespace
}  // namespace shoal::core
