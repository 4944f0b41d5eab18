// Links between clients that keep the protocol.
#include "client/peer/link_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/client/peer/loop_fixture.h"

namespace shoal::peer {
namespace {

class LinkTransportTest : public testing::Test {
 protected:
  // Opens a link from `alice` to `bob` for swarm 's' and returns alice's and bob's ids of it.
  std::pair<core::LinkId, core::LinkId> Connect() {
    bob.Listen();
    const core::LinkId link = alice.Dial(bob, 's');
    EXPECT_TRUE(loop.RunUntil(
        [&] { return !alice.listener.opened.empty() && !bob.listener.opened.empty(); }));
    return {link, bob.listener.opened.empty() ? 0 : bob.listener.opened[0].link};
  }

  Loop loop;
  Client alice{loop, 'a', "st"};
  Client bob{loop, 'b', "st"};
};

TEST_F(LinkTransportTest, ExchangesHellos) {
  alice.Listen();
  const auto [link, bobs_link] = Connect();
  ASSERT_EQ(alice.listener.opened.size(), 1u);
  const auto& at_alice = alice.listener.opened[0];
  EXPECT_EQ(at_alice.link, link);
  EXPECT_EQ(at_alice.swarm, Swarm('s'));
  EXPECT_TRUE(at_alice.dialled);
  EXPECT_EQ(at_alice.peer, (Member{.id = bob.id,
                                   .endpoint = Localhost(bob.port),
                                   .upload_class = 12,
                                   .can_be_dialled = true}));
  const auto& at_bob = bob.listener.opened[0];
  EXPECT_FALSE(at_bob.dialled);
  EXPECT_EQ(at_bob.peer.id, alice.id);
  EXPECT_EQ(at_bob.peer.endpoint, Localhost(alice.port));
  EXPECT_EQ(alice.transport.figures().links_open, 1u);
  EXPECT_EQ(bob.transport.figures().links_accepted, 1u);
}

TEST_F(LinkTransportTest, PeerThatDoesNotListenCannotBeDialled) {
  Connect();
  ASSERT_EQ(bob.listener.opened.size(), 1u);
  EXPECT_FALSE(bob.listener.opened[0].peer.can_be_dialled);
  EXPECT_EQ(bob.listener.opened[0].peer.endpoint, Localhost(0));
}

TEST_F(LinkTransportTest, RefusesASwarmThatItIsNotIn) {
  bob.Listen();
  const core::LinkId link = alice.Dial(bob, 'x');
  ASSERT_TRUE(loop.RunUntil([&] { return !alice.listener.failed.empty(); }));
  EXPECT_EQ(alice.listener.failed[0].link, link);
  EXPECT_EQ(alice.listener.failed[0].reason, core::ByeReason::kUnknownSwarm);
  EXPECT_TRUE(bob.listener.opened.empty());
  EXPECT_TRUE(bob.listener.closed.empty());
}

TEST_F(LinkTransportTest, MessagesArriveAsTheyWereSent) {
  const auto [link, bobs_link] = Connect();
  core::Progress progress;
  progress.segments.push_back({.key = Key('k'),
                               .length = 100000,
                               .pieces = {{1, core::PieceState::kHalf}},
                               .gossip = {{0, 63}}});
  progress.upload_class = 17;
  alice.transport.Send(link, progress);
  alice.transport.Send(link, core::Pull{5, Key('k'), 1, 30000});
  alice.transport.SendData(link, {5, 300, 5}, "12345");
  bob.transport.Send(bobs_link, core::Ack{.bytes = 70000});
  bob.transport.Send(bobs_link, core::Reject{5, core::RejectReason::kNotHeld, 90});
  bob.transport.Send(bobs_link, core::Cancel{6});  // of 5, Alice would drop what has not left
  ASSERT_TRUE(loop.RunUntil([&] {
    return bob.listener.messages.size() == 3 && alice.listener.messages.size() == 3;
  })) << bob.listener.messages.size()
      << " and " << alice.listener.messages.size() << " messages";

  const auto& at_bob = bob.listener.messages;
  EXPECT_EQ(at_bob[0].link, bobs_link);
  EXPECT_EQ(std::get<core::Progress>(at_bob[0].message).segments, progress.segments);
  EXPECT_EQ(std::get<core::Progress>(at_bob[0].message).upload_class, 17);
  EXPECT_EQ(std::get<core::Pull>(at_bob[1].message).from, 30000u);
  EXPECT_EQ(std::get<core::Data>(at_bob[2].message).offset, 300u);
  EXPECT_EQ(at_bob[2].payload, "12345");
  const auto& at_alice = alice.listener.messages;
  EXPECT_EQ(std::get<core::Ack>(at_alice[0].message).bytes, 70000u);
  EXPECT_EQ(std::get<core::Reject>(at_alice[1].message).retry_after_ms, 90u);
  EXPECT_EQ(std::get<core::Cancel>(at_alice[2].message).pull, 6u);
}

TEST_F(LinkTransportTest, ControlOvertakesQueuedDataWhichStaysInOrder) {
  const core::LinkId link = Connect().first;
  // More than windows and buffers take while nobody reads, less than a link may queue.
  constexpr std::uint32_t kMessages = 60;
  const std::string payload(core::kDataPayloadMax, 'd');
  for (std::uint32_t i = 0; i < kMessages; ++i) {
    alice.transport.SendData(link, {i, 0, core::kDataPayloadMax}, payload);
  }
  alice.transport.Send(link, core::Cancel{77});
  EXPECT_GT(alice.transport.QueuedBytes(link), 0u);
  ASSERT_TRUE(
      loop.RunUntil([&] { return bob.listener.messages.size() == std::size_t{kMessages} + 1; }));

  std::uint32_t next = 0;
  for (const auto& received : bob.listener.messages) {
    if (std::holds_alternative<core::Cancel>(received.message)) {
      EXPECT_LT(next, kMessages) << "came after all Data";
      continue;
    }
    EXPECT_EQ(std::get<core::Data>(received.message).pull, next++);
    EXPECT_EQ(received.payload, payload);
  }
  // gRPC may tell of the last write after its bytes have come.
  EXPECT_TRUE(loop.RunUntil([&] { return alice.transport.QueuedBytes(link) == 0; }));
}

TEST_F(LinkTransportTest, WhatIsQueuedForACancelledPullIsNotSent) {
  const auto links = Connect();
  const core::LinkId link = links.first;
  constexpr std::uint32_t kMessages = 60;
  const std::string payload(core::kDataPayloadMax, 'd');
  for (std::uint32_t i = 0; i < kMessages; ++i) {
    alice.transport.SendData(link, {5, 0, core::kDataPayloadMax}, payload);
  }
  alice.transport.SendData(link, {6, 0, 1}, "x");
  bob.transport.Send(links.second, core::Cancel{5});
  ASSERT_TRUE(loop.RunUntil([&] { return !alice.listener.messages.empty(); }));
  const auto cancel = std::get<core::Cancel>(alice.listener.messages[0].message);
  EXPECT_EQ(cancel.pull, 5u);
  EXPECT_GT(cancel.unsent, 0u);
  EXPECT_EQ(cancel.unsent % core::kDataPayloadMax, 0u);
  const std::uint32_t sent = kMessages - cancel.unsent / core::kDataPayloadMax;
  ASSERT_TRUE(loop.RunUntil([&] {
    return !bob.listener.messages.empty() && bob.listener.messages.back().payload == "x";
  }));
  EXPECT_EQ(bob.listener.messages.size(), sent + 1);
  const LinkFigures figures = alice.transport.figures();
  EXPECT_EQ(figures.data_bytes_dropped, cancel.unsent);
  EXPECT_EQ(figures.data_bytes_sent - figures.data_bytes_dropped,
            bob.transport.figures().data_bytes_received);
  EXPECT_TRUE(loop.RunUntil([&] { return alice.transport.QueuedBytes(link) == 0; }));
}

TEST_F(LinkTransportTest, CountsWhatGoesOverLinks) {
  const auto [link, bobs_link] = Connect();
  alice.transport.Send(link, core::Ack{.bytes = 1});
  alice.transport.SendData(link, {5, 0, 1000}, std::string(1000, 'x'));
  ASSERT_TRUE(loop.RunUntil([&] { return bob.listener.messages.size() == 2; }));
  const LinkFigures sent = alice.transport.figures();
  EXPECT_EQ(sent.control_messages_sent, 1u);
  EXPECT_GT(sent.control_bytes_sent, 0u);
  EXPECT_EQ(sent.data_messages_sent, 1u);
  EXPECT_EQ(sent.data_bytes_sent, 1000u);
  EXPECT_EQ(sent.dials, 1u);
  const LinkFigures received = bob.transport.figures();
  EXPECT_EQ(received.control_messages_received, 2u);  // with Hello
  EXPECT_EQ(received.data_messages_received, 1u);
  EXPECT_EQ(received.data_bytes_received, 1000u);
}

TEST_F(LinkTransportTest, LinksOfSeveralSwarmsShareAConnection) {
  // A second connection would be refused.
  Client carol(loop, 'c', "st", {.inbound_connections = 1});
  carol.Listen();
  alice.Dial(carol, 's');
  alice.Dial(carol, 't');
  EXPECT_TRUE(loop.RunUntil([&] { return alice.listener.opened.size() == 2; }));
  EXPECT_EQ(carol.transport.figures().inbound_refused, 0u);
}

TEST_F(LinkTransportTest, ManyPeersAtOnce) {
  bob.Listen();
  std::vector<std::unique_ptr<Client>> others;
  for (char name = 'c'; name < 'c' + 20; ++name) {
    others.push_back(std::make_unique<Client>(loop, name, "st"));
    others.back()->Dial(bob, 's');
    others.back()->Dial(bob, 't');
  }
  ASSERT_TRUE(loop.RunUntil([&] { return bob.listener.opened.size() == 40; }));
  for (const auto& opened : bob.listener.opened) {
    bob.transport.SendData(opened.link, {1, 0, 16384}, std::string(16384, 'x'));
  }
  EXPECT_TRUE(loop.RunUntil([&] {
    std::size_t received = 0;
    for (const auto& other : others) received += other->listener.messages.size();
    return received == 40;
  }));
}

TEST_F(LinkTransportTest, ListensForIpv4OnTheIpv6Wildcard) {
  bob.Listen("[::]:0");
  ASSERT_NE(bob.port, 0);
  alice.Dial(bob, 's');
  ASSERT_TRUE(loop.RunUntil([&] { return !bob.listener.opened.empty(); }));
  EXPECT_EQ(bob.listener.opened[0].peer.endpoint.address, Localhost(0).address);
}

TEST_F(LinkTransportTest, DialsIpv6) {
  const auto port = bob.transport.Listen("[::1]:0");
  if (!port.ok()) GTEST_SKIP() << "no IPv6 here: " << port.status();
  const Endpoint endpoint{std::string(15, '\0') + '\1', *port};
  alice.transport.Dial(endpoint, bob.id, {.swarm = Swarm('s'), .self = alice.id});
  ASSERT_TRUE(loop.RunUntil([&] { return !bob.listener.opened.empty(); }));
  EXPECT_EQ(bob.listener.opened[0].peer.endpoint.address, endpoint.address);
}

TEST_F(LinkTransportTest, ListenNamesWhatIsWrong) {
  bob.Listen();
  EXPECT_FALSE(alice.transport.Listen("somewhere").ok());
  const auto taken = alice.transport.Listen("127.0.0.1:" + std::to_string(bob.port));
  EXPECT_THAT(std::string(taken.status().message()),
              testing::HasSubstr("127.0.0.1:" + std::to_string(bob.port)));
}

}  // namespace
}  // namespace shoal::peer
