// What the transport does about peers that break the protocol.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <string>

#include "client/peer/data_codec.h"
#include "client/peer/link_transport.h"
#include "tests/unit/client/peer/loop_fixture.h"
#include "tests/unit/client/peer/raw_peer.h"

namespace shoal::peer {
namespace {

using testing::HasSubstr;

std::string HelloOf(char peer, char swarm = 's') {
  return EncodeHello({1, Swarm(swarm), Peer(peer), 5, 0});
}

std::string Data(std::uint32_t size) {
  const DataHeader header = EncodeDataHeader({1, 0, size});
  return std::string(reinterpret_cast<const char*>(header.bytes.data()), header.size) +
         std::string(size, 'x');
}

class LinkMisbehaviourTest : public testing::Test {
 protected:
  bool Run(const std::function<bool()>& done) { return loop.RunUntil(done); }

  Loop loop;
  Client alice{loop, 'a', "s"};
};

TEST_F(LinkMisbehaviourTest, DataJustTooLongEndsAnAcceptedLink) {
  alice.Listen();
  RawDialler peer(loop, alice.port);
  peer.stream.Write(HelloOf('p'));
  peer.stream.Write(Data(16384));
  ASSERT_TRUE(Run([&] { return alice.listener.messages.size() == 1; }));
  EXPECT_TRUE(alice.listener.closed.empty());

  peer.stream.Write(Data(16385));
  ASSERT_TRUE(Run([&] { return peer.stream.done(); }));
  ASSERT_EQ(alice.listener.closed.size(), 1u);
  EXPECT_EQ(alice.listener.closed[0].reason, core::ByeReason::kMisbehaved);
  EXPECT_THAT(alice.listener.closed[0].detail, HasSubstr("16385"));
  ASSERT_NE(peer.stream.bye(), nullptr);
  EXPECT_EQ(peer.stream.bye()->reason, core::ByeReason::kMisbehaved);
  EXPECT_THAT(peer.stream.bye()->detail, HasSubstr("16385"));
  EXPECT_EQ(alice.transport.figures().peers_misbehaved, 1u);
}

TEST_F(LinkMisbehaviourTest, DataJustTooLongEndsADialledLink) {
  RawServer server(loop, HelloOf('p'));
  alice.transport.Dial(Localhost(server.port), Peer('p'), {.swarm = Swarm('s'), .self = alice.id});
  ASSERT_TRUE(Run([&] { return !alice.listener.opened.empty(); }));
  server.streams[0]->Write(Data(16385));
  ASSERT_TRUE(Run([&] { return server.streams[0]->done(); }));
  ASSERT_EQ(alice.listener.closed.size(), 1u);
  EXPECT_EQ(alice.listener.closed[0].reason, core::ByeReason::kMisbehaved);
  ASSERT_NE(server.streams[0]->bye(), nullptr);
  EXPECT_EQ(server.streams[0]->bye()->reason, core::ByeReason::kMisbehaved);
}

TEST_F(LinkMisbehaviourTest, BytesThatAreNoMessageEndTheLink) {
  alice.Listen();
  RawDialler peer(loop, alice.port);
  peer.stream.Write(HelloOf('p'));
  peer.stream.Write("\xff\xff\xff");
  ASSERT_TRUE(Run([&] { return !alice.listener.closed.empty(); }));
  EXPECT_EQ(alice.listener.closed[0].reason, core::ByeReason::kMisbehaved);
}

TEST_F(LinkMisbehaviourTest, EmptyMessageEndsTheLink) {
  alice.Listen();
  RawDialler peer(loop, alice.port);
  peer.stream.Write(HelloOf('p'));
  peer.stream.Write("");
  ASSERT_TRUE(Run([&] { return !alice.listener.closed.empty(); }));
  EXPECT_EQ(alice.listener.closed[0].reason, core::ByeReason::kMisbehaved);
}

TEST_F(LinkMisbehaviourTest, MessageBeyondAllLimitsEndsTheLink) {
  alice.Listen();
  RawDialler peer(loop, alice.port);
  peer.stream.Write(HelloOf('p'));
  ASSERT_TRUE(Run([&] { return !alice.listener.opened.empty(); }));
  peer.stream.Write(std::string(1u << 20, 'x'));
  EXPECT_TRUE(Run([&] { return !alice.listener.closed.empty(); }));
}

TEST_F(LinkMisbehaviourTest, SecondHelloEndsTheLink) {
  alice.Listen();
  RawDialler peer(loop, alice.port);
  peer.stream.Write(HelloOf('p'));
  peer.stream.Write(HelloOf('p'));
  ASSERT_TRUE(Run([&] { return !alice.listener.closed.empty(); }));
  EXPECT_THAT(alice.listener.closed[0].detail, HasSubstr("second Hello"));
}

TEST_F(LinkMisbehaviourTest, DataBeforeHelloIsRefused) {
  alice.Listen();
  RawDialler peer(loop, alice.port);
  peer.stream.Write(Data(10));
  ASSERT_TRUE(Run([&] { return peer.stream.done(); }));
  ASSERT_NE(peer.stream.bye(), nullptr);
  EXPECT_EQ(peer.stream.bye()->reason, core::ByeReason::kMisbehaved);
  EXPECT_TRUE(alice.listener.opened.empty());
  EXPECT_TRUE(alice.listener.messages.empty());
}

TEST_F(LinkMisbehaviourTest, NothingIsHandledAfterAViolation) {
  alice.Listen();
  RawDialler peer(loop, alice.port);
  peer.stream.Write(HelloOf('p'));
  peer.stream.Write("\xff");
  for (int i = 0; i < 10; ++i) peer.stream.Write(Data(10));
  ASSERT_TRUE(Run([&] { return peer.stream.done(); }));
  EXPECT_TRUE(alice.listener.messages.empty());
  EXPECT_EQ(alice.listener.closed.size(), 1u);
}

TEST_F(LinkMisbehaviourTest, AnotherMajorVersionIsToldSo) {
  alice.Listen();
  RawDialler peer(loop, alice.port);
  peer.stream.Write(EncodeHello({2, Swarm('s'), Peer('p'), 5, 0}));
  ASSERT_TRUE(Run([&] { return peer.stream.done(); }));
  ASSERT_NE(peer.stream.bye(), nullptr);
  EXPECT_EQ(peer.stream.bye()->reason, core::ByeReason::kProtocol);
  EXPECT_TRUE(alice.listener.opened.empty());
}

TEST_F(LinkMisbehaviourTest, DiallingAnotherMajorVersionFails) {
  RawServer server(loop, EncodeHello({2, Swarm('s'), Peer('p'), 5, 0}));
  alice.transport.Dial(Localhost(server.port), Peer('p'), {.swarm = Swarm('s'), .self = alice.id});
  ASSERT_TRUE(Run([&] { return !alice.listener.failed.empty(); }));
  EXPECT_EQ(alice.listener.failed[0].reason, core::ByeReason::kProtocol);
}

TEST_F(LinkMisbehaviourTest, DiallingAnotherPeerThanExpectedFails) {
  RawServer server(loop, HelloOf('q'));
  alice.transport.Dial(Localhost(server.port), Peer('p'), {.swarm = Swarm('s'), .self = alice.id});
  ASSERT_TRUE(Run([&] { return !alice.listener.failed.empty(); }));
  EXPECT_EQ(alice.listener.failed[0].reason, core::ByeReason::kMisbehaved);
  EXPECT_TRUE(alice.listener.opened.empty());
}

TEST_F(LinkMisbehaviourTest, AnswerForAnotherSwarmFailsTheDial) {
  RawServer server(loop, HelloOf('p', 'x'));
  alice.transport.Dial(Localhost(server.port), Peer('p'), {.swarm = Swarm('s'), .self = alice.id});
  ASSERT_TRUE(Run([&] { return !alice.listener.failed.empty(); }));
  EXPECT_EQ(alice.listener.failed[0].reason, core::ByeReason::kMisbehaved);
}

TEST_F(LinkMisbehaviourTest, LinkToItselfIsRefused) {
  alice.Listen();
  alice.Dial(alice, 's');
  ASSERT_TRUE(Run([&] { return !alice.listener.failed.empty(); }));
  EXPECT_EQ(alice.listener.failed[0].reason, core::ByeReason::kDuplicate);
  EXPECT_TRUE(alice.listener.opened.empty());
}

TEST_F(LinkMisbehaviourTest, PeerWithoutHelloIsDropped) {
  Client bob(loop, 'b', "s", {.handshake = Milliseconds(200)});
  bob.Listen();
  RawDialler peer(loop, bob.port);
  ASSERT_TRUE(Run([&] { return peer.stream.done(); }));
  EXPECT_TRUE(bob.listener.opened.empty());
}

TEST_F(LinkMisbehaviourTest, DialToASilentListenerFailsInTwoSeconds) {
  // Takes connections, as the kernel does for it, and says nothing.
  boost::asio::ip::tcp::acceptor silent(loop.io(), {boost::asio::ip::make_address("127.0.0.1"), 0});
  const auto begun = std::chrono::steady_clock::now();
  alice.transport.Dial(Localhost(silent.local_endpoint().port()), Peer('p'),
                       {.swarm = Swarm('s'), .self = alice.id});
  ASSERT_TRUE(Run([&] { return !alice.listener.failed.empty(); }));
  const auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_GE(took, std::chrono::milliseconds(1990));
  EXPECT_LT(took, std::chrono::seconds(5));
  EXPECT_EQ(alice.listener.failed[0].reason, core::ByeReason::kUnspecified);
  EXPECT_THAT(alice.listener.failed[0].detail, HasSubstr("no Hello"));
}

TEST_F(LinkMisbehaviourTest, DialToAClosedPortFails) {
  boost::asio::ip::tcp::acceptor taken(loop.io(), {boost::asio::ip::make_address("127.0.0.1"), 0});
  const std::uint16_t port = taken.local_endpoint().port();
  taken.close();
  alice.transport.Dial(Localhost(port), Peer('p'), {.swarm = Swarm('s'), .self = alice.id});
  ASSERT_TRUE(Run([&] { return !alice.listener.failed.empty(); }));
  EXPECT_EQ(alice.listener.failed[0].reason, core::ByeReason::kUnspecified);
  EXPECT_FALSE(alice.listener.failed[0].detail.empty());
}

TEST_F(LinkMisbehaviourTest, DialWithoutAnAddressFailsFromTheLoop) {
  alice.transport.Dial({"", 80}, Peer('p'), {});
  alice.transport.Dial(Localhost(0), Peer('p'), {});
  EXPECT_TRUE(alice.listener.failed.empty()) << "told from within the call";
  ASSERT_TRUE(Run([&] { return alice.listener.failed.size() == 2; }));
  EXPECT_EQ(alice.transport.figures().dials_failed, 2u);
}

TEST_F(LinkMisbehaviourTest, FloodOfControlMessagesEndsTheLink) {
  Client bob(loop, 'b', "s", {.control_bytes_per_second = 1, .control_bytes_burst = 10000});
  bob.Listen();
  RawDialler peer(loop, bob.port);
  peer.stream.Write(HelloOf('p'));
  // Each costs 64 and its 4 bytes; Hello took a little over 100.
  const std::string ack = EncodeControl(core::Ack{.bytes = 1})[0];
  ASSERT_EQ(ack.size(), 4u);
  for (int i = 0; i < 140; ++i) peer.stream.Write(ack);
  ASSERT_TRUE(Run([&] { return bob.listener.messages.size() == 140; }));
  EXPECT_TRUE(bob.listener.closed.empty());
  for (int i = 0; i < 10; ++i) peer.stream.Write(ack);
  ASSERT_TRUE(Run([&] { return !bob.listener.closed.empty(); }));
  EXPECT_EQ(bob.listener.closed[0].reason, core::ByeReason::kMisbehaved);
  EXPECT_THAT(bob.listener.closed[0].detail, HasSubstr("flood"));
}

TEST_F(LinkMisbehaviourTest, ReadsNoMoreThanTheLoopHandles) {
  alice.Listen();
  RawDialler peer(loop, alice.port);
  peer.stream.Write(HelloOf('p'));
  ASSERT_TRUE(Run([&] { return !alice.listener.opened.empty(); }));
  constexpr std::size_t kMessages = 256;  // 4 MiB
  for (std::size_t i = 0; i < kMessages; ++i) peer.stream.Write(Data(16384));
  // The loop stands still. What can leave the peer is bounded by a window, a little read ahead and
  // gRPC's write buffer, however long it tries.
  std::size_t queued = 0;
  do {
    queued = peer.stream.stream()->queued_bytes();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  } while (peer.stream.stream()->queued_bytes() != queued);
  EXPECT_GT(queued, 3u << 20);
  EXPECT_TRUE(Run([&] { return alice.listener.messages.size() == kMessages; }));
}

}  // namespace
}  // namespace shoal::peer
