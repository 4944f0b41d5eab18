#include "tracker/membership/member_slab.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "common/random/random.h"
#include "tests/unit/tracker/membership/members.h"

namespace shoal::membership {
namespace {

using ::testing::IsEmpty;

PackedMember Packed(std::uint32_t number) {
  Member member = StrongMember(number);
  if (number % 3 == 0) member.endpoint.address = std::string(16, static_cast<char>(number));
  return PackedMember(member);
}

class MemberSlabTest : public ::testing::Test {
 protected:
  std::vector<Slot> Swept(std::size_t places) {
    std::vector<Slot> slots;
    slab_.Sweep(places, [&](Slot slot) { slots.push_back(slot); });
    return slots;
  }

  MemberSlab slab_;
};

TEST_F(MemberSlabTest, KeepsMembersOfBothFamiliesWhileOthersComeAndGo) {
  Random random(2);
  std::map<Slot, std::uint32_t> numbers;
  for (std::uint32_t number = 0; number < 20'000; ++number) {
    const Slot slot = slab_.Add(Packed(number).view());
    ASSERT_TRUE(numbers.emplace(slot, number).second) << "two in one place";
    if (random.Below(3) != 0) continue;
    const auto gone = numbers.lower_bound(static_cast<Slot>(random.Next()));
    if (gone == numbers.end()) continue;
    slab_.Remove(gone->first);
    numbers.erase(gone);
  }
  EXPECT_EQ(slab_.size(), numbers.size());
  for (const auto& [slot, number] : numbers) {
    ASSERT_EQ(slab_.At(slot).packed().bytes(), Packed(number).bytes());
  }
}

TEST_F(MemberSlabTest, ASweepLooksAtEverybodyOnceARound) {
  std::map<Slot, int> visits;
  for (std::uint32_t number = 0; number < 5000; ++number) {
    visits[slab_.Add(Packed(number).view())] = 0;
  }
  for (std::size_t swept = 0; swept < slab_.places(); swept += 64) {
    for (const Slot slot : Swept(64)) ++visits[slot];
  }
  int twice = 0;
  for (const auto& [slot, times] : visits) {
    ASSERT_GE(times, 1);
    twice += times > 1 ? 1 : 0;
  }
  EXPECT_LE(twice, 64);  // the last step may begin the next round
}

TEST_F(MemberSlabTest, ASweepMayRemoveWhomItVisits) {
  for (std::uint32_t number = 0; number < 3000; ++number) slab_.Add(Packed(number).view());
  slab_.Sweep(slab_.places() + 2, [this](Slot slot) { slab_.Remove(slot); });
  EXPECT_EQ(slab_.size(), 0u);
  EXPECT_THAT(Swept(slab_.places() + 2), IsEmpty());
}

TEST_F(MemberSlabTest, PlacesAreUsedAgain) {
  std::vector<Slot> slots;
  for (std::uint32_t number = 0; number < 3000; ++number) {
    slots.push_back(slab_.Add(Packed(number).view()));
  }
  const std::size_t places = slab_.places();
  for (const Slot slot : slots) slab_.Remove(slot);
  for (std::uint32_t number = 0; number < 3000; ++number) slab_.Add(Packed(number).view());
  EXPECT_EQ(slab_.places(), places);
}

TEST(VersionTest, OrderSurvivesTheWrap) {
  EXPECT_TRUE(IsAfter(2, 1));
  EXPECT_FALSE(IsAfter(1, 1));
  EXPECT_TRUE(IsAfter(3, 0xfffffff0u));
  EXPECT_FALSE(IsAfter(0xfffffff0u, 3));
}

}  // namespace
}  // namespace shoal::membership
