#include "tracker/service/connection_ledger.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/unit/tracker/fake_clock.h"

namespace shoal::service {
namespace {

using Verdict = ConnectionLedger::Verdict;

Endpoint At(absl::string_view address, std::uint16_t port = 1) {
  return {*ParseAddress(address), port};
}

class ConnectionLedgerTest : public ::testing::Test {
 protected:
  // The socket gets the number, and is open until it is closed.
  Verdict Open(int socket, const Endpoint& peer) {
    const Verdict verdict = ledger_.Admit(socket, peer);
    if (verdict == Verdict::kAdmitted) open_[socket] = peer;
    return verdict;
  }
  void Close(int socket) { open_.erase(socket); }

  FakeClock clock_;
  std::map<int, Endpoint> open_;
  ConnectionLedger ledger_{{.in_all = 6, .per_source = 2},
                           {*AddressBlock::Parse("192.0.2.0/24")},
                           clock_,
                           [this](int socket, const Endpoint& peer) {
                             const auto found = open_.find(socket);
                             return found != open_.end() && found->second == peer;
                           }};
};

TEST_F(ConnectionLedgerTest, AdmitsSoManyOfASource) {
  EXPECT_EQ(Open(10, At("10.0.0.1")), Verdict::kAdmitted);
  EXPECT_EQ(Open(11, At("10.0.0.1", 2)), Verdict::kAdmitted);
  EXPECT_EQ(Open(12, At("10.0.0.1", 3)), Verdict::kTooManyOfSource);
  EXPECT_EQ(Open(12, At("10.0.0.2")), Verdict::kAdmitted);
  EXPECT_EQ(ledger_.size(), 3u);
}

TEST_F(ConnectionLedgerTest, AnIpv6SourceIsANetwork) {
  EXPECT_EQ(Open(10, At("2001:db8::1")), Verdict::kAdmitted);
  EXPECT_EQ(Open(11, At("2001:db8::2")), Verdict::kAdmitted);
  EXPECT_EQ(Open(12, At("2001:db8::3")), Verdict::kTooManyOfSource);
  EXPECT_EQ(Open(12, At("2001:db8:0:1::1")), Verdict::kAdmitted);
}

TEST_F(ConnectionLedgerTest, AdmitsSoManyInAll) {
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(Open(10 + i, At("10.0.0." + std::to_string(i))), Verdict::kAdmitted);
  }
  EXPECT_EQ(Open(20, At("10.0.0.9")), Verdict::kTooMany);
}

TEST_F(ConnectionLedgerTest, ProxiesHaveNoLimitButThatInAll) {
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(Open(10 + i, At("192.0.2.1", static_cast<std::uint16_t>(i))), Verdict::kAdmitted);
  }
  EXPECT_EQ(Open(20, At("192.0.2.1")), Verdict::kTooMany);
}

TEST_F(ConnectionLedgerTest, WhoHasClosedMakesRoomWhenItIsNeeded) {
  Open(10, At("10.0.0.1", 1));
  Open(11, At("10.0.0.1", 2));
  Close(10);
  EXPECT_EQ(Open(12, At("10.0.0.1", 3)), Verdict::kAdmitted);
  EXPECT_EQ(ledger_.size(), 2u);
}

TEST_F(ConnectionLedgerTest, ANumberThatIsGivenAgainWasClosed) {
  Open(10, At("10.0.0.1", 1));
  Open(11, At("10.0.0.1", 2));
  Close(10);
  EXPECT_EQ(Open(10, At("10.0.0.2")), Verdict::kAdmitted);
  EXPECT_EQ(ledger_.size(), 2u);
  EXPECT_EQ(Open(12, At("10.0.0.1", 3)), Verdict::kAdmitted);
}

TEST_F(ConnectionLedgerTest, LooksOnlyNowAndThenWhileItRefuses) {
  Open(10, At("10.0.0.1", 1));
  Open(11, At("10.0.0.1", 2));
  EXPECT_EQ(Open(12, At("10.0.0.1", 3)), Verdict::kTooManyOfSource);
  Close(10);
  EXPECT_EQ(Open(12, At("10.0.0.1", 4)), Verdict::kTooManyOfSource);
  clock_.Advance(Milliseconds(250));
  EXPECT_EQ(Open(12, At("10.0.0.1", 5)), Verdict::kAdmitted);
}

TEST_F(ConnectionLedgerTest, AReviewForgetsWhoHasClosed) {
  Open(10, At("10.0.0.1"));
  Open(11, At("10.0.0.2"));
  Close(11);
  open_[10] = At("10.0.0.7");  // the number is somebody else's now
  ledger_.Review();
  EXPECT_EQ(ledger_.size(), 0u);
}

}  // namespace
}  // namespace shoal::service
