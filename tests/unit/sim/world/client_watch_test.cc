#include "tests/sim/world/client_watch.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace shoal::sim {
namespace {

constexpr std::uint64_t kCache = 1'000'000;

TimePoint At(std::int64_t ms) { return TimePoint(Milliseconds(ms)); }

core::CoreConfig Config() {
  core::CoreConfig config;
  config.cache_bytes = kCache;
  config.links = 16;
  return config;
}

class ClientWatchTest : public testing::Test {
 protected:
  void Open(core::LinkId link) { watch_.Begin(core::LinkOpened{.link = link, .peer = {}}, At(0)); }
  void Hear(core::LinkId link, core::LinkMessage message) {
    watch_.Begin(core::MessageReceived{link, std::move(message)}, At(0));
  }
  // Returns what is said of the last of pulls 1 to `n`, all of link 1.
  std::string Pull(core::PullId n, TimePoint now) {
    std::string said;
    for (core::PullId i = 1; i <= n; ++i) said = watch_.Sent(1, core::Pull{i, {}, 0, 0}, 1, now);
    return said;
  }

  ClientWatch watch_{Config()};
};

TEST_F(ClientWatchTest, SeesBytesThatAreStoredTwice) {
  Hear(1, core::Data{.pull = 1, .size = 1000});
  EXPECT_EQ(watch_.Stored(100, 400, false), "");
  EXPECT_EQ(watch_.Stored(500, 500, false), "") << "a transfer may go on in the next piece";
  EXPECT_EQ(watch_.Stored(999, 1, false), "stores bytes [999,1000) of a payload twice");
  Hear(1, core::Data{.pull = 1, .offset = 1000, .size = 1000});
  EXPECT_EQ(watch_.Stored(0, 1000, false), "") << "another payload";
}

TEST_F(ClientWatchTest, SeesThatTheCoreLosesCountOfWhatItHolds) {
  EXPECT_EQ(watch_.End(5000, 5000, 1), "");
  EXPECT_EQ(watch_.End(5000, 4999, 1), "holds 5000 bytes and accounts for 4999");
}

TEST_F(ClientWatchTest, SeesACacheThatOverflows) {
  EXPECT_EQ(watch_.End(kCache, kCache, 1), "");
  EXPECT_EQ(watch_.End(kCache + 1, kCache + 1, 1), "holds 1000001 bytes of 1000000 allowed");
}

TEST_F(ClientWatchTest, SeesMoreUnacknowledgedBytesThanALinkMayHave) {
  Open(1);
  EXPECT_EQ(watch_.Sent(1, ClientWatch::kUnackedMax), "");
  Hear(1, core::Ack{.bytes = 1000});
  EXPECT_EQ(watch_.Sent(1, 1000), "");
  EXPECT_NE(watch_.Sent(1, 1), "");
}

TEST_F(ClientWatchTest, SeesDataOnALinkThatEnded) {
  Open(1);
  watch_.Begin(core::LinkClosed{1, core::ByeReason::kLeaving}, At(0));
  EXPECT_EQ(watch_.Sent(1, 10), "sends 10 bytes on a link that is not open");
}

TEST_F(ClientWatchTest, SeesTooManyPulls) {
  const auto most = static_cast<core::PullId>(core::Puller::kPullsMax);
  EXPECT_EQ(Pull(most, At(0)), "");
  EXPECT_EQ(watch_.Sent(1, core::Pull{most + 1, {}, 0, 0}, 2, At(0)), "") << "of two streams";
  EXPECT_EQ(watch_.Sent(1, core::Pull{most + 2, {}, 0, 0}, 1, At(0)),
            "has " + std::to_string(most + 2) + " pulls outstanding");
}

TEST_F(ClientWatchTest, DoesNotCountPullsThatAreOver) {
  const auto most = static_cast<core::PullId>(core::Puller::kPullsMax);
  EXPECT_EQ(Pull(most, At(0)), "");
  Hear(1, core::Reject{1, core::RejectReason::kBusy, 50});
  EXPECT_EQ(watch_.Sent(1, core::Pull{11, {}, 0, 0}, 1, At(0)), "") << "1 was rejected";
  EXPECT_EQ(watch_.Sent(1, core::Cancel{2}, 1, At(0)), "");
  EXPECT_EQ(watch_.Sent(1, core::Pull{12, {}, 0, 0}, 1, At(0)), "") << "2 was cancelled";
  Hear(1, core::Data{.pull = 3, .offset = core::kPieceSize - 10, .size = 10});
  EXPECT_EQ(watch_.Sent(1, core::Pull{13, {}, 0, 0}, 1, At(0)), "") << "3 brought all";
  Hear(1, core::Data{.pull = 4, .offset = 0, .size = 10});
  EXPECT_EQ(watch_.Stored(0, 10, true), "");
  EXPECT_EQ(watch_.Sent(1, core::Pull{14, {}, 0, 0}, 1, At(0)), "") << "4 was of a short piece";
  EXPECT_NE(watch_.Sent(1, core::Pull{15, {}, 0, 0}, 1, At(0)), "");
  const TimePoint later = At(1) + ClientWatch::kForgotten;
  EXPECT_EQ(watch_.Sent(1, core::Pull{16, {}, 0, 0}, 1, later), "") << "the others were given up";
}

TEST_F(ClientWatchTest, SeesTooManyLinks) {
  const double accepted = 16 * core::Mesh::kAcceptedMax * core::Mesh::kStrongMax;
  const auto most = static_cast<core::LinkId>(accepted) + core::Mesh::kDialsMax;
  for (core::LinkId link = 1; link <= most; ++link) Open(link);
  EXPECT_EQ(watch_.End(0, 0, 1), "");
  Open(most + 1);
  EXPECT_EQ(watch_.End(0, 0, 1), absl::StrCat("has ", most + 1, " links"));
  watch_.Closed(1);
  EXPECT_EQ(watch_.End(0, 0, 1), "");
}

}  // namespace
}  // namespace shoal::sim
