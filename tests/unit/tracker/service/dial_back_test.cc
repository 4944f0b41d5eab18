#include "tracker/service/dial_back.h"

#include <gmock/gmock.h>
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

#include "common/time/system_clock.h"
#include "tests/unit/tracker/membership/members.h"

namespace shoal::service {
namespace {

using membership::Peer;
using ::testing::ElementsAre;
using ::testing::Pair;

// A port of 127.0.0.1 that is bound, and listens if it is told to.
class Port {
 public:
  explicit Port(bool listens) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    bind(socket_, reinterpret_cast<const sockaddr*>(&address), size);
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    if (listens) listen(socket_, 128);
    number_ = ntohs(address.sin_port);
  }
  ~Port() { close(socket_); }

  Endpoint endpoint() const { return {std::string("\x7f\0\0\1", 4), number_}; }

 private:
  const int socket_;
  std::uint16_t number_ = 0;
};

class DialBackTest : public ::testing::Test {
 protected:
  void Start(const DialLimits& limits) {
    dial_back_ = std::make_unique<DialBack>(limits, clock_, figures_,
                                            [this](const DialTarget& target, bool can_be_dialled) {
                                              absl::MutexLock lock(&mu_);
                                              verdicts_.push_back({target.peer, can_be_dialled});
                                            });
  }

  void Ask(std::uint32_t peer, const Endpoint& endpoint) {
    dial_back_->Ask({.endpoint = endpoint, .peer = Peer(peer), .swarms = {}});
  }

  std::vector<std::pair<PeerId, bool>> Verdicts() {
    absl::MutexLock lock(&mu_);
    return verdicts_;
  }

  // Waits until there are so many, ten seconds at most.
  std::vector<std::pair<PeerId, bool>> AwaitVerdicts(std::size_t count) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (Verdicts().size() < count && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return Verdicts();
  }

  SystemClock clock_;
  DialFigures figures_;
  absl::Mutex mu_;
  std::vector<std::pair<PeerId, bool>> verdicts_;
  std::unique_ptr<DialBack> dial_back_;
};

TEST_F(DialBackTest, TellsWhoListens) {
  const Port open(true);
  Start({});
  Ask(1, open.endpoint());
  EXPECT_THAT(AwaitVerdicts(1), ElementsAre(Pair(Peer(1), true)));
  EXPECT_EQ(figures_.reached, 1u);
}

TEST_F(DialBackTest, TellsWhoRefuses) {
  const Port closed(false);
  Start({});
  Ask(1, closed.endpoint());
  EXPECT_THAT(AwaitVerdicts(1), ElementsAre(Pair(Peer(1), false)));
  EXPECT_EQ(figures_.failed, 1u);
}

// A listener that never accepts: once its queue is full, the kernel drops who wants to join it.
TEST_F(DialBackTest, GivesUpOnWhoDoesNotAnswer) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 0), 0);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::vector<int> queued;
  for (int i = 0; i < 8; ++i) {
    queued.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    connect(queued.back(), reinterpret_cast<const sockaddr*>(&address), size);
  }
  Start({.timeout = Milliseconds(100)});
  Ask(1, {std::string("\x7f\0\0\1", 4), ntohs(address.sin_port)});
  EXPECT_THAT(AwaitVerdicts(1), ElementsAre(Pair(Peer(1), false)));
  dial_back_.reset();
  for (const int socket : queued) close(socket);
  close(listener);
}

TEST_F(DialBackTest, KeepsToItsRate) {
  const Port open(true);
  Start({.per_second = 50});
  const auto began = std::chrono::steady_clock::now();
  for (std::uint32_t i = 0; i < 30; ++i) Ask(i, open.endpoint());
  EXPECT_EQ(AwaitVerdicts(30).size(), 30u);
  // Eight may begin at once, and one more now; the other 21 take 20 ms each.
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(21 * 20 - 10));
}

TEST_F(DialBackTest, LetsOnlySoManyWait) {
  const Port open(true);
  Start({.per_second = 0.1, .waiting_max = 20});
  for (std::uint32_t i = 0; i < 100; ++i) Ask(i, open.endpoint());
  EXPECT_GE(figures_.skipped, 100u - 20 - 9);
}

TEST_F(DialBackTest, EndsWhileOthersWait) {
  const Port open(true);
  Start({.per_second = 0.1});
  for (std::uint32_t i = 0; i < 100; ++i) Ask(i, open.endpoint());
  dial_back_.reset();
  EXPECT_LT(Verdicts().size(), 100u);
}

}  // namespace
}  // namespace shoal::service
