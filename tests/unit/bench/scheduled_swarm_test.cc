#include "tests/bench/scheduling_tracker/scheduled_swarm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace shoal::bench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr Duration kInterval = Seconds(1);
constexpr double kPieceRate = core::kPieceSize;  // bytes a second: a piece

// A swarm whose members listen on ports 1, 2, … and whose segments have three whole pieces.
class ScheduledSwarmTest : public testing::Test {
 protected:
  static constexpr std::uint32_t kLength = 3 * core::kPieceSize;

  MemberRef Join(double pieces_per_s) {
    return swarm_.Join(
        {.endpoint = {"host", ++last_port_}, .upload_bytes_per_s = pieces_per_s * kPieceRate},
        now_);
  }

  // "7/2 cdn": piece 2 of segment 7 from the CDN; "7/2 <3": from who listens on port 3.
  std::vector<std::string> Report(MemberRef member, std::vector<SegmentNews> news = {}) {
    std::vector<Order> orders;
    swarm_.Report(member, news, now_, orders);
    std::vector<std::string> texts;
    for (const Order& order : orders) {
      texts.push_back(
          absl::StrCat(order.sequence, "/", order.piece, " ",
                       order.source == nullptr ? "cdn" : absl::StrCat("<", order.source->port)));
    }
    return texts;
  }

  // Begins to want segment 7, and holds those pieces of it.
  static std::vector<SegmentNews> Want(PieceMap held = 0, Duration needed_in = Seconds(60)) {
    return {{.sequence = 7, .held = held, .length = kLength, .needed_in = needed_in}};
  }
  static std::vector<SegmentNews> Hold(PieceMap held) { return {{.sequence = 7, .held = held}}; }
  static std::vector<SegmentNews> Fail(PieceMap failed) {
    return {{.sequence = 7, .failed = failed}};
  }

  TimePoint now_{Seconds(100)};
  std::uint16_t last_port_ = 0;
  ScheduledSwarm swarm_{kInterval, 1};
};

TEST_F(ScheduledSwarmTest, MembersTakeTurnsToSeedAndEachPieceIsSeededOnce) {
  const MemberRef a = Join(10);
  const MemberRef b = Join(10);
  const MemberRef c = Join(10);
  EXPECT_THAT(Report(a, Want()), ElementsAre("7/0 cdn"));
  EXPECT_THAT(Report(b, Want()), ElementsAre("7/1 cdn"));
  EXPECT_THAT(Report(c, Want()), ElementsAre("7/2 cdn"));
  EXPECT_THAT(Report(a), IsEmpty());
}

TEST_F(ScheduledSwarmTest, SendsToWhoHoldsThePieceAndToNobodyElse) {
  const MemberRef holder = Join(10);
  const MemberRef other = Join(10);
  Report(holder, Want(0b010));
  Report(other, Want(0b100));
  EXPECT_THAT(Report(Join(0), Want()), UnorderedElementsAre("7/1 <1", "7/2 <2"));
}

TEST_F(ScheduledSwarmTest, TheRarestPieceComesFirst) {
  Report(Join(10), Want(0b111));
  Report(Join(10), Want(0b011));
  Report(Join(10), Want(0b001));
  std::vector<std::string> orders = Report(Join(10), Want());
  ASSERT_THAT(orders, SizeIs(3));
  for (std::string& order : orders) order.resize(3);
  EXPECT_THAT(orders, ElementsAre("7/2", "7/1", "7/0"));
}

TEST_F(ScheduledSwarmTest, AnOrderIsToldOnce) {
  Report(Join(10), Want(0b111));
  const MemberRef asker = Join(0);
  EXPECT_THAT(Report(asker, Want()), SizeIs(3));
  now_ += kInterval;
  EXPECT_THAT(Report(asker, Hold(0b001)), IsEmpty());
}

TEST_F(ScheduledSwarmTest, WhatFailedIsOrderedAgain) {
  Report(Join(10), Want(0b111));
  const MemberRef asker = Join(0);
  Report(asker, Want());
  EXPECT_THAT(Report(asker, Fail(0b010)), ElementsAre("7/1 <1"));
}

TEST_F(ScheduledSwarmTest, NeverOrdersMoreThanWasAnnouncedAsUpload) {
  Report(Join(4), Want(0b111));
  // What was saved in half a second, then what a second brings.
  std::size_t orders = 0;
  std::vector<MemberRef> askers;
  for (int i = 0; i < 10; ++i) {
    askers.push_back(Join(0));
    orders += Report(askers.back(), Want()).size();
  }
  EXPECT_EQ(orders, 2u);
  for (int step = 0; step < 10; ++step) {
    now_ += Milliseconds(100);
    for (const MemberRef asker : askers) orders += Report(asker).size();
  }
  EXPECT_GE(orders, 5u);
  EXPECT_LE(orders, 6u);
}

TEST_F(ScheduledSwarmTest, HoldersShareTheLoad) {
  Report(Join(20), Want(0b001));
  Report(Join(20), Want(0b001));
  std::size_t first = 0;
  for (int i = 0; i < 20; ++i) {
    for (const std::string& order : Report(Join(0), Want())) first += order == "7/0 <1" ? 1 : 0;
  }
  EXPECT_GE(first, 8u);
  EXPECT_LE(first, 12u);
}

