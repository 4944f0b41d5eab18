#include "client/core/lottery.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "client/core/assignment.h"
#include "gtest/gtest.h"

namespace shoal::core {
namespace {

constexpr int kPieces = 4000;  // drawn where a frequency is estimated
constexpr UploadClass kClass = 13;
constexpr Duration kExact = Duration::max();  // so long ago that no delay may be cut short

PeerId Peer(int number) {
  std::string bytes(PeerId::kSize, '\0');
  bytes[0] = static_cast<char>(number & 0xff);
  bytes[1] = static_cast<char>(number >> 8);
  return *PeerId::FromBytes(bytes);
}

const SegmentKey kSegment = *SegmentKey::FromBytes("segment1");
const PieceToAssign kPiece{kSegment, 0, 9};

// Pieces of different segments, so that their draws are independent.
PieceToAssign Nth(PieceIndex n) {
  std::string key(SegmentKey::kSize, 's');
  for (std::size_t i = 0; i < 4; ++i) key[i] = static_cast<char>(n >> (8 * i) & 0xff);
  return {*SegmentKey::FromBytes(key), n % 9, 9};
}

// A swarm of which every member knows every other, in an order of its own.
class Swarm {
 public:
  explicit Swarm(std::vector<UploadClass> classes) {
    for (std::size_t i = 0; i < classes.size(); ++i) {
      members_.push_back({Peer(static_cast<int>(i)), classes[i]});
    }
    for (std::size_t i = 0; i < classes.size(); ++i) {
      others_.push_back(members_);
      others_.back().erase(others_.back().begin() + static_cast<std::ptrdiff_t>(i));
      std::rotate(others_.back().begin(), others_.back().begin() + static_cast<std::ptrdiff_t>(i),
                  others_.back().end());
    }
  }
  static Swarm Uniform(std::size_t size) { return Swarm(std::vector<UploadClass>(size, kClass)); }

  std::size_t size() const { return members_.size(); }
  SwarmView ViewOf(std::size_t member) const {
    return {.self = members_[member].id,
            .own_class = members_[member].upload_class,
            .others = others_[member],
            .swarm_size = static_cast<std::uint32_t>(size()),
            .all_known = true};
  }
  // How often a member seeds at once, over kPieces pieces.
  int SeedsOf(std::size_t member) const {
    const LotteryPolicy lottery;
    int seeds = 0;
    for (PieceIndex piece = 0; piece < kPieces; ++piece) {
      seeds += lottery.SeedDelay(Nth(piece), ViewOf(member), kExact) == Duration{};
    }
    return seeds;
  }
  std::vector<int> Seeds() const {
    std::vector<int> seeds;
    for (std::size_t i = 0; i < size(); ++i) seeds.push_back(SeedsOf(i));
    return seeds;
  }

