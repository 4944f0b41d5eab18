// One client, one peer and the CDN: who brings what, and when.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "client/core/puller.h"
#include "tests/unit/client/core/client_bench.h"

namespace shoal::core {
namespace {

constexpr LinkId kPeer = 1;
constexpr std::uint64_t kPieces = 6;
constexpr std::uint64_t kLength = kPieces * kPieceSize;

class PeersAndCdn : public ClientBench {
 protected:
  // Segment 0 comes from the CDN in this time, a peer links up, and the player asks for segment 1,
  // of which the peer says that it holds all.
  void PlayAndAskForTheNext(Duration first_takes) {
    StartPlaying();
    const FetchId fetch = Begin(kLength, 0);
    constexpr int kSteps = 30;
    for (int i = 0; i < kSteps; ++i) {
      Pass(first_takes / kSteps);
      Feed(CdnBytes{fetch, static_cast<std::uint32_t>(kLength / kSteps)});
    }
    End(fetch, FetchOutcome::kComplete);
    ASSERT_EQ(stored_[0], kLength);
    Link(kPeer);
    Feed(PlayerServed{1});
    Load(0, 2, false);
    HearComplete(kPeer, 1, kLength);
    Ask(2, 1);
    Pass(Milliseconds(20));
  }
};

TEST_F(PeersAndCdn, WhatIsOnItsWayWhenAPullIsWoundDownCounts) {
  PlayAndAskForTheNext(Milliseconds(100));
  ASSERT_FALSE(pulls_.empty());
  const auto [key, pull] = *pulls_.begin();
  const std::pair<LinkId, PullId> id = key;
  for (int i = 0; i < 2000 && pulls_.contains(id); ++i) Pass(Milliseconds(1));
  ASSERT_FALSE(pulls_.contains(id)) << "the peer was not told to stop";
  for (const auto& [fetch_id, fetch] : open_) {
    EXPECT_FALSE(fetch.range.begin <= pull.piece * kPieceSize &&
                 pull.piece * kPieceSize < fetch.range.end)
        << "the CDN was asked while the peer's bytes were on their way";
  }
  Hear(kPeer, Data{pull.pull, 0, 10'000});
  EXPECT_EQ(stored_[1], 10'000u);
  EXPECT_EQ(Figures().bytes_wasted, 0u);
  const TimePoint told = now_;
  const std::uint64_t rest_begin = pull.piece * kPieceSize + 10'000;
  const auto asked_for_the_rest = [&] {
    for (const auto& [fetch_id, fetch] : open_) {
      if (fetch.range.begin == rest_begin) return true;
    }
    return false;
  };
  while (!asked_for_the_rest() && now_ < told + 2 * Puller::kWindDown) Pass(Milliseconds(1));
  EXPECT_TRUE(asked_for_the_rest());
}

TEST_F(PeersAndCdn, ALineWithRoomWaitsForPeers) {
  PlayAndAskForTheNext(Milliseconds(100));
  EXPECT_FALSE(pulls_.empty());
  EXPECT_EQ(Open(1), nullptr);
}

TEST_F(PeersAndCdn, ALineWithoutRoomTakesAllFromTheCdnAtOnce) {
  PlayAndAskForTheNext(Milliseconds(1500));
  EXPECT_TRUE(pulls_.empty());
  ASSERT_NE(Open(1), nullptr);
  AnswerAll(kLength);
  EXPECT_EQ(stored_[1], kLength);
}

TEST_F(PeersAndCdn, ALineWithoutRoomTurnsToPeersWhenTheCdnFails) {
  PlayAndAskForTheNext(Milliseconds(1500));
  FailAll(FetchOutcome::kHttpError, 404);
  Pass(Milliseconds(20));
  EXPECT_FALSE(pulls_.empty());
}

TEST_F(PeersAndCdn, PollsWhenAPeerKnowsASegmentThatIsNotListedHere) {
  PlayAndAskForTheNext(Milliseconds(100));
  const int polls = polls_;
  SegmentProgress listed{.key = Key(2), .pieces = {}, .gossip = {}};
  Hear(kPeer, Progress{.segments = {listed}, .upload_class = {}});
  Pass(Milliseconds(20));
  EXPECT_EQ(polls_, polls + 1);
  Load(0, 3, false);
  Hear(kPeer, Progress{.segments = {listed}, .upload_class = {}});
  Pass(Milliseconds(20));
  EXPECT_EQ(polls_, polls + 1) << "it knows that segment by now";
}

TEST_F(PeersAndCdn, TellsPeersOfANewSegment) {
  PlayAndAskForTheNext(Milliseconds(100));
  const PlaylistLoaded longer{.stream = kStream,
                              .first_sequence = 1,
                              .target_duration = Seconds(2),
                              .segments = {{.key = Key(1), .duration = Seconds(2)},
                                           {.key = Key(2), .duration = Seconds(2)}}};
  int told = 0;
  for (const Action& action : Feed(longer)) {
    const auto* sent = std::get_if<SendMessage>(&action);
    const auto* progress = sent == nullptr ? nullptr : std::get_if<Progress>(&sent->message);
    if (progress == nullptr) continue;
    for (const SegmentProgress& segment : progress->segments) told += segment.key == Key(2);
  }
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace shoal::core
