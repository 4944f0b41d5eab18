// How links end, and what their listeners hear of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "client/peer/link_transport.h"
#include "tests/unit/client/peer/loop_fixture.h"
#include "tests/unit/client/peer/raw_peer.h"

namespace shoal::peer {
namespace {

class LinkEndingTest : public testing::Test {
 protected:
  void SetUp() override { bob->Listen(); }

  // Opens a link from alice to bob; alice's id of it.
  core::LinkId Connect() {
    const core::LinkId link = alice->Dial(*bob, 's');
    EXPECT_TRUE(loop.RunUntil(
        [&] { return !alice->listener.opened.empty() && !bob->listener.opened.empty(); }));
    return link;
  }
  core::LinkId BobsLink() { return bob->listener.opened.at(0).link; }

  Loop loop;
  std::unique_ptr<Client> alice = std::make_unique<Client>(loop, 'a', "st");
  std::unique_ptr<Client> bob = std::make_unique<Client>(loop, 'b', "st");
};

TEST_F(LinkEndingTest, CloseByTheDiallerSaysByeToTheOther) {
  const core::LinkId link = Connect();
  alice->transport.Close(link, core::ByeReason::kDuplicate, "two of them");
  ASSERT_TRUE(loop.RunUntil([&] { return !bob->listener.closed.empty(); }));
  EXPECT_EQ(bob->listener.closed[0].reason, core::ByeReason::kDuplicate);
  EXPECT_EQ(bob->listener.closed[0].detail, "two of them");
  loop.RunFor(std::chrono::milliseconds(50));
  EXPECT_TRUE(alice->listener.closed.empty()) << "told of what it did itself";
  EXPECT_EQ(alice->transport.figures().links_open, 0u);
  EXPECT_EQ(bob->transport.figures().links_open, 0u);
}

TEST_F(LinkEndingTest, CloseByTheAccepterSaysByeToTheOther) {
  Connect();
  bob->transport.Close(BobsLink(), core::ByeReason::kFull);
  ASSERT_TRUE(loop.RunUntil([&] { return !alice->listener.closed.empty(); }));
  EXPECT_EQ(alice->listener.closed[0].reason, core::ByeReason::kFull);
  loop.RunFor(std::chrono::milliseconds(50));
  EXPECT_TRUE(bob->listener.closed.empty());
}

TEST_F(LinkEndingTest, CloseWithoutAReasonSaysNothing) {
  const core::LinkId link = Connect();
  alice->transport.Close(link, core::ByeReason::kUnspecified);
  ASSERT_TRUE(loop.RunUntil([&] { return !bob->listener.closed.empty(); }));
  EXPECT_EQ(bob->listener.closed[0].reason, core::ByeReason::kUnspecified);
}

TEST_F(LinkEndingTest, CloseDropsQueuedDataAndStillSaysBye) {
  const core::LinkId link = Connect();
  const std::string payload(core::kDataPayloadMax, 'd');
  for (int i = 0; i < 60; ++i) {
    alice->transport.SendData(link, {1, 0, core::kDataPayloadMax}, payload);
  }
  alice->transport.Close(link, core::ByeReason::kLeaving);
  ASSERT_TRUE(loop.RunUntil([&] { return !bob->listener.closed.empty(); }));
  EXPECT_EQ(bob->listener.closed[0].reason, core::ByeReason::kLeaving);
  EXPECT_LT(bob->listener.messages.size(), 60u);
  EXPECT_EQ(alice->transport.QueuedBytes(link), 0u);
}

TEST_F(LinkEndingTest, ClosedDialIsNotHeardOfAgain) {
  const core::LinkId link = alice->Dial(*bob, 's');
  alice->transport.Close(link, core::ByeReason::kLeaving);
  const core::LinkId impossible = alice->transport.Dial({"", 0}, bob->id, {});
  alice->transport.Close(impossible, core::ByeReason::kLeaving);
  loop.RunFor(std::chrono::milliseconds(200));
  EXPECT_TRUE(alice->listener.opened.empty());
  EXPECT_TRUE(alice->listener.closed.empty());
  EXPECT_TRUE(alice->listener.failed.empty());
}

TEST_F(LinkEndingTest, CallsForAnEndedLinkAreIgnored) {
  const core::LinkId link = Connect();
  alice->transport.Close(link, core::ByeReason::kLeaving);
  alice->transport.Send(link, core::Ack{.bytes = 1});
  alice->transport.SendData(link, {1, 0, 1}, "x");
  alice->transport.Close(link, core::ByeReason::kFull);
  alice->transport.Send(link + 1000, core::Ack{.bytes = 1});
  ASSERT_TRUE(loop.RunUntil([&] { return !bob->listener.closed.empty(); }));
  EXPECT_EQ(bob->listener.closed[0].reason, core::ByeReason::kLeaving);
  EXPECT_TRUE(bob->listener.messages.empty());
}

TEST_F(LinkEndingTest, ListenerMayCloseALinkWhileItHearsFromIt) {
  const core::LinkId link = Connect();
  bob->listener.on_message = [&](const RecordingListener::Message& message) {
    bob->transport.Close(message.link, core::ByeReason::kFull);
  };
  for (int i = 0; i < 5; ++i) alice->transport.Send(link, core::Ack{.bytes = 1});
  ASSERT_TRUE(loop.RunUntil([&] { return !alice->listener.closed.empty(); }));
  EXPECT_EQ(bob->listener.messages.size(), 1u);
}

TEST_F(LinkEndingTest, PeerThatTakesNothingIsGivenUp) {
  const core::LinkId link = Connect();
  const std::string payload(core::kDataPayloadMax, 'd');
  for (int i = 0; i < 128; ++i) {
    alice->transport.SendData(link, {1, 0, core::kDataPayloadMax}, payload);
  }
  EXPECT_TRUE(alice->listener.closed.empty()) << "told from within the call";
  ASSERT_TRUE(loop.RunUntil([&] { return !alice->listener.closed.empty(); }));
  EXPECT_THAT(alice->listener.closed[0].detail, testing::HasSubstr("does not take"));
  loop.RunFor(std::chrono::milliseconds(50));
  EXPECT_EQ(alice->listener.closed.size(), 1u);
}

TEST_F(LinkEndingTest, QueuesOfAllLinksTogetherAreBounded) {
  Client carol(loop, 'c', "st",
               {.queued_bytes_per_link = 1u << 20, .queued_bytes = 61 * 16 * 1024});
  const core::LinkId first = carol.Dial(*bob, 's');
  const core::LinkId second = carol.Dial(*bob, 't');
  ASSERT_TRUE(loop.RunUntil([&] { return carol.listener.opened.size() == 2; }));
  // All of the first link's would fit; windows and buffers take less than half of it.
  const std::string payload(core::kDataPayloadMax, 'd');
  for (const core::LinkId link : {first, second}) {
    for (int i = 0; i < 60; ++i) {
      carol.transport.SendData(link, {1, 0, core::kDataPayloadMax}, payload);
    }
  }
  ASSERT_TRUE(loop.RunUntil([&] { return !carol.listener.closed.empty(); }));
  EXPECT_EQ(carol.listener.closed[0].link, second) << carol.listener.closed[0].detail;
}

TEST_F(LinkEndingTest, CutConnectionClosesTheLink) {
  auto peer = std::make_unique<RawDialler>(loop, bob->port);
  peer->stream.Write(EncodeHello({1, Swarm('s'), Peer('p'), 5, 0}));
  ASSERT_TRUE(loop.RunUntil([&] { return !bob->listener.opened.empty(); }));
  peer->stream.stream()->Cancel();
  ASSERT_TRUE(loop.RunUntil([&] { return !bob->listener.closed.empty(); }));
  EXPECT_EQ(bob->listener.closed[0].reason, core::ByeReason::kUnspecified);
}

TEST_F(LinkEndingTest, ServerThatVanishesClosesTheLink) {
  auto server = std::make_unique<RawServer>(loop, EncodeHello({1, Swarm('s'), Peer('p'), 5, 0}));
  alice->transport.Dial(Localhost(server->port), Peer('p'),
                        {.swarm = Swarm('s'), .self = alice->id});
  ASSERT_TRUE(loop.RunUntil([&] { return !alice->listener.opened.empty(); }));
  server.reset();
  ASSERT_TRUE(loop.RunUntil([&] { return !alice->listener.closed.empty(); }));
  EXPECT_EQ(alice->listener.closed[0].reason, core::ByeReason::kUnspecified);
  EXPECT_FALSE(alice->listener.closed[0].detail.empty());
}

TEST_F(LinkEndingTest, ShutdownOfTheDiallerSaysBye) {
  Connect();
  alice->transport.Shutdown();
  ASSERT_TRUE(loop.RunUntil([&] { return !bob->listener.closed.empty(); }));
  EXPECT_EQ(bob->listener.closed[0].reason, core::ByeReason::kLeaving);
  EXPECT_TRUE(alice->listener.closed.empty());
}

TEST_F(LinkEndingTest, ShutdownOfTheAccepterSaysBye) {
  Connect();
  bob->transport.Shutdown();
  ASSERT_TRUE(loop.RunUntil([&] { return !alice->listener.closed.empty(); }));
  EXPECT_EQ(alice->listener.closed[0].reason, core::ByeReason::kLeaving);
  EXPECT_TRUE(bob->listener.closed.empty());
}

TEST_F(LinkEndingTest, NothingIsHeardAfterShutdown) {
  const core::LinkId link = Connect();
  for (int i = 0; i < 5; ++i) alice->transport.Send(link, core::Ack{.bytes = 1});
  alice->Dial(*bob, 't');
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  bob->transport.Shutdown();
  alice->transport.Shutdown();
  alice->transport.Dial(Localhost(1), bob->id, {});
  loop.RunFor(std::chrono::milliseconds(100));
  EXPECT_TRUE(bob->listener.messages.empty());
  EXPECT_TRUE(bob->listener.closed.empty());
  EXPECT_TRUE(alice->listener.closed.empty());
  EXPECT_TRUE(alice->listener.failed.empty());
}

TEST_F(LinkEndingTest, ShutdownInTheMiddleOfEverythingEnds) {
  // Open links with full queues both ways, a dial under way and one that the loop has not seen.
  const core::LinkId link = Connect();
  const std::string payload(core::kDataPayloadMax, 'd');
  for (int i = 0; i < 60; ++i) {
    alice->transport.SendData(link, {1, 0, core::kDataPayloadMax}, payload);
    bob->transport.SendData(BobsLink(), {1, 0, core::kDataPayloadMax}, payload);
  }
  RawDialler unseen(loop, bob->port);
  unseen.stream.Write(EncodeHello({1, Swarm('s'), Peer('p'), 5, 0}));
  for (int i = 0; i < 10; ++i) unseen.stream.Write(std::string(60000, 'x'));
  alice->Dial(*bob, 't');
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  bob.reset();
  alice.reset();
}

TEST_F(LinkEndingTest, ListenerMayShutDownWhileItHearsFromALink) {
  const core::LinkId link = Connect();
  bob->listener.on_message = [&](const auto&) { bob->transport.Shutdown(); };
  for (int i = 0; i < 3; ++i) alice->transport.Send(link, core::Ack{.bytes = 1});
  ASSERT_TRUE(loop.RunUntil([&] { return !alice->listener.closed.empty(); }));
  EXPECT_EQ(bob->listener.messages.size(), 1u);
}

}  // namespace
}  // namespace shoal::peer