TEST_F(ScheduledSwarmTest, WhatADeadMemberWasToSeedAnotherSeeds) {
  const MemberRef dead = Join(10);
  const MemberRef living = Join(10);
  ASSERT_THAT(Report(dead, Want()), ElementsAre("7/0 cdn", "7/1 cdn"));
  ASSERT_THAT(Report(living, Want()), ElementsAre("7/2 cdn"));
  std::vector<std::string> later;
  for (int i = 0; i <= ScheduledSwarm::kSilentIntervals; ++i) {
    now_ += kInterval;
    for (std::string& order : Report(living, Hold(0b100))) later.push_back(order);
  }
  EXPECT_FALSE(swarm_.Knows(dead));
  EXPECT_THAT(later, ElementsAre("7/0 cdn", "7/1 cdn"));
}

TEST_F(ScheduledSwarmTest, WhatWasOrderedFromADeadMemberIsOrderedFromAnother) {
  const MemberRef dead = Join(10);
  const MemberRef living = Join(10);
  const MemberRef asker = Join(0);
  Report(dead, Want(0b001));
  ASSERT_THAT(Report(asker, Want()), ElementsAre("7/0 <1"));
  Report(living, Want(0b001));
  // Until the dead one is known to be, the piece may be ordered from it once more.
  std::vector<std::string> later;
  for (int i = 0; i <= ScheduledSwarm::kSilentIntervals + 1; ++i) {
    now_ += kInterval;
    for (std::string& order : Report(asker)) later.push_back(order);
    Report(living);
  }
  EXPECT_FALSE(swarm_.Knows(dead));
  ASSERT_FALSE(later.empty());
  EXPECT_EQ(later.back(), "7/0 <2");
}

TEST_F(ScheduledSwarmTest, AMemberThatComesBackHasNothingOfTheOneBefore) {
  const MemberRef before = Join(10);
  const MemberRef keeper = Join(10);
  Report(before, Want(0b111));
  for (int i = 0; i <= ScheduledSwarm::kSilentIntervals; ++i) {
    now_ += kInterval;
    Report(keeper);
  }
  const MemberRef after = Join(10);
  EXPECT_EQ(after.slot, before.slot);
  EXPECT_FALSE(swarm_.Knows(before));
  EXPECT_EQ(swarm_.size(), 2u);
  EXPECT_THAT(Report(after, Want()), ElementsAre("7/0 cdn", "7/1 cdn"));
}

TEST_F(ScheduledSwarmTest, NobodyIsSentToWhoIsFoundToHaveGoneByTheSameReport) {
  const MemberRef dead = Join(100);
  Report(dead, Want(0b111));
  now_ += ScheduledSwarm::kSilentIntervals * kInterval;
  EXPECT_THAT(Report(Join(100), Want()), ElementsAre("7/0 cdn", "7/1 cdn", "7/2 cdn"));
  EXPECT_FALSE(swarm_.Knows(dead));
}

TEST_F(ScheduledSwarmTest, NobodyIsSentToWhoTookThePlaceOfAHolder) {
  const MemberRef holder = Join(100);
  const MemberRef keeper = Join(100);
  Report(holder, Want(0b001));
  Report(keeper, Want(0b001));
  for (int i = 0; i <= ScheduledSwarm::kSilentIntervals; ++i) {
    now_ += kInterval;
    Report(keeper);
  }
  ASSERT_EQ(Join(100).slot, holder.slot);
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(Report(Join(0), Want()), testing::Contains("7/0 <2"));
  }
}

TEST_F(ScheduledSwarmTest, HandsOffWhatIsNeededSoon) {
  Report(Join(1), Want(0b111));
  const MemberRef asker = Join(10);
  EXPECT_THAT(Report(asker, Want(0, Milliseconds(1200))),
              UnorderedElementsAre("7/0 cdn", "7/1 cdn", "7/2 cdn"));
}

TEST_F(ScheduledSwarmTest, WithoutAnyUploadEverybodyFetchesFromTheCdn) {
  const MemberRef a = Join(0);
  const MemberRef b = Join(0);
  EXPECT_THAT(Report(a, Want()), SizeIs(3));
  EXPECT_THAT(Report(b, Want()), ElementsAre("7/0 cdn", "7/1 cdn", "7/2 cdn"));
}

TEST_F(ScheduledSwarmTest, IgnoresSegmentsThatHaveLeftTheWindow) {
  const MemberRef member = Join(10);
  Report(member, Want());
  const std::uint32_t later = 7 + ScheduledSwarm::kWindowSegments;
  EXPECT_THAT(Report(member, {{.sequence = later, .length = 1, .needed_in = Seconds(60)}}),
              ElementsAre(absl::StrCat(later, "/0 cdn")));
  EXPECT_THAT(Report(member, Want(0b111)), IsEmpty());
  EXPECT_THAT(Report(Join(0), Want()), IsEmpty());
}

}  // namespace
}  // namespace shoal::bench
