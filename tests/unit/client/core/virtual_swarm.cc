#include "tests/unit/client/core/virtual_swarm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/base/sha256.h"

namespace shoal::core {
namespace {

constexpr StreamId kStream = 1;
constexpr std::uint32_t kFrame = 60;  // bytes of a control message on the wire, about

}  // namespace

// What the player has and waits for.
struct VirtualSwarm::Player {
  bool asked_playlist = false;
  std::uint64_t next = 0;
  RequestId open = 0;  // 0: none
  bool released = false;
  TimePoint began{};
  bool playing = false;
  TimePoint dry_at{};  // when the buffer ends
  PlayerResult result;
  std::set<std::uint64_t> served;
};

struct VirtualSwarm::Node {
  std::unique_ptr<ClientCore> core;
  bool alive = false;
  Player player;
  std::map<std::uint64_t, std::vector<std::uint32_t>> held;  // by sequence: progress per piece
  std::map<FetchId, FetchFromCdn> fetches;
  std::set<LinkId> links;
  TimePoint uplink_free{};
  std::uint64_t uplink_bytes = 0;
  TimePoint joined{};
  TimePoint left = TimePoint::max();
  TimePoint armed = TimePoint::max();
};

VirtualSwarm::VirtualSwarm(const WorldConfig& config) : config_(config), random_(config.seed) {}
VirtualSwarm::~VirtualSwarm() = default;

PeerId VirtualSwarm::IdOf(std::size_t node) {
  const Sha256Digest digest = Sha256({"peer", absl::StrCat(node)});
  return *PeerId::FromBytes({reinterpret_cast<const char*>(digest.data()), PeerId::kSize});
}

SegmentKey VirtualSwarm::KeyOf(std::uint64_t sequence) {
  const Sha256Digest digest = Sha256({"segment", absl::StrCat(sequence)});
  return *SegmentKey::FromBytes({reinterpret_cast<const char*>(digest.data()), SegmentKey::kSize});
}

void VirtualSwarm::At(TimePoint time, std::function<void()> what) {
  agenda_.emplace(std::pair(std::max(time, now_), ++order_), std::move(what));
}

std::size_t VirtualSwarm::Join(TimePoint at) {
  const std::size_t index = nodes_.size();
  nodes_.push_back(std::make_unique<Node>());
  At(at, [this, index] {
    Node& node = *nodes_[index];
    node.core =
        std::make_unique<ClientCore>(config_.core, IdOf(index), config_.seed * 1000 + index);
    node.alive = true;
    node.joined = now_;
    node.player.began = now_;
    Feed(index, StreamOpened{kStream, *SwarmId::FromBytes(std::string(16, 's'))});
    node.player.asked_playlist = true;
    LoadPlaylist(index, Milliseconds(20));
  });
  return index;
}

void VirtualSwarm::Kill(std::size_t client, TimePoint at) {
  At(at, [this, client] {
    Node& node = *nodes_[client];
    node.alive = false;
    node.left = now_;
    for (LinkId link : std::set<LinkId>(node.links))
      DropLink(client, link, ByeReason::kUnspecified);
  });
}

void VirtualSwarm::Leave(std::size_t client, TimePoint at) {
  At(at, [this, client] {
    Feed(client, ShutdownRequested{});
    nodes_[client]->alive = false;
    nodes_[client]->left = now_;
  });
}

void VirtualSwarm::FailCdn(TimePoint from, TimePoint to, int status) {
  cdn_outages_.emplace_back(from, to);
  cdn_status_ = status;
}

void VirtualSwarm::FailTracker(TimePoint from, TimePoint to) {
  tracker_outages_.emplace_back(from, to);
}

bool VirtualSwarm::Down(const std::vector<std::pair<TimePoint, TimePoint>>& outages) const {
  return std::any_of(outages.begin(), outages.end(),
                     [&](const auto& o) { return o.first <= now_ && now_ < o.second; });
}

void VirtualSwarm::Run(TimePoint until) {
  while (!agenda_.empty() && agenda_.begin()->first.first <= until) {
    now_ = agenda_.begin()->first.first;
    const std::function<void()> what = std::move(agenda_.begin()->second);
    agenda_.erase(agenda_.begin());
    what();
  }
  now_ = until;
}

void VirtualSwarm::Feed(std::size_t index, const Event& event) {
  Node& node = *nodes_[index];
  if (!node.alive) return;
  for (const Action& action : node.core->Handle(event, now_)) {
    Note(index, action);
    Carry(index, action, event);
  }
  Arm(index);
}

void VirtualSwarm::Arm(std::size_t index) {
  Node& node = *nodes_[index];
  const std::optional<TimePoint> wake = node.core->NextWakeup();
  if (!wake || !node.alive || (*wake >= node.armed && node.armed > now_)) return;
  node.armed = std::max(*wake, now_ + Microseconds(1));
  At(node.armed, [this, index, due = node.armed] {
    Node& n = *nodes_[index];
    if (n.armed != due) return;
    n.armed = TimePoint::max();
    Feed(index, TimerFired{});
  });
}

void VirtualSwarm::Note(std::size_t node, const Action& action) {
  trace_ = trace_ * 1'000'003 + node * 31 + action.index() +
           static_cast<std::uint64_t>(now_.time_since_epoch().count());
  if (const auto* fetch = std::get_if<FetchFromCdn>(&action)) trace_ ^= fetch->range.begin * 7;
}

void VirtualSwarm::Carry(std::size_t index, const Action& action, const Event& event) {
  Node& node = *nodes_[index];
  if (std::get_if<FetchPlaylist>(&action) != nullptr) {
    LoadPlaylist(index, Milliseconds(20));
  } else if (const auto* fetch = std::get_if<FetchFromCdn>(&action)) {
    StartFetch(index, *fetch);
  } else if (const auto* cancel = std::get_if<CancelFetch>(&action)) {
    EXPECT_EQ(node.fetches.erase(cancel->fetch), 1u);
  } else if (const auto* store = std::get_if<StoreBytes>(&action)) {
    auto& pieces = node.held[store->segment.sequence];
    pieces.resize(PieceCount(config_.segment_bytes));
    const std::size_t piece = store->offset / kPieceSize;
    ASSERT_LT(piece, pieces.size());
    EXPECT_EQ(store->offset % kPieceSize, pieces[piece]) << "a gap, or stored twice";
    pieces[piece] += store->size;
    EXPECT_LE(pieces[piece], PieceRange(piece, config_.segment_bytes).size());
    const auto* bytes = std::get_if<CdnBytes>(&event);
    const auto* message = std::get_if<MessageReceived>(&event);
    const std::uint32_t payload =
        bytes != nullptr ? bytes->size : std::get<Data>(message->message).size;
    EXPECT_LE(store->skip + store->size, payload);
  } else if (const auto* drop = std::get_if<DropSegment>(&action)) {
    node.held.erase(drop->segment.sequence);
  } else if (const auto* release = std::get_if<ReleaseRequest>(&action)) {
    EXPECT_EQ(release->segment_length, config_.segment_bytes);
    if (release->request == node.player.open) node.player.released = true;
  } else if (const auto* fail = std::get_if<FailRequest>(&action)) {
    // The player tries again, as hls.js does.
    if (fail->request != node.player.open) return;
    At(now_, [this, index, id = fail->request] {
      Feed(index, PlayerGone{id});
      nodes_[index]->player.open = 0;
    });
    At(now_ + Milliseconds(500), [this, index] { PlayerStep(index); });
  } else if (const auto* dial = std::get_if<Dial>(&action)) {
    OpenLink(index, *dial);
  } else if (const auto* close = std::get_if<CloseLink>(&action)) {
    DropLink(index, close->link, close->reason);
  } else if (const auto* send = std::get_if<SendMessage>(&action)) {
    SendOverLink(index, send->link, kFrame, send->message);
  } else if (const auto* data = std::get_if<SendData>(&action)) {
    const auto held = node.held.find(data->segment.sequence);
    ASSERT_NE(held, node.held.end()) << "sends what it does not hold";
    const std::size_t piece = data->segment_offset / kPieceSize;
    EXPECT_LE(data->segment_offset % kPieceSize + data->data.size, held->second.at(piece));
    SendOverLink(index, data->link, data->data.size + kFrame, data->data);
  } else if (std::get_if<Announce>(&action) != nullptr) {
    At(now_ + Milliseconds(20), [this, index] {
      if (Down(tracker_outages_)) return Feed(index, AnnounceFailed{});
      SwarmHandout handout{.stream = kStream};
      constexpr std::size_t kStride = 7919;  // a prime: far from each other, each once
      for (std::size_t k = 0; k < nodes_.size(); ++k) {
        const std::size_t i = (index + k * kStride) % nodes_.size();
        if (!nodes_[i]->alive) continue;
        ++handout.swarm_size;
        if (i == index || handout.added.size() == config_.handout_max) continue;
        Member member{.id = IdOf(i), .endpoint = {std::string(4, 'a'), 1}, .zone = 0};
        member.upload_class = nodes_[i]->core->upload_class();
        handout.added.push_back(member);
      }
      Feed(index, AnnounceAnswered{Seconds(15), {handout}});
    });
  }
}

PlaylistLoaded VirtualSwarm::Playlist() const {
  const std::uint64_t published =
      static_cast<std::uint64_t>(now_.time_since_epoch() / config_.segment_duration) + 1;
  PlaylistLoaded playlist{
      .stream = kStream,
      .first_sequence = published > config_.listed ? published - config_.listed : 0,
      .target_duration = config_.segment_duration,
      .segments = {}};
  for (std::uint64_t s = playlist.first_sequence; s < published; ++s) {
    playlist.segments.push_back({.key = KeyOf(s), .duration = config_.segment_duration});
  }
  return playlist;
}

void VirtualSwarm::LoadPlaylist(std::size_t index, Duration after) {
  At(now_ + after, [this, index] {
    Node& node = *nodes_[index];
    if (!node.alive) return;
    const PlaylistLoaded playlist = Playlist();
    const std::uint64_t limit = playlist.first_sequence + playlist.segments.size();
    Feed(index, playlist);
    if (node.player.next == 0) node.player.next = limit > 3 ? limit - 3 : 0;
    PlayerStep(index);
  });
}

// Asks for the next segment as soon as it is listed; else for the playlist again, as RFC 8216 says.
void VirtualSwarm::PlayerStep(std::size_t index) {
  Node& node = *nodes_[index];
  Player& player = node.player;
  if (!node.alive || player.open != 0) return;
  const PlaylistLoaded playlist = Playlist();
  if (player.next >= playlist.first_sequence + playlist.segments.size()) {
    const Duration phase = Milliseconds(static_cast<std::int64_t>(100 + (index * 337) % 900));
    At(now_ + phase, [this, index] { PlayerStep(index); });
    return;
  }
  player.open = ++last_request_;
  player.released = false;
  Feed(index, playlist);
  Feed(index,
       PlayerRequested{
           .request = player.open, .player = 1, .segment = {kStream, player.next}, .hints = {}});
  Deliver(index);
}

void VirtualSwarm::Deliver(std::size_t index) {
  Node& node = *nodes_[index];
  Player& player = node.player;
  if (!node.alive || player.open == 0) return;
  std::uint64_t held = 0;
  for (std::uint32_t progress : node.held[player.next]) held += progress;
  if (!player.released || held < config_.segment_bytes) {
    At(now_ + Milliseconds(5), [this, index] { Deliver(index); });
    return;
  }
  if (!player.playing) {
    player.result.startup = now_ - player.began;
    player.dry_at = now_;
  } else if (now_ > player.dry_at) {
    ++player.result.stalls;
    player.result.stalled += now_ - player.dry_at;
    player.dry_at = now_;
  }
  player.playing = true;
  player.dry_at += config_.segment_duration;
  ++player.result.segments;
  player.served.insert(player.next);
  ++player.next;
  Feed(index, PlayerServed{std::exchange(player.open, 0)});
  PlayerStep(index);
}

// ---- CDN
// -----------------------------------------------------------------------------------------

void VirtualSwarm::StartFetch(std::size_t index, const FetchFromCdn& fetch) {
  Node& node = *nodes_[index];
  for (const auto& [id, other] : node.fetches) {
    if (other.segment == fetch.segment) {
      EXPECT_TRUE(other.range.Intersect(fetch.range).empty()) << "fetched twice at once";
    }
  }
  node.fetches[fetch.fetch] = fetch;
  ++cdn_requests_;
  At(now_ + config_.cdn_first_byte, [this, index, fetch] {
    if (!nodes_[index]->fetches.contains(fetch.fetch)) return;
    if (Down(cdn_outages_)) {
      nodes_[index]->fetches.erase(fetch.fetch);
      Feed(index, CdnFinished{.fetch = fetch.fetch,
                              .outcome = cdn_status_ == 0 ? FetchOutcome::kUnreachable
                                                          : FetchOutcome::kHttpError,
                              .http_status = cdn_status_,
                              .total_length = {}});
      return;
    }
    if (fetch.range.begin >= config_.segment_bytes) {
      nodes_[index]->fetches.erase(fetch.fetch);
      Feed(index, CdnFinished{.fetch = fetch.fetch,
                              .outcome = FetchOutcome::kRangeNotSatisfiable,
                              .http_status = 416,
                              .total_length = config_.segment_bytes});
      return;
    }
    Feed(index, CdnResponded{.fetch = fetch.fetch, .total_length = config_.segment_bytes});
    ContinueFetch(index, fetch.fetch, fetch.range.begin,
                  std::min(fetch.range.end, config_.segment_bytes));
  });
}

void VirtualSwarm::ContinueFetch(std::size_t index, FetchId id, std::uint64_t offset,
                                 std::uint64_t end) {
  const std::uint32_t chunk =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(16384, end - offset));
  At(now_ + Seconds(chunk / config_.cdn_rate), [this, index, id, offset, end, chunk] {
    Node& node = *nodes_[index];
    if (!node.alive || !node.fetches.contains(id)) return;
    cdn_bytes_ += chunk;
    const bool last = offset + chunk == end;
    if (last) node.fetches.erase(id);
    Feed(index, CdnBytes{id, chunk});
    if (last) {
      Feed(index, CdnFinished{.fetch = id, .outcome = FetchOutcome::kComplete, .total_length = {}});
    } else if (node.fetches.contains(id)) {
      ContinueFetch(index, id, offset + chunk, end);
    }
  });
}

