#include "tests/fuzz/peer_fuzzer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "client/cache/segment_cache.h"
#include "client/core/client_core.h"
#include "client/peer/wire.h"

namespace shoal::peer {
namespace {

constexpr core::StreamId kStream = 1;
constexpr std::uint64_t kSegments = 8;
constexpr std::uint64_t kSegmentBytes = 150'000;  // three pieces
constexpr std::uint64_t kCacheBytes = std::uint64_t{4} << 20;
constexpr std::uint32_t kDelivery = 16 * 1024;  // of each transfer, each time
constexpr std::size_t kPeers = 3;
// Far more than any event has cause for: all pieces of all segments, on all links.
constexpr std::size_t kActionsMax = 1000;
constexpr int kWakeupsMax = 1000;
constexpr std::size_t kStepsMax = 2000;
const Duration kPauses[] = {Duration::zero(), Milliseconds(5), Milliseconds(60), Milliseconds(700)};

void Require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

SegmentKey KeyOf(std::uint64_t sequence) {
  return *SegmentKey::FromBytes("segment" + std::string(1, static_cast<char>('0' + sequence)));
}

// The outside of one ClientCore.
class World {
 public:
  World()
      : cache_(kCacheBytes),
        core_({.has_tracker = false, .cache_bytes = kCacheBytes},
              *PeerId::FromBytes(std::string(16, 's')), 1) {
    Feed(core::StreamOpened{kStream, *SwarmId::FromBytes(std::string(16, 'w'))});
    LoadPlaylist();
    AskNext();
    for (std::size_t peer = 0; peer < kPeers; ++peer) LinkUp(peer);
  }

  void Step(std::uint8_t what, absl::string_view message) {
    const std::size_t peer = what & 3;
    if (peer < kPeers) Hear(peer, message);
    if (what & 0x10) Deliver();
    Serve();
    if (what & 0x20) AskNext();
    const TimePoint until = now_ + kPauses[(what >> 2) & 3];
    int wakeups = 0;
    for (auto next = core_.NextWakeup(); !left_ && next && *next <= until;
         next = core_.NextWakeup()) {
      now_ = std::max(now_, *next);
      Feed(core::TimerFired{});
      Require(++wakeups < kWakeupsMax, "the core lets time pass");
    }
    now_ = until;
  }

 private:
  void Feed(const core::Event& first, absl::string_view payload = {}) {
    Handle(first, payload);
    while (!replies_.empty()) {
      const core::Event reply = std::move(replies_.front());
      replies_.pop_front();
      Handle(reply, {});
    }
  }

  void Handle(const core::Event& event, absl::string_view payload) {
    if (left_) return;
    const core::ActionList actions = core_.Handle(event, now_);
    Require(actions.size() <= kActionsMax, "one event has a bounded number of actions");
    for (const core::Action& action : actions) {
      std::visit([&](const auto& what) { Carry(what, payload); }, action);
    }
  }

  // ---- What happens ----

  void Hear(std::size_t peer, absl::string_view bytes) {
    absl::string_view payload;
    const WireMessage message = DecodeMessage(bytes, &payload);
    const core::LinkId link = links_[peer];
    if (!open_links_.contains(link)) return LinkUp(peer);
    if (const auto* said = std::get_if<core::LinkMessage>(&message)) {
      const auto* data = std::get_if<core::Data>(said);
      Require((data != nullptr ? data->size : 0) == payload.size(), "Data knows its payload");
      return Feed(core::MessageReceived{.link = link, .message = *said}, payload);
    }
    // Bye, a second Hello, or nonsense: the transport ends the link.
    open_links_.erase(link);
    Feed(core::LinkClosed{.link = link, .reason = core::ByeReason::kMisbehaved});
  }

  void LinkUp(std::size_t peer) {
    const core::LinkId link = ++last_link_;
    links_[peer] = link;
    open_links_.insert(link);
    const Member member{.id = *PeerId::FromBytes(std::string(16, static_cast<char>('a' + peer))),
                        .endpoint = {std::string("\x7f\0\0\1", 4), 1},
                        .upload_class = 12};
    Feed(core::LinkOpened{
        .link = link, .stream = kStream, .peer = member, .dialled = peer % 2 == 0});
  }

  void LoadPlaylist() {
    core::PlaylistLoaded loaded{.stream = kStream, .target_duration = Seconds(2)};
    for (std::uint64_t i = 0; i < kSegments; ++i) {
      loaded.segments.push_back({.key = KeyOf(i), .duration = Seconds(2)});
    }
    replies_.push_back(loaded);
    Feed(core::PlaylistRequested{kStream});
  }

  void AskNext() {
    const core::RequestId id = ++last_request_;
    Feed(core::PlayerRequested{.request = id, .player = 1, .segment = SegmentOf(id), .hints = {}});
  }

  static core::SegmentRef SegmentOf(core::RequestId id) { return {kStream, (id - 1) % kSegments}; }

  void Deliver() {
    const auto open = fetches_;
    for (const auto& [id, begun] : open) {
      const auto it = fetches_.find(id);
      if (it == fetches_.end()) continue;
      Fetch& fetch = it->second;
      const bool is_new = fetch.next == fetch.range.begin;
      const std::uint64_t end = std::min(fetch.range.end, kSegmentBytes);
      const std::uint64_t size =
          std::min<std::uint64_t>(kDelivery, end - std::min(end, fetch.next));
      fetch.next += size;
      const bool complete = fetch.next >= end;
      if (complete) fetches_.erase(it);
      if (is_new) Feed(core::CdnResponded{.fetch = id, .total_length = kSegmentBytes});
      if (!complete && !fetches_.contains(id)) continue;
      if (size > 0) {
        Feed(core::CdnBytes{.fetch = id, .size = static_cast<std::uint32_t>(size)},
             std::string(size, 'c'));
      }
      if (complete && cancelled_.count(id) == 0) {
        Feed(core::CdnFinished{.fetch = id, .total_length = kSegmentBytes});
      }
    }
  }

