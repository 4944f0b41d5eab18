#include "tests/sim/world/accounts.h"

#include <gtest/gtest.h>

namespace shoal::sim {
namespace {

TimePoint At(double s) { return TimePoint(Seconds(s)); }

class AccountsTest : public testing::Test {
 protected:
  AccountsTest() { accounts_.Joined(0, Profile{}, At(0)); }
  std::vector<std::string> Violations() const { return accounts_.Sum(At(10)).violations; }

  const Scenario scenario_;
  const Media media_{scenario_};
  Accounts accounts_{scenario_, media_};
};

TEST_F(AccountsTest, SeesThatMoreArrivesFromPeersThanWasSent) {
  accounts_.Uploaded(0, 1000, At(1));
  accounts_.PeerReceived(7, 600, At(2));
  accounts_.PeerReceived(8, 400, At(3));
  EXPECT_TRUE(Violations().empty());
  accounts_.PeerReceived(8, 5, At(4));
  EXPECT_EQ(Violations(), std::vector<std::string>{
                              "4.000000 s, viewer 8: got 5 bytes more than peers had sent to "
                              "anybody"});
}

TEST_F(AccountsTest, SeesThatMoreArrivesFromTheCdnThanWasSent) {
  accounts_.CdnSent(1000, At(1));
  accounts_.CdnReceived(7, 1000, At(2));
  EXPECT_TRUE(Violations().empty());
  accounts_.CdnReceived(7, 1, At(2));
  EXPECT_EQ(Violations(), std::vector<std::string>{
                              "2.000000 s, viewer 7: got 1 bytes more than the CDN had sent to "
                              "anybody"});
}

TEST_F(AccountsTest, KeepsTheFirstViolationsAndCountsAll) {
  for (int i = 0; i < 25; ++i) accounts_.Violation(3, At(i), "does what it must not");
  const Result result = accounts_.Sum(At(30));
  EXPECT_EQ(result.violation_count, 25u);
  EXPECT_EQ(result.violations.size(), 20u);
  EXPECT_EQ(result.violations[19], "19.000000 s, viewer 3: does what it must not");
}

}  // namespace
}  // namespace shoal::sim