 private:
  std::vector<KnownMember> members_;
  std::vector<std::vector<KnownMember>> others_;
};

// Five standard deviations of the number of successes in `n` trials: a sound lottery strays further
// once in two million tests.
double FiveSigma(double n, double probability) {
  return 5 * std::sqrt(n * probability * (1 - probability));
}

TEST(Lottery, DrawIsTheDocumentedHash) {
  // Computed by Python: int.from_bytes(hashlib.sha256(id + key).digest()[:8], "little") >> 11.
  constexpr double kDrawn = 2599505570451546 * 0x1.0p-53;
  PeerId peer = *PeerId::FromBytes(
      absl::string_view("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", 16));
  SegmentKey key = *SegmentKey::FromBytes("\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7");
  for (PieceIndex piece = 0; piece < 8; ++piece) {
    const double turned = kDrawn + piece / 8.0;
    EXPECT_EQ(LotteryPolicy::Draw(peer, {key, piece, 8}), turned < 1 ? turned : turned - 1);
  }
}

// A client that has watched on for longer than it remembers answers as one that has just begun.
TEST(Lottery, WhatItRemembersOfSegmentsChangesNoAnswer) {
  const LotteryPolicy remembers;
  const std::vector<KnownMember> others = {{Peer(1), kClass}, {Peer(2), kClass}};
  for (int round = 0; round < 3; ++round) {
    for (PieceIndex n = 0; n < 90; ++n) {
      const PeerId self = Peer(10 + static_cast<int>(n % 2));
      const SwarmView view{.self = self, .own_class = kClass, .others = others, .swarm_size = 500};
      PieceToAssign piece = Nth(n / 5);
      piece.piece = n % 9;
      piece.before = n % 3 == 0 ? SeededBefore::kSelf : SeededBefore::kNobody;
      ASSERT_EQ(remembers.SeedDelay(piece, view, kExact),
                LotteryPolicy().SeedDelay(piece, view, kExact));
    }
  }
}

TEST(Lottery, WhatAMemberSeedsAtOnceLiesSideBySide) {
  // Of eight pieces in a circle, those with x <= R are one run, however long.
  const LotteryPolicy lottery;
  const Swarm swarm = Swarm::Uniform(20);
  int seeds = 0;
  for (std::size_t i = 0; i < swarm.size(); ++i) {
    SwarmView view = swarm.ViewOf(i);
    view.all_known = false;
    view.late_share = 0.25;
    const auto seeds_piece = [&](PieceIndex piece) {
      return lottery.SeedDelay({kSegment, piece % 8, 8}, view, kExact) == Duration{};
    };
    int runs = 0;
    for (PieceIndex piece = 0; piece < 8; ++piece) {
      seeds += seeds_piece(piece);
      runs += seeds_piece(piece + 1) && !seeds_piece(piece);
    }
    EXPECT_LE(runs, 1) << "member " << i;
  }
  EXPECT_GT(seeds, 20);
}

TEST(Lottery, ComputesADelayOnlyAsFarAsTimeHasCome) {
  const LotteryPolicy lottery;
  const Swarm swarm = Swarm::Uniform(20);
  for (std::size_t i = 0; i < swarm.size(); ++i) {
    SwarmView view = swarm.ViewOf(i);
    view.late_share = 0.011;  // delays are no round numbers
    const Duration exact = *lottery.SeedDelay(kPiece, view, kExact);
    // Asking again whenever the delay that was named is over, as who seeds does.
    Duration elapsed{};
    for (int asked = 0; asked < 30; ++asked) {
      const Duration delay = *lottery.SeedDelay(kPiece, view, elapsed);
      ASSERT_EQ(delay <= elapsed, exact <= elapsed) << "member " << i << " " << elapsed.count();
      ASSERT_LE(delay, exact);
      if (delay <= elapsed) break;
      elapsed = delay;
    }
    EXPECT_EQ(elapsed, exact);
  }
}

TEST(Lottery, MembersWhoKnowAllAgreeOnTheOrder) {
  const Swarm swarm({13, 10, kUploadNone, kUploadUnknown, 20, 13, 1, 30});
  for (PieceIndex piece = 0; piece < 50; ++piece) {
    std::set<double> positions;
    for (std::size_t i = 0; i < swarm.size(); ++i) {
      positions.insert(LotteryPolicy::Position(Nth(piece), swarm.ViewOf(i)));
    }
    EXPECT_EQ(positions.size(), swarm.size());
    EXPECT_EQ(*positions.begin(), 0);
    EXPECT_EQ(*positions.rbegin(), static_cast<double>(swarm.size() - 1));
  }
}

TEST(Lottery, ExactlyOneMemberSeedsAtOnceIfAllAreKnown) {
  const std::vector<int> seeds = Swarm::Uniform(8).Seeds();
  int sum = 0;
  for (const int count : seeds) sum += count;
  EXPECT_EQ(sum, kPieces);
}

TEST(Lottery, EqualMembersSeedEquallyOften) {
  const std::vector<int> seeds = Swarm::Uniform(8).Seeds();
  for (const int count : seeds) EXPECT_NEAR(count, kPieces / 8.0, FiveSigma(kPieces, 1.0 / 8));
}

TEST(Lottery, MembersSeedInProportionToTheirUpload) {
  // Classes are powers of two: uploads 1, 1, 2 and 4.
  const std::vector<int> seeds = Swarm({10, 10, 11, 12}).Seeds();
  const double expected[] = {1.0 / 8, 1.0 / 8, 2.0 / 8, 4.0 / 8};
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    EXPECT_NEAR(seeds[i], kPieces * expected[i], FiveSigma(kPieces, expected[i])) << "member " << i;
  }
}

TEST(Lottery, WeightsAreBounded) {
  // One in a hundred has nearly all upload: its share is 8 times the mean, not 100.
  std::vector<UploadClass> classes(99, 1);
  classes.push_back(20);
  const int seeds = Swarm(classes).SeedsOf(99);
  const double rest = 99 * LotteryPolicy::kWeightMin;
  const double expected = LotteryPolicy::kWeightMax / (LotteryPolicy::kWeightMax + rest);
  EXPECT_NEAR(seeds, kPieces * expected, FiveSigma(kPieces, expected));
}

TEST(Lottery, MemberWithoutUploadSeedsHardlyEver) {
  const std::vector<int> seeds = Swarm({kClass, kClass, kClass, kUploadNone}).Seeds();
  const double weight = 4.0 / 3;  // of the others: the mean is over all four
  const double expected = LotteryPolicy::kWeightMin / (LotteryPolicy::kWeightMin + 3 * weight);
  EXPECT_NEAR(seeds[3], kPieces * expected, FiveSigma(kPieces, expected));
}

TEST(Lottery, UnknownUploadCountsAsTheMean) {
  // Uploads 1 and 4: their mean is 2.5, and all three weights sum to three means.
  const std::vector<int> seeds = Swarm({10, 12, kUploadUnknown}).Seeds();
  const double expected[] = {1 / 7.5, 4 / 7.5, 2.5 / 7.5};
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    EXPECT_NEAR(seeds[i], kPieces * expected[i], FiveSigma(kPieces, expected[i])) << "member " << i;
  }
}