// ---- Links
// ---------------------------------------------------------------------------------------

void VirtualSwarm::OpenLink(std::size_t from, const Dial& dial) {
  std::size_t to = 0;
  while (IdOf(to) != dial.peer.id) ++to;
  At(now_ + 4 * config_.latency, [this, from, to] {
    if (!nodes_[from]->alive) return;
    if (!nodes_[to]->alive) return Feed(from, DialFailed{.stream = kStream, .peer = IdOf(to)});
    const LinkId near = ++last_link_;
    const LinkId far = ++last_link_;
    far_end_[near] = {to, far};
    far_end_[far] = {from, near};
    nodes_[from]->links.insert(near);
    nodes_[to]->links.insert(far);
    const auto open = [this](std::size_t node, LinkId link, std::size_t peer, bool dialled) {
      Member member{.id = IdOf(peer), .endpoint = {std::string(4, 'a'), 1}, .zone = 0};
      member.upload_class = nodes_[peer]->core->upload_class();
      Feed(node, LinkOpened{.link = link, .stream = kStream, .peer = member, .dialled = dialled});
    };
    open(to, far, from, false);
    open(from, near, to, true);
  });
}

void VirtualSwarm::SendOverLink(std::size_t index, LinkId link, std::uint32_t bytes,
                                LinkMessage message) {
  Node& node = *nodes_[index];
  if (!node.links.contains(link)) return;
  node.uplink_free = std::max(node.uplink_free, now_) + Seconds(bytes / config_.uplink);
  node.uplink_bytes += bytes;
  const auto [to, far] = far_end_.at(link);
  At(node.uplink_free + config_.latency, [this, to = to, far = far, message = std::move(message)] {
    if (nodes_[to]->links.contains(far)) Feed(to, MessageReceived{far, message});
  });
}

