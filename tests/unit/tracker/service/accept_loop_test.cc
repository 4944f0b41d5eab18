#include "tracker/service/accept_loop.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/time/system_clock.h"

namespace shoal::service {
namespace {

TEST(AcceptPaceTest, BeginsSlowlyAndDoublesEachSecond) {
  AcceptPace pace{TimePoint()};
  auto taken_until = [&, now = TimePoint()](TimePoint end) mutable {
    int taken = 0;
    for (; now < end; now += Milliseconds(1)) {
      while (pace.Take(now)) ++taken;
    }
    return taken;
  };
  // The integral of 2000 · 2^t: 2000/ln 2 in the first second, twice as much in the next.
  const int first = taken_until(TimePoint(Seconds(1)));
  EXPECT_NEAR(first, 2885, 60);
  EXPECT_NEAR(taken_until(TimePoint(Seconds(2))), 2 * 2885, 120);
  taken_until(TimePoint(Seconds(9)));
  EXPECT_NEAR(taken_until(TimePoint(Seconds(10))), 64'000, 700);
}

TEST(AcceptPaceTest, SavesLittleOverAPause) {
  AcceptPace pace{TimePoint()};
  int taken = 0;
  while (pace.Take(TimePoint(Seconds(60)))) ++taken;
  EXPECT_LE(taken, 64'000 / 20);
  EXPECT_GE(taken, 1);
}

class AcceptLoopTest : public ::testing::Test {
 protected:
  ~AcceptLoopTest() override {
    loop_.reset();
    for (const int socket : clients_) close(socket);
    for (const int socket : accepted_) close(socket);
  }

  void Start(AcceptLoop::Options options) {
    auto loop =
        AcceptLoop::Listen({std::string("\x7f\0\0\1", 4), 0}, std::move(options), clock_, figures_);
    ASSERT_TRUE(loop.ok()) << loop.status();
    loop_ = *std::move(loop);
    loop_->Start([this](int, int socket) {
      absl::MutexLock lock(&mu_);
      accepted_.push_back(socket);
    });
  }

  int Connect() {
    clients_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(loop_->port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(
        connect(clients_.back(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    return clients_.back();
  }

  template <class Condition>
  static bool Becomes(Condition condition) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition() && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return condition();
  }

  SystemClock clock_;
  ConnectionFigures figures_;
  absl::Mutex mu_;
  std::vector<int> accepted_ ABSL_GUARDED_BY(mu_);
  std::vector<int> clients_;
  std::unique_ptr<AcceptLoop> loop_;
};

TEST_F(AcceptLoopTest, HandsConnectionsOver) {
  Start({});
  for (int i = 0; i < 5; ++i) Connect();
  EXPECT_TRUE(Becomes([&] { return figures_.accepted == 5; }));
  EXPECT_EQ(figures_.open, 5u);
}

TEST_F(AcceptLoopTest, ClosesAtOnceWhoIsOverALimit) {
  Start({.limits = {.in_all = 10, .per_source = 2}, .exempt = {}});
  Connect();
  Connect();
  ASSERT_TRUE(Becomes([&] { return figures_.accepted == 2; }));
  const int late = Connect();
  char byte = 0;
  EXPECT_LE(recv(late, &byte, 1, 0), 0);  // closed or reset, and so not waited for
  EXPECT_EQ(figures_.refused_of_source, 1u);
  EXPECT_EQ(figures_.accepted, 2u);
}

TEST_F(AcceptLoopTest, DisconnectsWhoSendsNothingThoughOthersCome) {
  Start({.limits = {},
         .exempt = {},
         .idle_max = Milliseconds(400),
         .review_every = Milliseconds(20)});
  const int busy = Connect();
  const int silent = Connect();
  char byte = 0;
  const auto has_ended = [&](int socket) { return recv(socket, &byte, 1, MSG_DONTWAIT) == 0; };
  EXPECT_TRUE(Becomes([&] {
    Connect();
    EXPECT_EQ(send(busy, "x", 1, MSG_NOSIGNAL), 1);
    return has_ended(silent);
  }));
  EXPECT_FALSE(has_ended(busy));
}

TEST_F(AcceptLoopTest, ThePortIsFreeAfterwards) {
  Start({});
  const auto port = static_cast<std::uint16_t>(loop_->port());
  const auto second = [&] {
    return AcceptLoop::Listen({std::string("\x7f\0\0\1", 4), port}, {}, clock_, figures_);
  };
  EXPECT_FALSE(second().ok());
  loop_->Stop();
  EXPECT_TRUE(second().ok());
}

TEST_F(AcceptLoopTest, EndsThoughItWasNeverStarted) {
  auto loop = AcceptLoop::Listen({std::string("\x7f\0\0\1", 4), 0}, {}, clock_, figures_);
  ASSERT_TRUE(loop.ok());
  EXPECT_GT((*loop)->port(), 0);
}

}  // namespace
}  // namespace shoal::service