  // The player has got what was released and is all there.
  void Serve() {
    const auto released = released_;
    for (const auto& [id, length] : released) {
      if (!released_.contains(id) || !cache_.Has(SegmentOf(id), {0, length})) continue;
      released_.erase(id);
      Feed(core::PlayerServed{id});
    }
  }

  // ---- What the core wants ----

  void Carry(const core::FetchPlaylist&, absl::string_view) {
    replies_.push_back(core::PlaylistFailed{kStream});
  }
  void Carry(const core::FetchFromCdn& fetch, absl::string_view) {
    Require(fetch.range.begin < fetch.range.end, "something is fetched");
    const bool is_new =
        fetches_.emplace(fetch.fetch, Fetch{.range = fetch.range, .next = fetch.range.begin})
            .second;
    Require(is_new, "ids of transfers are not used again");
  }
  void Carry(const core::CancelFetch& cancel, absl::string_view) {
    fetches_.erase(cancel.fetch);
    cancelled_.insert(cancel.fetch);
  }
  void Carry(const core::StoreBytes& store, absl::string_view payload) {
    Require(std::uint64_t{store.skip} + store.size <= payload.size(), "what is stored has come");
    Require(cache_.Store(store.segment, store.offset, payload.substr(store.skip, store.size)).ok(),
            "what is stored fits into the cache");
  }
  void Carry(const core::DropSegment& drop, absl::string_view) { cache_.Drop(drop.segment); }
  void Carry(const core::ReleaseRequest& release, absl::string_view) {
    Require(release.segment_length > 0, "a segment's length is known when it is released");
    released_[release.request] = release.segment_length;
  }
  void Carry(const core::RelayRequest& relay, absl::string_view) {
    released_.erase(relay.request);
    replies_.push_back(core::PlayerServed{relay.request});
  }
  void Carry(const core::FailRequest& fail, absl::string_view) {
    released_.erase(fail.request);
    replies_.push_back(core::PlayerGone{fail.request});
  }
  void Carry(const core::Dial& dial, absl::string_view) {
    replies_.push_back(core::DialFailed{.stream = dial.stream, .peer = dial.peer.id});
  }
  void Carry(const core::CloseLink& close, absl::string_view) {
    Require(open_links_.erase(close.link) == 1, "a link is closed once");
  }
  void Carry(const core::SendMessage& send, absl::string_view) {
    Require(open_links_.contains(send.link), "messages go to open links");
    Require(!std::holds_alternative<core::Data>(send.message), "Data goes by SendData");
    for (const std::string& bytes : EncodeControl(send.message)) {
      absl::string_view payload;
      const WireMessage decoded = DecodeMessage(bytes, &payload);
      if (const auto* refused = std::get_if<Refused>(&decoded)) {
        std::fprintf(stderr, "%s\n", refused->detail.c_str());
      }
      Require(std::holds_alternative<core::LinkMessage>(decoded), "what is sent can be read");
    }
  }
  void Carry(const core::SendData& send, absl::string_view) {
    Require(open_links_.contains(send.link), "Data goes to open links");
    Require(send.data.size > 0 && send.data.size <= core::kDataPayloadMax, "Data fits a message");
    Require(cache_.Has(send.segment, {send.segment_offset, send.segment_offset + send.data.size}),
            "only bytes held are sent");
  }
  void Carry(const core::Announce&, absl::string_view) {
    Require(false, "without a tracker nothing is announced");
  }
  void Carry(const core::CloseStream&, absl::string_view) { left_ = true; }

  struct Fetch {
    ByteRange range;
    std::uint64_t next = 0;
  };

  TimePoint now_{Seconds(1000)};
  cache::SegmentCache cache_;
  core::ClientCore core_;
  bool left_ = false;  // nobody watches any more: the end
  std::deque<core::Event> replies_;
  std::array<core::LinkId, kPeers> links_{};
  std::set<core::LinkId> open_links_;
  core::LinkId last_link_ = 0;
  core::RequestId last_request_ = 0;
  std::map<core::RequestId, std::uint64_t> released_;  // the segment's length, by request
  std::map<core::FetchId, Fetch> fetches_;
  std::set<core::FetchId> cancelled_;
};

}  // namespace

void FuzzPeers(absl::string_view script) {
  World world;
  for (std::size_t steps = 0; !script.empty() && steps < kStepsMax; ++steps) {
    const auto what = static_cast<std::uint8_t>(script[0]);
    std::size_t size = 0;
    for (std::size_t i = 0; i < 2 && i + 1 < script.size(); ++i) {
      size |= std::size_t{static_cast<std::uint8_t>(script[i + 1])} << (8 * i);
    }
    script.remove_prefix(std::min<std::size_t>(3, script.size()));
    size = std::min(size, script.size());
    world.Step(what, script.substr(0, size));
    script.remove_prefix(size);
  }
}

}  // namespace shoal::peer

// libFuzzer's entry point.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  shoal::peer::FuzzPeers({reinterpret_cast<const char*>(data), size});
  return 0;
}
