// One client without peers: what it does for its player with what the CDN gives.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/unit/client/core/client_bench.h"

namespace shoal::core {
namespace {

class SingleClient : public ClientBench {
 protected:
  // The CDN serves the first segment that the player asks for.
  void PlayFirst() {
    Ask(1, 2);
    AnswerAll(1000);
  }
};

TEST_F(SingleClient, FetchesNothingBeforeAPlayerAsks) {
  Start();
  Load(0, 5, false);
  Pass(Milliseconds(500));
  EXPECT_TRUE(open_.empty());
}

TEST_F(SingleClient, FetchesAStartWholeInOneTransfer) {
  Start();
  Load(0, 5, false);
  Ask(1, 2);
  ASSERT_EQ(open_.size(), 1u);
  EXPECT_EQ(open_.begin()->second.range, (ByteRange{0, FetchFromCdn::kToEnd}));
  EXPECT_EQ(open_.begin()->second.segment.sequence, 2u);
}

TEST_F(SingleClient, AnswersAsSoonAsTheLengthIsKnown) {
  Start();
  Load(0, 5, false);
  Ask(1, 2);
  EXPECT_EQ(answers_[1], "");
  Feed(CdnResponded{.fetch = open_.begin()->first, .total_length = 100'000});
  EXPECT_EQ(answers_[1], "release");
}

TEST_F(SingleClient, AnswersFromWhatItHolds) {
  StartPlaying();
  AnswerAll(100'000);
  Feed(PlayerServed{1});
  Ask(2, 0);
  EXPECT_EQ(answers_[2], "release");
  EXPECT_TRUE(open_.empty());
  EXPECT_EQ(Figures().cdn_requests, 1u);
}

TEST_F(SingleClient, AnswersASegmentOfNoBytes) {
  StartPlaying();
  AnswerAll(0);
  EXPECT_EQ(answers_[1], "release");
}

TEST_F(SingleClient, AnswersASegmentOfOneByte) {
  StartPlaying();
  AnswerAll(1);
  EXPECT_EQ(answers_[1], "release");
  EXPECT_EQ(stored_[0], 1u);
}

TEST_F(SingleClient, RelaysASegmentTooLargeToHold) {
  StartPlaying(2);
  AnswerAll(200'000'000);
  EXPECT_EQ(answers_[1], "relay");
  EXPECT_TRUE(open_.empty());
  EXPECT_TRUE(stored_.empty());
}

TEST_F(SingleClient, RelaysASegmentWhoseLengthNobodySays) {
  StartPlaying();
  Feed(CdnResponded{.fetch = open_.begin()->first, .total_length = {}});
  EXPECT_EQ(answers_[1], "relay");
}

TEST_F(SingleClient, RelaysASegmentNobodyListed) {
  Start();
  Load(0, 2, false);
  Ask(1, 77);
  EXPECT_EQ(answers_[1], "relay");
}

TEST_F(SingleClient, PassesOnWhatTheCdnSays) {
  StartPlaying();
  FailAll(FetchOutcome::kHttpError, 404);
  EXPECT_EQ(answers_[1], "fail 404");
}

TEST_F(SingleClient, TriesAgainBeforeItPassesOnAServerError) {
  StartPlaying();
  FailAll(FetchOutcome::kHttpError, 503);
  EXPECT_EQ(answers_[1], "");
  Pass(Milliseconds(300));
  ASSERT_EQ(open_.size(), 1u);
  AnswerAll(1000);
  EXPECT_EQ(answers_[1], "release");
}

TEST_F(SingleClient, GivesUpOnAServerThatKeepsFailing) {
  StartPlaying();
  for (int i = 0; i < 3; ++i) {
    FailAll(FetchOutcome::kUnreachable, 0);
    Pass(Seconds(2));
  }
  EXPECT_EQ(answers_[1], "fail 504");
}

TEST_F(SingleClient, AsksForExactlyTheMissingBytesAfterATruncatedAnswer) {
  StartPlaying();
  End(Begin(200'000, 70'000), FetchOutcome::kTruncated);
  Pass(Milliseconds(300));
  ASSERT_EQ(open_.size(), 1u);
  EXPECT_EQ(open_.begin()->second.range, (ByteRange{70'000, 200'000}));
  EXPECT_EQ(stored_[0], 70'000u);
}

TEST_F(SingleClient, TakesAWholeAnswerInsteadOfARange) {
  StartPlaying();
  const FetchId fetch = open_.begin()->first;
  Feed(CdnResponded{.fetch = fetch, .total_length = 5000, .range_honoured = false});
  Feed(CdnBytes{fetch, 5000});
  EXPECT_EQ(answers_[1], "release");
  EXPECT_EQ(stored_[0], 5000u);
}

TEST_F(SingleClient, GoesOnWithTheWholeWhenTheCdnIgnoresARange) {
  StartPlaying(2);
  End(Begin(200'000, 100'000), FetchOutcome::kTruncated);
  Pass(Milliseconds(300));
  ASSERT_NE(Open(0), nullptr);
  EXPECT_EQ(Open(0)->range, (ByteRange{100'000, 200'000}));
  const FetchId fetch = Open(0)->fetch;
  Feed(CdnResponded{.fetch = fetch, .total_length = 200'000, .range_honoured = false});
  Feed(CdnBytes{fetch, 200'000});
  EXPECT_EQ(stored_[0], 200'000u);
  EXPECT_EQ(answers_[1], "release");
  EXPECT_EQ(Figures().bytes_wasted, 100'000u);
}

TEST_F(SingleClient, DropsWhatItHoldsWhenTheSegmentChanged) {
  StartPlaying();
  End(Begin(200'000, 70'000), FetchOutcome::kChanged);
  EXPECT_EQ(dropped_, std::vector<std::uint64_t>{0});
}

TEST_F(SingleClient, StartsOverWhenTheCdnContradictsItselfAboutTheLength) {
  StartPlaying();
  End(Begin(205'000, 200'000), FetchOutcome::kTruncated);
  Pass(Milliseconds(300));
  ASSERT_EQ(open_.size(), 1u);
  const FetchId fetch = open_.begin()->first;
  open_.erase(fetch);
  Feed(CdnFinished{.fetch = fetch,
                   .outcome = FetchOutcome::kRangeNotSatisfiable,
                   .http_status = 416,
                   .total_length = 200'000});
  EXPECT_EQ(answers_[1], "fail 502");  // its head promised too much
  Feed(PlayerGone{1});
  Ask(2, 0);
  AnswerAll(200'000);
  EXPECT_EQ(answers_[2], "release");
  EXPECT_EQ(stored_[0], 200'000u);
}

TEST_F(SingleClient, SeeksWithoutWaiting) {
  Start();
  Load(0, 100, true);
  Ask(1, 0);
  AnswerAll(100'000);
  Feed(PlayerServed{1});
  Pass(Milliseconds(100));
  AnswerAll(100'000);
  Ask(2, 60);
  ASSERT_FALSE(open_.empty());
  EXPECT_EQ(open_.begin()->second.segment.sequence, 60u);
  AnswerAll(100'000);
  EXPECT_EQ(answers_[2], "release");
}

TEST_F(SingleClient, WorksAheadOfTheFurthestRequestByTenSecondsAtMost) {
  Start();
  Load(0, 100, true);
  Ask(1, 10);
  AnswerAll(100'000);
  Feed(PlayerServed{1});
  Pass(Seconds(6));
  AnswerAll(100'000);
  EXPECT_TRUE(stored_.contains(11));
  EXPECT_FALSE(stored_.contains(9));
  EXPECT_FALSE(stored_.contains(16));
}

TEST_F(SingleClient, HoldsNoMoreThanItsCache) {
  CoreConfig config;
  config.cache_bytes = 2'000'000;
  Start(config);
  Load(0, 200, true);
  for (RequestId request = 1; request <= 60; ++request) {
    Ask(request, request - 1);
    AnswerAll(300'000);
    ASSERT_EQ(answers_[request], "release");
    Feed(PlayerServed{request});
    Pass(Milliseconds(50));
    AnswerAll(300'000);
    std::uint64_t held = 0;
    for (const auto& [sequence, bytes] : stored_) held += bytes;
    EXPECT_LE(held, config.cache_bytes);
    EXPECT_EQ(held, core_->Figures().cache_bytes);
  }
  EXPECT_FALSE(dropped_.empty());
}

TEST_F(SingleClient, KeepsHalfAMinuteOfALiveStreamForOthers) {
  Start();
  for (RequestId request = 1; request <= 40; ++request) {
    Load(request, 3, false);
    Ask(request, request);
    AnswerAll(100'000);
    Feed(PlayerServed{request});
    Pass(Milliseconds(1900));
    AnswerAll(100'000);
  }
  EXPECT_TRUE(stored_.contains(40 - 14));
  EXPECT_FALSE(stored_.contains(40 - 18));
}

TEST_F(SingleClient, PollsThePlaylistAsRfc8216Says) {
  Start();
  Load(0, 5, false);
  PlayFirst();
  Pass(Milliseconds(1900));
  EXPECT_EQ(polls_, 0);
  Pass(Milliseconds(400));
  EXPECT_EQ(polls_, 1);
  Load(0, 5, false);  // nothing new: half a target duration
  Pass(Milliseconds(900));
  EXPECT_EQ(polls_, 1);
  Pass(Milliseconds(300));
  EXPECT_EQ(polls_, 2);
}

TEST_F(SingleClient, DoesNotPollAFinishedPlaylist) {
  Start();
  Load(0, 5, true);
  PlayFirst();
  Pass(Seconds(20));
  EXPECT_EQ(polls_, 0);
}

TEST_F(SingleClient, StopsWhenNobodyAsksAndLeavesLater) {
  Start();
  Load(0, 5, false);
  PlayFirst();
  Feed(PlayerServed{1});
  Pass(Seconds(6.5));
  EXPECT_FALSE(Figures().active);
  EXPECT_FALSE(closed_);
  const int polls = polls_;
  Pass(Seconds(29));
  EXPECT_EQ(polls_, polls);
  EXPECT_FALSE(closed_);
  Pass(Seconds(2));
  EXPECT_TRUE(closed_);
  EXPECT_EQ(core_->Figures().cache_bytes, 0u);
  EXPECT_FALSE(core_->NextWakeup());
}

TEST_F(SingleClient, ComesBackForAPlayerThatReturns) {
  Start();
  Load(0, 5, false);
  PlayFirst();
  Feed(PlayerServed{1});
  Pass(Seconds(10));
  ASSERT_FALSE(Figures().active);
  Feed(PlaylistRequested{kStream});
  Load(4, 5, false);
  Ask(2, 6);
  AnswerAll(1000);
  EXPECT_EQ(answers_[2], "release");
  EXPECT_TRUE(Figures().active);
}

TEST_F(SingleClient, SharesOneTransferBetweenTwoPlayers) {
  Start();
  Load(0, 5, false);
  Ask(1, 2);
  Feed(PlayerRequested{.request = 2, .player = 99, .segment = {kStream, 2}, .hints = {}});
  EXPECT_EQ(open_.size(), 1u);
  AnswerAll(100'000);
  EXPECT_EQ(answers_[1], "release");
  EXPECT_EQ(answers_[2], "release");
}

TEST_F(SingleClient, NeverShowsPrivateSegmentsToOthers) {
  StartPlaying();
  const FetchId fetch = Open(0)->fetch;
  Feed(CdnResponded{.fetch = fetch, .total_length = 5000, .shareable = false});
  Feed(CdnBytes{fetch, 5000});
  const Member peer{.id = *PeerId::FromBytes(std::string(16, 'p')), .endpoint = {}, .zone = 0};
  bool snapshot = false;
  for (const Action& action :
       Feed(LinkOpened{.link = 9, .stream = kStream, .peer = peer, .dialled = false})) {
    const auto* sent = std::get_if<SendMessage>(&action);
    if (sent == nullptr || !std::holds_alternative<Progress>(sent->message)) continue;
    snapshot = true;
    EXPECT_TRUE(std::get<Progress>(sent->message).segments.empty());
  }
  EXPECT_TRUE(snapshot);
}

TEST_F(SingleClient, SurvivesEventsOfThingsItDoesNotKnow) {
  Start();
  Feed(CdnBytes{12345, 1000});
  Feed(CdnFinished{.fetch = 12345, .total_length = {}});
  Feed(PlayerServed{777});
  Feed(PlayerGone{777});
  Feed(LinkClosed{5});
  Feed(MessageReceived{5, Progress{}});
  Feed(DialFailed{.stream = 99});
  Feed(PlaylistFailed{99});
  Feed(AnnounceAnswered{Seconds(15), {{.stream = 99, .added = {}, .removed = {}}}});
  Feed(PlayerRequested{.request = 1, .player = 1, .segment = {99, 0}, .hints = {}});
  EXPECT_EQ(answers_[1], "relay");
}

}  // namespace
}  // namespace shoal::core
