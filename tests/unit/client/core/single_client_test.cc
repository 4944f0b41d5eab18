// One client without peers: what it does for its player with what the CDN gives.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/core/client_core.h"

namespace shoal::core {
namespace {

constexpr StreamId kStream = 3;

SegmentKey Key(std::uint64_t sequence) {
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(sequence);
  bytes[1] = static_cast<char>(sequence >> 8);
  bytes[7] = 1;
  return *SegmentKey::FromBytes(bytes);
}

class SingleClient : public testing::Test {
 protected:
  void Start(CoreConfig config = {}) {
    config.has_tracker = false;
    core_.emplace(config, *PeerId::FromBytes(std::string(16, 's')), 1);
    Feed(StreamOpened{kStream, *SwarmId::FromBytes(std::string(16, 'w'))});
  }

  // Feeds an event and sorts what comes of it.
  ActionList Feed(const Event& event) {
    ActionList actions = core_->Handle(event, now_);
    for (const Action& action : actions) {
      if (const auto* fetch = std::get_if<FetchFromCdn>(&action)) open_[fetch->fetch] = *fetch;
      if (const auto* cancel = std::get_if<CancelFetch>(&action)) open_.erase(cancel->fetch);
      if (const auto* store = std::get_if<StoreBytes>(&action)) {
        stored_[store->segment.sequence] += store->size;
      }
      if (const auto* drop = std::get_if<DropSegment>(&action)) {
        stored_.erase(drop->segment.sequence);
        dropped_.push_back(drop->segment.sequence);
      }
      if (const auto* release = std::get_if<ReleaseRequest>(&action)) {
        answers_[release->request] = "release";
      }
      if (const auto* relay = std::get_if<RelayRequest>(&action)) {
        answers_[relay->request] = "relay";
      }
      if (const auto* fail = std::get_if<FailRequest>(&action)) {
        answers_[fail->request] = "fail " + std::to_string(fail->http_status);
      }
      if (std::get_if<FetchPlaylist>(&action) != nullptr) ++polls_;
      if (std::get_if<CloseStream>(&action) != nullptr) closed_ = true;
    }
    return actions;
  }
  // Lets time pass, waking the core whenever it wants.
  void Pass(Duration time) {
    const TimePoint until = now_ + time;
    for (int i = 0; i < 100'000; ++i) {
      const std::optional<TimePoint> wake = core_->NextWakeup();
      if (!wake || *wake > until) break;
      now_ = std::max(now_ + Microseconds(1), *wake);
      Feed(TimerFired{});
      ASSERT_LT(i, 99'999) << "the core spins";
    }
    now_ = until;
  }
  void Load(std::uint64_t first, std::uint64_t count, bool ended) {
    PlaylistLoaded playlist{.stream = kStream,
                            .first_sequence = first,
                            .target_duration = Seconds(2),
                            .ended = ended,
                            .segments = {}};
    for (std::uint64_t s = first; s < first + count; ++s) {
      playlist.segments.push_back({.key = Key(s), .duration = Seconds(2)});
    }
    Feed(playlist);
  }
  void Ask(RequestId request, std::uint64_t sequence) {
    Feed(PlayerRequested{
        .request = request, .player = 1, .segment = {kStream, sequence}, .hints = {}});
  }
  // The CDN answers every open transfer in full.
  void AnswerAll(std::uint64_t length) {
    while (!open_.empty()) {
      const FetchFromCdn fetch = open_.begin()->second;
      Feed(CdnResponded{.fetch = fetch.fetch, .total_length = length});
      if (!open_.contains(fetch.fetch)) continue;
      open_.erase(fetch.fetch);
      const std::uint64_t end = std::min(fetch.range.end, length);
      Feed(CdnBytes{fetch.fetch, static_cast<std::uint32_t>(end - fetch.range.begin)});
      Feed(CdnFinished{
          .fetch = fetch.fetch, .outcome = FetchOutcome::kComplete, .total_length = {}});
    }
  }
  void FailAll(FetchOutcome outcome, int status) {
    while (!open_.empty()) {
      const FetchId fetch = open_.begin()->first;
      open_.erase(fetch);
      Feed(CdnFinished{
          .fetch = fetch, .outcome = outcome, .http_status = status, .total_length = {}});
    }
  }
  StreamFigures Figures() const { return core_->Figures().streams.at(0); }

  TimePoint now_{Seconds(1000)};
  std::optional<ClientCore> core_;
  std::map<FetchId, FetchFromCdn> open_;
  std::map<std::uint64_t, std::uint64_t> stored_;
  std::vector<std::uint64_t> dropped_;
  std::map<RequestId, std::string> answers_;
  int polls_ = 0;
  bool closed_ = false;
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
  Start();
  Load(0, 1, false);
  Ask(1, 0);
  AnswerAll(100'000);
  Feed(PlayerServed{1});
  Ask(2, 0);
  EXPECT_EQ(answers_[2], "release");
  EXPECT_TRUE(open_.empty());
  EXPECT_EQ(Figures().cdn_requests, 1u);
}

TEST_F(SingleClient, AnswersASegmentOfNoBytes) {
  Start();
  Load(0, 1, false);
  Ask(1, 0);
  AnswerAll(0);
  EXPECT_EQ(answers_[1], "release");
}

TEST_F(SingleClient, AnswersASegmentOfOneByte) {
  Start();
  Load(0, 1, false);
  Ask(1, 0);
  AnswerAll(1);
  EXPECT_EQ(answers_[1], "release");
  EXPECT_EQ(stored_[0], 1u);
}

TEST_F(SingleClient, RelaysASegmentTooLargeToHold) {
  Start();
  Load(0, 2, false);
  Ask(1, 0);
  AnswerAll(200'000'000);
  EXPECT_EQ(answers_[1], "relay");
  EXPECT_TRUE(open_.empty());
  EXPECT_TRUE(stored_.empty());
}

TEST_F(SingleClient, RelaysASegmentWhoseLengthNobodySays) {
  Start();
  Load(0, 1, false);
  Ask(1, 0);
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
  Start();
  Load(0, 1, false);
  Ask(1, 0);
  FailAll(FetchOutcome::kHttpError, 404);
  EXPECT_EQ(answers_[1], "fail 404");
}

TEST_F(SingleClient, TriesAgainBeforeItPassesOnAServerError) {
  Start();
  Load(0, 1, false);
  Ask(1, 0);
  FailAll(FetchOutcome::kHttpError, 503);
  EXPECT_EQ(answers_[1], "");
  Pass(Milliseconds(300));
  ASSERT_EQ(open_.size(), 1u);
  AnswerAll(1000);
  EXPECT_EQ(answers_[1], "release");
}

TEST_F(SingleClient, GivesUpOnAServerThatKeepsFailing) {
  Start();
  Load(0, 1, false);
  Ask(1, 0);
  for (int i = 0; i < 3; ++i) {
    FailAll(FetchOutcome::kUnreachable, 0);
    Pass(Seconds(2));
  }
  EXPECT_EQ(answers_[1], "fail 504");
}

TEST_F(SingleClient, AsksForExactlyTheMissingBytesAfterATruncatedAnswer) {
  Start();
  Load(0, 1, false);
  Ask(1, 0);
  const FetchId fetch = open_.begin()->first;
  Feed(CdnResponded{.fetch = fetch, .total_length = 200'000});
  Feed(CdnBytes{fetch, 70'000});
  open_.erase(fetch);
  Feed(CdnFinished{.fetch = fetch, .outcome = FetchOutcome::kTruncated, .total_length = {}});
  Pass(Milliseconds(300));
  ASSERT_EQ(open_.size(), 1u);
  EXPECT_EQ(open_.begin()->second.range, (ByteRange{70'000, 200'000}));
  EXPECT_EQ(stored_[0], 70'000u);
}

TEST_F(SingleClient, TakesAWholeAnswerInsteadOfARange) {
  Start();
  Load(0, 1, false);
  Ask(1, 0);
  const FetchId fetch = open_.begin()->first;
  Feed(CdnResponded{.fetch = fetch, .total_length = 5000, .range_honoured = false});
  Feed(CdnBytes{fetch, 5000});
  EXPECT_EQ(answers_[1], "release");
  EXPECT_EQ(stored_[0], 5000u);
}

TEST_F(SingleClient, GoesOnWithTheWholeWhenTheCdnIgnoresARange) {
  Start();
  Load(0, 2, false);
  Ask(1, 0);
  FetchId fetch = open_.begin()->first;
  Feed(CdnResponded{.fetch = fetch, .total_length = 200'000});
  Feed(CdnBytes{fetch, 100'000});
  open_.erase(fetch);
  Feed(CdnFinished{.fetch = fetch, .outcome = FetchOutcome::kTruncated, .total_length = {}});
  Pass(Milliseconds(300));
  const auto again = std::find_if(open_.begin(), open_.end(), [](const auto& entry) {
    return entry.second.segment.sequence == 0;
  });
  ASSERT_NE(again, open_.end());
  EXPECT_EQ(again->second.range, (ByteRange{100'000, 200'000}));
  fetch = again->first;
  Feed(CdnResponded{.fetch = fetch, .total_length = 200'000, .range_honoured = false});
  Feed(CdnBytes{fetch, 200'000});
  EXPECT_EQ(stored_[0], 200'000u);
  EXPECT_EQ(answers_[1], "release");
  EXPECT_EQ(Figures().bytes_wasted, 100'000u);
}

TEST_F(SingleClient, DropsWhatItHoldsWhenTheSegmentChanged) {
  Start();
  Load(0, 1, false);
  Ask(1, 0);
  const FetchId fetch = open_.begin()->first;
  Feed(CdnResponded{.fetch = fetch, .total_length = 200'000});
  Feed(CdnBytes{fetch, 70'000});
  open_.erase(fetch);
  Feed(CdnFinished{.fetch = fetch, .outcome = FetchOutcome::kChanged, .total_length = {}});
  EXPECT_EQ(dropped_, std::vector<std::uint64_t>{0});
}

TEST_F(SingleClient, StartsOverWhenTheCdnContradictsItselfAboutTheLength) {
  Start();
  Load(0, 1, false);
  Ask(1, 0);
  FetchId fetch = open_.begin()->first;
  Feed(CdnResponded{.fetch = fetch, .total_length = 205'000});
  Feed(CdnBytes{fetch, 200'000});
  open_.erase(fetch);
  Feed(CdnFinished{.fetch = fetch, .outcome = FetchOutcome::kTruncated, .total_length = {}});
  Pass(Milliseconds(300));
  ASSERT_EQ(open_.size(), 1u);
  fetch = open_.begin()->first;
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
  Ask(1, 2);
  AnswerAll(1000);
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
  Ask(1, 2);
  AnswerAll(1000);
  Pass(Seconds(20));
  EXPECT_EQ(polls_, 0);
}

TEST_F(SingleClient, StopsWhenNobodyAsksAndLeavesLater) {
  Start();
  Load(0, 5, false);
  Ask(1, 2);
  AnswerAll(1000);
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
  Ask(1, 2);
  AnswerAll(1000);
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
  Start();
  Load(0, 1, false);
  Ask(1, 0);
  const FetchId fetch = open_.begin()->first;
  Feed(CdnResponded{.fetch = fetch, .total_length = 5000, .shareable = false});
  Feed(CdnBytes{fetch, 5000});
  Member peer{.id = *PeerId::FromBytes(std::string(16, 'p')), .endpoint = {}, .zone = 0};
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
