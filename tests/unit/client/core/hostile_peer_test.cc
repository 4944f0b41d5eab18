// What a linked peer may send: one core, one link, by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string>

#include "client/core/client_core.h"
#include "client/core/handoff.h"

namespace shoal::core {
namespace {

constexpr StreamId kStream = 1;
constexpr LinkId kLink = 7;
constexpr std::uint64_t kLength = 3 * kPieceSize;

SegmentKey Key(char c) { return *SegmentKey::FromBytes(std::string(8, c)); }

template <typename T>
std::vector<T> All(const ActionList& actions) {
  std::vector<T> out;
  for (const Action& action : actions) {
    if (const T* found = std::get_if<T>(&action)) out.push_back(*found);
  }
  return out;
}

template <typename T>
std::vector<T> AllSent(const ActionList& actions) {
  std::vector<T> out;
  for (const SendMessage& sent : All<SendMessage>(actions)) {
    if (const T* found = std::get_if<T>(&sent.message)) out.push_back(*found);
  }
  return out;
}

// A client that plays segment 0 (from the CDN) and has segment 1 in its window; linked to a peer
// that says it has all of segment 1.
class HostilePeer : public testing::Test {
 protected:
  HostilePeer() : core_(CoreConfig{}, *PeerId::FromBytes(std::string(16, 's')), 1) {
    Feed(StreamOpened{kStream, *SwarmId::FromBytes(std::string(16, 'w'))});
    Feed(PlaylistLoaded{.stream = kStream,
                        .first_sequence = 0,
                        .target_duration = Seconds(2),
                        .segments = {{.key = Key('a'), .duration = Seconds(2)},
                                     {.key = Key('b'), .duration = Seconds(2)}}});
    Member peer{.id = *PeerId::FromBytes(std::string(16, 'p')), .endpoint = {}, .zone = 0};
    peer.upload_class = 13;
    Feed(AnnounceAnswered{Seconds(15),
                          {{.stream = kStream, .swarm_size = 2, .added = {peer}, .removed = {}}}});
    Feed(PlayerRequested{.request = 1, .player = 1, .segment = {kStream, 0}, .hints = {}});
    Feed(LinkOpened{.link = kLink, .stream = kStream, .peer = peer, .dialled = true});
    AnswerCdn(kLength, 0);
    released_.reset();
    Feed(PlayerServed{1});
  }

  ActionList Feed(const Event& event) {
    ActionList actions = core_.Handle(event, now_ += step_);
    for (const FetchFromCdn& fetch : All<FetchFromCdn>(actions)) open_[fetch.fetch] = fetch;
    for (const CancelFetch& cancel : All<CancelFetch>(actions)) open_.erase(cancel.fetch);
    for (const ReleaseRequest& release : All<ReleaseRequest>(actions)) released_ = release;
    return actions;
  }
  // The CDN answers the open transfers up to this segment, truthfully: segments have `length`
  // bytes.
  void AnswerCdn(std::uint64_t length, std::uint64_t last_sequence) {
    while (true) {
      const auto next = std::find_if(open_.begin(), open_.end(), [&](const auto& entry) {
        return entry.second.segment.sequence <= last_sequence;
      });
      if (next == open_.end()) return;
      const FetchFromCdn fetch = next->second;
      Feed(CdnResponded{.fetch = fetch.fetch, .total_length = length});
      if (!open_.contains(fetch.fetch)) continue;  // the answer made it pointless
      const std::uint64_t end = std::min(fetch.range.end, length);
      Feed(CdnBytes{fetch.fetch, static_cast<std::uint32_t>(end - fetch.range.begin)});
      open_.erase(fetch.fetch);
      Feed(CdnFinished{
          .fetch = fetch.fetch, .outcome = FetchOutcome::kComplete, .total_length = {}});
    }
  }
  ActionList Hear(LinkMessage message) { return Feed(MessageReceived{kLink, std::move(message)}); }
  // The peer says that it has the whole of segment 1; returns the pulls that follow.
  std::vector<Pull> HearComplete(std::uint64_t length = kLength) {
    Progress progress;
    progress.segments.push_back({.key = Key('b'), .length = length, .complete = true});
    return AllSent<Pull>(Hear(progress));
  }
  static bool Closed(const ActionList& actions) {
    const auto closed = All<CloseLink>(actions);
    return !closed.empty() && closed[0].reason == ByeReason::kMisbehaved;
  }