TEST(Lottery, MembersOfWhomNobodyUploadsAreAlike) {
  const std::vector<int> seeds = Swarm({kUploadNone, kUploadNone}).Seeds();
  for (const int count : seeds) EXPECT_NEAR(count, kPieces / 2.0, FiveSigma(kPieces, 0.5));
}

TEST(Lottery, FurtherMembersStepInTwiceAsManyEachHalfSecond) {
  const Swarm swarm = Swarm::Uniform(20);
  const LotteryPolicy lottery;
  for (std::size_t i = 0; i < swarm.size(); ++i) {
    const double position = LotteryPolicy::Position(kPiece, swarm.ViewOf(i));
    const Duration delay = lottery.SeedDelay(kPiece, swarm.ViewOf(i), kExact).value();
    if (position == 0) {
      EXPECT_EQ(delay, Duration{});
    } else {
      EXPECT_NEAR(ToSeconds(delay), 0.2 + 0.5 * std::log2(position / LotteryPolicy::kRadiusMin),
                  2e-6);
    }
  }
}

TEST(Lottery, LoneMemberSeedsEverythingAtOnce) {
  const SwarmView alone{.self = Peer(1), .own_class = kUploadNone, .all_known = true};
  for (PieceIndex piece = 0; piece < 100; ++piece) {
    EXPECT_EQ(LotteryPolicy().SeedDelay(Nth(piece), alone, kExact), Duration{});
  }
}

TEST(Lottery, InALargeSwarmHalfAMemberSeedsAtOnceOnAverage) {
  constexpr int kMembers = 1000;
  constexpr int kDraws = 100;
  const LotteryPolicy lottery;
  int seeds = 0;
  for (int member = 0; member < kMembers; ++member) {
    const SwarmView view{.self = Peer(member), .own_class = kClass, .swarm_size = kMembers};
    for (PieceIndex piece = 0; piece < kDraws; ++piece) {
      PieceToAssign to_assign = Nth(piece);
      to_assign.before = SeededBefore::kNobody;
      seeds += lottery.SeedDelay(to_assign, view, kExact) == Duration{};
    }
  }
  const double probability = 1 - std::exp(-LotteryPolicy::kRadiusMin / kMembers);
  EXPECT_NEAR(seeds, kMembers * kDraws * probability, FiveSigma(kMembers * kDraws, probability));
}

