#include "tests/unit/client/core/client_bench.h"

#include <algorithm>

namespace shoal::core {

SegmentKey ClientBench::Key(std::uint64_t sequence) {
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(sequence);
  bytes[1] = static_cast<char>(sequence >> 8);
  bytes[7] = 1;
  return *SegmentKey::FromBytes(bytes);
}

void ClientBench::Start(CoreConfig config) {
  config.has_tracker = false;
  core_.emplace(config, *PeerId::FromBytes(std::string(16, 's')), 1);
  Feed(StreamOpened{kStream, *SwarmId::FromBytes(std::string(16, 'w'))});
}

void ClientBench::StartPlaying(std::uint64_t segments, const CoreConfig& config) {
  Start(config);
  Load(0, segments, false);
  Ask(1, 0);
}

ActionList ClientBench::Feed(const Event& event) {
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
    if (const auto* sent = std::get_if<SendMessage>(&action)) {
      if (const auto* pull = std::get_if<Pull>(&sent->message)) {
        pulls_[{sent->link, pull->pull}] = *pull;
      } else if (const auto* progress = std::get_if<Progress>(&sent->message)) {
        for (const SegmentProgress& told : progress->segments) told_.push_back({sent->link, told});
      } else if (const auto* cancel = std::get_if<Cancel>(&sent->message)) {
        pulls_.erase({sent->link, cancel->pull});
      }
    }
    if (const auto* data = std::get_if<SendData>(&action)) {
      unacked_.emplace_back(data->link, data->data.size);
    }
    if (std::get_if<FetchPlaylist>(&action) != nullptr) ++polls_;
    if (std::get_if<CloseStream>(&action) != nullptr) closed_ = true;
  }
  return actions;
}

void ClientBench::Pass(Duration time) {
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

void ClientBench::Load(std::uint64_t first, std::uint64_t count, bool ended) {
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

void ClientBench::Ask(RequestId request, std::uint64_t sequence) {
  Feed(PlayerRequested{
      .request = request, .player = 1, .segment = {kStream, sequence}, .hints = {}});
}

// ---- The CDN -----------------------------------------------------------------------------------

const FetchFromCdn* ClientBench::Open(std::uint64_t sequence) const {
  const auto it = std::find_if(open_.begin(), open_.end(), [&](const auto& entry) {
    return entry.second.segment.sequence == sequence;
  });
  return it == open_.end() ? nullptr : &it->second;
}

void ClientBench::AnswerAll(std::uint64_t length, std::optional<std::uint64_t> only) {
  while (!open_.empty()) {
    const FetchFromCdn* next = only ? Open(*only) : &open_.begin()->second;
    if (next == nullptr) return;
    const FetchFromCdn fetch = *next;
    Feed(CdnResponded{.fetch = fetch.fetch, .total_length = length});
    if (!open_.contains(fetch.fetch)) continue;  // the answer made it pointless
    open_.erase(fetch.fetch);
    const std::uint64_t end = std::min(fetch.range.end, length);
    Feed(CdnBytes{fetch.fetch, static_cast<std::uint32_t>(end - fetch.range.begin)});
    Feed(CdnFinished{.fetch = fetch.fetch, .outcome = FetchOutcome::kComplete, .total_length = {}});
  }
}

FetchId ClientBench::Begin(std::uint64_t length, std::uint32_t size) {
  const FetchId fetch = open_.begin()->first;
  Feed(CdnResponded{.fetch = fetch, .total_length = length});
  Feed(CdnBytes{fetch, size});
  return fetch;
}

void ClientBench::End(FetchId fetch, FetchOutcome outcome, int status) {
  open_.erase(fetch);
  Feed(CdnFinished{.fetch = fetch, .outcome = outcome, .http_status = status, .total_length = {}});
}

void ClientBench::FailAll(FetchOutcome outcome, int status, std::optional<std::uint64_t> only) {
  while (!open_.empty()) {
    const FetchFromCdn* next = only ? Open(*only) : &open_.begin()->second;
    if (next == nullptr) return;
    End(next->fetch, outcome, status);
  }
}

// ---- Peers -------------------------------------------------------------------------------------

void ClientBench::Link(LinkId link) {
  Member peer{.id = *PeerId::FromBytes(std::string(16, static_cast<char>('a' + link))),
              .endpoint = {},
              .zone = 0};
  peer.upload_class = 13;
  Feed(LinkOpened{.link = link, .stream = kStream, .peer = peer, .dialled = true});
}

ActionList ClientBench::Hear(LinkId link, LinkMessage message) {
  return Feed(MessageReceived{link, std::move(message)});
}

void ClientBench::HearHeld(LinkId link, std::uint64_t sequence, std::uint64_t length,
                           PieceNewsList pieces) {
  Progress progress;
  progress.segments.push_back(
      {.key = Key(sequence), .length = length, .pieces = std::move(pieces), .gossip = {}});
  Hear(link, std::move(progress));
}

void ClientBench::HearComplete(LinkId link, std::uint64_t sequence, std::uint64_t length) {
  Progress progress;
  progress.segments.push_back(
      {.key = Key(sequence), .length = length, .complete = true, .pieces = {}, .gossip = {}});
  Hear(link, std::move(progress));
}

void ClientBench::ServePulls(std::uint64_t length) {
  while (!pulls_.empty()) {
    const auto [key, pull] = *pulls_.begin();
    pulls_.erase(pulls_.begin());
    const auto size = static_cast<std::uint32_t>(PieceRange(pull.piece, length).size());
    for (std::uint32_t from = pull.from; from < size; from += kDataPayloadMax) {
      Hear(key.first, Data{pull.pull, from, std::min(kDataPayloadMax, size - from)});
    }
  }
}

}  // namespace shoal::core