  TimePoint now_{Seconds(100)};
  Duration step_ = Milliseconds(10);
  std::map<FetchId, FetchFromCdn> open_;
  std::optional<ReleaseRequest> released_;
  ClientCore core_;
};

TEST_F(HostilePeer, IsPulledFromWhenItIsAhead) {
  const auto pulls = HearComplete();
  ASSERT_FALSE(pulls.empty());
  EXPECT_LE(pulls.size(), 2u);  // at most two per link
  EXPECT_EQ(pulls[0].from, 0u);
  EXPECT_FALSE(Closed(Hear(Data{pulls[0].pull, 0, 1000})));
}

TEST_F(HostilePeer, IsClosedWhenItSkipsBytes) {
  const auto pulls = HearComplete();
  ASSERT_FALSE(pulls.empty());
  EXPECT_TRUE(Closed(Hear(Data{pulls[0].pull, 1, 1000})));
}

TEST_F(HostilePeer, IsClosedWhenItRepeatsBytes) {
  const auto pulls = HearComplete();
  ASSERT_FALSE(pulls.empty());
  EXPECT_FALSE(Closed(Hear(Data{pulls[0].pull, 0, 1000})));
  EXPECT_TRUE(Closed(Hear(Data{pulls[0].pull, 0, 1000})));
}

TEST_F(HostilePeer, IsClosedWhenItSendsBeyondThePiece) {
  const auto pulls = HearComplete();
  ASSERT_FALSE(pulls.empty());
  std::uint32_t offset = 0;
  for (; offset + kDataPayloadMax <= kPieceSize; offset += kDataPayloadMax) {
    ASSERT_FALSE(Closed(Hear(Data{pulls[0].pull, offset, kDataPayloadMax})));
  }
  EXPECT_TRUE(Closed(Hear(Data{pulls[0].pull, offset, kPieceSize - offset + 1})));
}

TEST_F(HostilePeer, IsClosedForDataNobodyAskedFor) {
  EXPECT_TRUE(Closed(Hear(Data{999, 0, 1000})));
}

TEST_F(HostilePeer, IsForgivenDataOfACancelledPull) {
  const auto pulls = HearComplete();
  ASSERT_FALSE(pulls.empty());
  // No byte for the time-out: the pull is cancelled, and its bytes come after all.
  now_ += Milliseconds(1600);
  EXPECT_FALSE(AllSent<Cancel>(Feed(TimerFired{})).empty());
  const ActionList late = Hear(Data{pulls[0].pull, 0, 1000});
  EXPECT_FALSE(Closed(late));
  EXPECT_TRUE(All<StoreBytes>(late).empty());
}

TEST_F(HostilePeer, IsShunnedWhenItGivesNothingOfWhatItClaims) {
  ASSERT_FALSE(HearComplete().empty());
  now_ += Milliseconds(1600);
  const ActionList actions = Feed(TimerFired{});
  EXPECT_FALSE(AllSent<Cancel>(actions).empty());
  EXPECT_TRUE(AllSent<Pull>(actions).empty());
  // The pieces that it seemed to have are seeded by this client instead.
  EXPECT_FALSE(All<FetchFromCdn>(actions).empty());
}

TEST_F(HostilePeer, IsClosedWhenItAcknowledgesWhatItWasNeverSent) {
  EXPECT_TRUE(Closed(Hear(Ack{.bytes = 1})));
}

TEST_F(HostilePeer, IsRefusedPullsOfWhatIsNotHeld) {
  const std::vector<Pull> bad = {
      {1, Key('b'), 0, 0},           // listed, not held
      {2, Key('z'), 0, 0},           // never listed
      {3, Key('a'), 3, 0},           // beyond the last piece
      {4, Key('a'), 0, kPieceSize},  // from the end of the piece
      {5, Key('a'), UINT32_MAX, UINT32_MAX},
  };
  for (const Pull& pull : bad) {
    const auto rejects = AllSent<Reject>(Hear(pull));
    ASSERT_EQ(rejects.size(), 1u) << "pull " << pull.pull;
    EXPECT_EQ(rejects[0].pull, pull.pull);
    EXPECT_EQ(rejects[0].reason, RejectReason::kNotHeld);
  }
}

TEST_F(HostilePeer, IsServedWhatIsHeld) {
  now_ += Handoff::kRest;  // uploads rested while the playback began
  const auto data = All<SendData>(Hear(Pull{1, Key('a'), 2, 100}));
  ASSERT_FALSE(data.empty());
  EXPECT_EQ(data[0].segment_offset, 2 * kPieceSize + 100);
  EXPECT_EQ(data[0].data.offset, 100u);
}

TEST_F(HostilePeer, CannotMakeASegmentTooLargeToShare) {
  EXPECT_TRUE(HearComplete(std::uint64_t{1} << 60).empty());
}

TEST_F(HostilePeer, IsOverruledByTheCdnAboutTheLength) {
  ASSERT_FALSE(HearComplete(kLength + 5).empty());
  Feed(PlayerRequested{.request = 2, .player = 1, .segment = {kStream, 1}, .hints = {}});
  // The peer brings nothing; in time the CDN is asked, and knows better.
  for (int i = 0; i < 300 && !released_; ++i) {
    Feed(TimerFired{});
    AnswerCdn(kLength, 1);
  }
  ASSERT_TRUE(released_);
  EXPECT_EQ(released_->request, 2u);
  EXPECT_EQ(released_->segment_length, kLength);
}

TEST_F(HostilePeer, IsForgottenWhenItFallsSilent) {
  Feed(TimerFired{});
  now_ += Milliseconds(4100);
  const auto closed = All<CloseLink>(Feed(TimerFired{}));
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].link, kLink);
}

TEST_F(HostilePeer, CannotFillMemoryWithSegmentsNobodyListed) {
  step_ = Duration::zero();
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    Progress progress;
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &i, sizeof(i));
    progress.segments.push_back(
        {.key = *SegmentKey::FromBytes(bytes),
         .length = kLength,
         .pieces = {{4095, PieceState::kComplete}, {UINT32_MAX, PieceState::kHalf}},
         .gossip = {{UINT32_MAX, 63}}});
    ASSERT_FALSE(Closed(Hear(progress)));
  }
  // It still works with the peer: what it says of a listed segment counts.
  step_ = Milliseconds(10);
  EXPECT_FALSE(HearComplete().empty());
}

}  // namespace
}  // namespace shoal::core
