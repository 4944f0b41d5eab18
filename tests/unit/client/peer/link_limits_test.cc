// Bounds on what peers may open.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <vector>

#include "client/peer/link_acceptor.h"
#include "client/peer/link_dialer.h"
#include "client/peer/link_transport.h"
#include "tests/unit/client/peer/loop_fixture.h"
#include "tests/unit/client/peer/raw_peer.h"

namespace shoal::peer {
namespace {

using Tcp = boost::asio::ip::tcp;

TEST(LinkLimitsTest, InboundLinksAreLimitedAndFreedAgain) {
  Loop loop;
  Client bob(loop, 'b', "stuv", {.inbound_links = 2});
  bob.Listen();
  Client alice(loop, 'a', "stuv");
  const core::LinkId first = alice.Dial(bob, 's');
  alice.Dial(bob, 't');
  ASSERT_TRUE(loop.RunUntil([&] { return alice.listener.opened.size() == 2; }));
  alice.Dial(bob, 'u');
  ASSERT_TRUE(loop.RunUntil([&] { return alice.listener.failed.size() == 1; }));
  EXPECT_EQ(alice.listener.failed[0].reason, core::ByeReason::kFull);
  EXPECT_EQ(bob.transport.figures().inbound_refused, 1u);

  alice.transport.Close(first, core::ByeReason::kLeaving);
  ASSERT_TRUE(loop.RunUntil([&] { return bob.listener.closed.size() == 1; }));
  // The place is free once gRPC has let go of the call.
  EXPECT_TRUE(loop.RunUntil([&] {
    if (alice.listener.opened.size() < 3) alice.Dial(bob, 'v');
    loop.RunFor(std::chrono::milliseconds(20));
    return alice.listener.opened.size() >= 3;
  }));
}

TEST(LinkLimitsTest, InboundLinksOfOneAddressAreLimited) {
  Loop loop;
  Client bob(loop, 'b', "st", {.inbound_links_per_address = 1});
  bob.Listen();
  Client alice(loop, 'a', "st");
  alice.Dial(bob, 's');
  ASSERT_TRUE(loop.RunUntil([&] { return alice.listener.opened.size() == 1; }));
  alice.Dial(bob, 't');
  ASSERT_TRUE(loop.RunUntil([&] { return alice.listener.failed.size() == 1; }));
  EXPECT_EQ(alice.listener.failed[0].reason, core::ByeReason::kFull);
}

TEST(LinkLimitsTest, ConnectionThatSaysNothingIsClosed) {
  Loop loop;
  Client bob(loop, 'b', "s");
  bob.Listen();
  Tcp::socket silent(loop.io());
  silent.connect({boost::asio::ip::make_address("127.0.0.1"), bob.port});
  bool closed = false;
  std::array<char, 4096> bytes;
  std::function<void()> read = [&] {
    silent.async_read_some(boost::asio::buffer(bytes),
                           [&](const boost::system::error_code& error, std::size_t) {
                             if (error) {
                               closed = true;
                             } else {
                               read();  // HTTP/2 settings, which the server sends unasked
                             }
                           });
  };
  read();
  EXPECT_TRUE(loop.RunUntil([&] { return closed; }));
}

class LinkAcceptorTest : public testing::Test {
 protected:
  void Listen(const LinkLimits& limits) {
    acceptor = std::make_unique<LinkAcceptor>(loop.io(), limits,
                                              [this](int fd) { accepted.push_back(fd); });
    port = *acceptor->Listen(Localhost(0));
  }
  void TearDown() override {
    for (const int fd : accepted) close(fd);
  }
  void Connect() {
    sockets.emplace_back(loop.io()).connect({boost::asio::ip::make_address("127.0.0.1"), port});
  }
  bool Refused(Tcp::socket& socket) {
    std::array<char, 1> byte;
    boost::system::error_code error;
    socket.non_blocking(true);
    socket.read_some(boost::asio::buffer(byte), error);
    return error && error != boost::asio::error::would_block;
  }

  Loop loop;
  std::uint16_t port = 0;
  std::vector<int> accepted;
  std::unique_ptr<LinkAcceptor> acceptor;
  std::vector<Tcp::socket> sockets;
};

TEST_F(LinkAcceptorTest, RefusesOneConnectionTooMany) {
  Listen({.inbound_connections = 2});
  for (int i = 0; i < 3; ++i) Connect();
  ASSERT_TRUE(loop.RunUntil([&] { return acceptor->refused() == 1; }));
  EXPECT_EQ(accepted.size(), 2u);
  EXPECT_TRUE(loop.RunUntil([&] { return Refused(sockets[2]); }));
}

TEST_F(LinkAcceptorTest, RefusesOneConnectionTooManyOfAnAddress) {
  Listen({.inbound_connections_per_address = 1});
  Connect();
  Connect();
  ASSERT_TRUE(loop.RunUntil([&] { return acceptor->refused() == 1; }));
  EXPECT_EQ(accepted.size(), 1u);
}

TEST_F(LinkAcceptorTest, ClosedConnectionsMakeRoom) {
  Listen({.inbound_connections = 1});
  Connect();
  ASSERT_TRUE(loop.RunUntil([&] { return accepted.size() == 1; }));
  close(accepted[0]);
  accepted.clear();
  // The descriptor's number is taken by another socket: that one is not the connection.
  Connect();
  EXPECT_TRUE(loop.RunUntil([&] { return accepted.size() == 1; }));
  EXPECT_EQ(acceptor->connections(), 1u);
  EXPECT_EQ(acceptor->refused(), 0u);
}

TEST_F(LinkAcceptorTest, GoesOnAfterTheProcessRanOutOfDescriptors) {
  Listen({});
  Tcp::socket waiting(loop.io());
  waiting.open(Tcp::v4());
  std::vector<int> hoard;
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit low = before;
  low.rlim_cur = 256;
  setrlimit(RLIMIT_NOFILE, &low);
  for (int fd = dup(0); fd >= 0; fd = dup(0)) hoard.push_back(fd);
  waiting.connect({boost::asio::ip::make_address("127.0.0.1"), port});
  loop.RunFor(std::chrono::milliseconds(100));
  EXPECT_TRUE(accepted.empty());

  for (const int fd : hoard) close(fd);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(loop.RunUntil([&] { return accepted.size() == 1; }));
}

TEST(LinkDialerTest, ChannelGoesWithItsLastStream) {
  Loop loop;
  Client bob(loop, 'b', "st");
  bob.Listen();
  grpc::ResourceQuota quota;
  LinkDialer dialer(quota);
  {
    RawStream first(loop, LinkStream::Side::kDialled);
    RawStream second(loop, LinkStream::Side::kDialled);
    dialer.Dial(Localhost(bob.port), first.stream());
    dialer.Dial(Localhost(bob.port), second.stream());
    EXPECT_EQ(dialer.channels(), 1u);
  }
  EXPECT_TRUE(loop.RunUntil([&] { return dialer.channels() == 0; }));
}

}  // namespace
}  // namespace shoal::peer