void VirtualSwarm::DropLink(std::size_t index, LinkId link, ByeReason reason) {
  if (nodes_[index]->links.erase(link) == 0) return;
  const auto [to, far] = far_end_.at(link);
  At(now_ + config_.latency, [this, to = to, far = far, reason] {
    if (nodes_[to]->links.erase(far) > 0) Feed(to, LinkClosed{far, reason});
  });
}

// ---- Results
// -------------------------------------------------------------------------------------

std::uint64_t VirtualSwarm::segments_served() const {
  std::uint64_t sum = 0;
  for (const auto& node : nodes_) sum += node->player.result.segments;
  return sum;
}

double VirtualSwarm::cdn_share() const {
  return static_cast<double>(cdn_bytes_) /
         static_cast<double>(segments_served() * config_.segment_bytes);
}

double VirtualSwarm::floor() const {
  std::set<std::uint64_t> distinct;
  double upload = 0;
  for (const auto& node : nodes_) {
    distinct.insert(node->player.served.begin(), node->player.served.end());
    if (node->core) upload += config_.uplink * ToSeconds(std::min(node->left, now_) - node->joined);
  }
  const double delivered = static_cast<double>(segments_served() * config_.segment_bytes);
  const double once = static_cast<double>(distinct.size() * config_.segment_bytes);
  return std::max(once, delivered - upload) / delivered;
}

PlayerResult VirtualSwarm::player(std::size_t client) const {
  return nodes_[client]->player.result;
}

CoreFigures VirtualSwarm::figures(std::size_t client) const {
  return nodes_[client]->core->Figures();
}

}  // namespace shoal::core