TEST(Lottery, AnIncumbentBeginsBeforeAllOthers) {
  const LotteryPolicy lottery;
  std::set<Duration> moments;
  for (int member = 0; member < 100; ++member) {
    const SwarmView view{.self = Peer(member), .own_class = kClass, .swarm_size = 1000};
    PieceToAssign piece = kPiece;
    const Duration grace = LotteryPolicy::IncumbentGrace(piece.duration);
    piece.before = SeededBefore::kNobody;
    const Duration turn = *lottery.SeedDelay(piece, view, kExact);
    for (const SeededBefore before : {SeededBefore::kOthers, SeededBefore::kUnknown}) {
      piece.before = before;
      EXPECT_EQ(lottery.SeedDelay(piece, view, kExact), grace + turn);
      EXPECT_EQ(lottery.SeedDelay(piece, view, Duration{}), grace);
    }
    piece.before = SeededBefore::kSelf;
    const Duration moment = *lottery.SeedDelay(piece, view, Duration{});
    EXPECT_LT(moment, LotteryPolicy::IncumbentSpread(piece.duration));
    moments.insert(moment);
  }
  EXPECT_GT(moments.size(), 90u) << "two incumbents must not begin at the same moment";
}

TEST(Lottery, ThereAreNoIncumbentsWhereAllAreKnownOrManyPiecesAreLate) {
  const LotteryPolicy lottery;
  const Swarm swarm = Swarm::Uniform(20);
  for (std::size_t i = 0; i < swarm.size(); ++i) {
    SwarmView late = swarm.ViewOf(i);
    late.all_known = false;
    late.late_share = 2 * LotteryPolicy::kLateMax;
    for (const SwarmView& view : {swarm.ViewOf(i), late}) {
      PieceToAssign piece = kPiece;
      piece.before = SeededBefore::kNobody;
      const auto turn = lottery.SeedDelay(piece, view, kExact);
      piece.before = SeededBefore::kSelf;
      EXPECT_EQ(lottery.SeedDelay(piece, view, kExact), turn);
      piece.before = SeededBefore::kOthers;
      EXPECT_EQ(lottery.SeedDelay(piece, view, kExact), turn);
    }
  }
}

TEST(Lottery, PiecesHandedOffLateWidenTheRadius) {
  const LotteryPolicy lottery;
  SwarmView view{.self = Peer(1), .swarm_size = 200, .late_share = 0.1};
  EXPECT_DOUBLE_EQ(lottery.Radius(view), LotteryPolicy::kRadiusMin + 2 * 200 * 0.1);
  view.late_share = 1;
  view.all_known = true;
  EXPECT_EQ(lottery.SeedDelay(kPiece, view, kExact), Duration{});
}

TEST(Lottery, MembersKnownCountEvenIfTheTrackerSaysFewer) {
  const std::vector<KnownMember> others(30, KnownMember{Peer(2), kClass});
  const SwarmView view{.self = Peer(1), .others = others, .swarm_size = 3, .late_share = 1.0};
  EXPECT_DOUBLE_EQ(LotteryPolicy().Radius(view), LotteryPolicy::kRadiusMin + 2 * 31);
}

TEST(AssignmentPolicy, OffNeverSeeds) {
  const auto off = MakeAssignmentPolicy(AssignmentKind::kOff, 1);
  EXPECT_EQ(off->SeedDelay(kPiece, SwarmView{.all_known = true}, kExact), std::nullopt);
  EXPECT_EQ(off->Radius(SwarmView{}), 0);
}

TEST(AssignmentPolicy, LotteryIsMadeByItsName) {
  const auto lottery = MakeAssignmentPolicy(AssignmentKind::kLottery, 1);
  EXPECT_EQ(lottery->SeedDelay(kPiece, SwarmView{.all_known = true}, kExact), Duration{});
}

}  // namespace
}  // namespace shoal::core
