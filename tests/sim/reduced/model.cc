#include "tests/sim/reduced/model.h"

#include <algorithm>
#include <utility>

#include "client/core/uploader.h"
#include "tests/sim/reduced/huge_pages.h"
#include "tests/sim/reduced/slow_start.h"
#include "tests/sim/world/viewer.h"
#include "tracker/membership/swarm.h"

namespace shoal::sim::reduced {
namespace {

// From asking for a playlist to having it, without the CDN's time to the first byte.
constexpr Duration kPlaylistTransfer = Milliseconds(2);
// How many events ahead memory is fetched.
constexpr std::size_t kAhead = 6;

}  // namespace

absl::Status ReducedModel::Check(const Scenario& scenario) {
  const Faults& faults = scenario.faults;
  const PlayerHabits& players = scenario.players;
  const double length = scenario.stream.renditions[0].bytes_per_second *
                        ToSeconds(scenario.stream.segment_duration) *
                        (1 + scenario.stream.size_jitter);
  const std::pair<bool, const char*> lacking[] = {
      {scenario.stream.renditions.size() > 1, "several renditions"},
      {scenario.stream.vod_segments > 0, "video on demand"},
      {length > kPiecesMax * core::kPieceSize, "segments of more than 16 pieces"},
      {scenario.churn.mean_stay > Duration::zero() || faults.killed > 0, "viewers who leave"},
      {!faults.tracker.empty() || !faults.cdn.empty() || !faults.partitions.empty(), "outages"},
      {faults.stale_handouts > Duration::zero(), "stale handouts"},
      {faults.trickling_share + faults.lying_share > 0, "viewers who trickle or lie"},
      {scenario.cdn.error_share > 0 || scenario.cdn.bytes_per_second > 0, "a limited CDN"},
      {scenario.client.max_upload_bytes_per_second.has_value(), "caps"},
      {!scenario.network.down.empty(), "several down lines"},
      {scenario.network.latency_min < Microseconds(1 << Wheel::kSlotBits),
       "latencies of less than 4.1 ms"},
      {players.live_delay > Duration::zero() || players.pausing_share > 0 ||
           players.seeking_share > 0 || players.switching_share > 0,
       "players who do anything but play"},
      {scenario.client.handoff != core::HandoffMode::kDeadline ||
           scenario.client.assignment != core::AssignmentKind::kLottery,
       "other methods than the default"},
  };
  for (const Joins& joins : scenario.joins) {
    const bool late = joins.begin + joins.span > TimePoint(Graph::kSettles);
    if (late) return absl::UnimplementedError("viewers who come late");
  }
  for (const auto& [has, what] : lacking) {
    if (has) return absl::UnimplementedError(what);
  }
  return absl::OkStatus();
}

ReducedModel::ReducedModel(const Scenario& scenario) : scenario_(scenario), s_(scenario_) {
  BuildViewers();
}

void ReducedModel::BuildViewers() {
  Population population(scenario_, s_.media);
  std::vector<Profile> profiles;
  for (const TimePoint joins : population.joins()) profiles.push_back(population.Next(joins));
  const Graph graph(scenario_, profiles);
  s_.all_known = profiles.size() <= membership::kWholeSwarmSizeMax;
  FillHuge(s_.viewers, profiles.size());
  FillHuge(s_.pieces, profiles.size() * kPieces);
  const Duration segment = s_.media.segment_duration();
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    const Profile& profile = profiles[i];
    Viewer& viewer = s_.viewers[i];
    s_.network.AddViewer(profile.up, profile.down);
    viewer.id = profile.id;
    s_.upload_classes.push_back(ClassOf(profile));
    viewer.uploads = s_.upload_classes.back() != kUploadNone;
    viewer.assumed = static_cast<float>(viewer.uploads ? core::Uploader::kAssumedRate : 0);
    const Duration phase = profile.joins.time_since_epoch() % segment;
    viewer.asks = ToMicros(phase + kPlaylistTransfer + scenario_.cdn.first_byte);
    // Their players have loaded the playlist before, in phases of their own.
    viewer.poller.Loaded(true, segment, TimePoint(phase));
    s_.wheel.Add({.at = ToMicros(phase),
                  .viewer = static_cast<std::uint32_t>(i),
                  .kind = Kind::kPlayerLoads});
  }
  Link(graph);
  MeasureFirstSegment();
}

// What every client has measured once it plays, and how long it took to start.
void ReducedModel::MeasureFirstSegment() {
  const double down = scenario_.network.down_bytes_per_second;
  const auto length = static_cast<std::uint64_t>(s_.media.bytes_per_second(0) *
                                                 ToSeconds(s_.media.segment_duration()));
  const std::vector<Arrival> arrivals = SlowStart(scenario_.cdn.first_byte, down, length);
  deadlines_.SetStartup(arrivals.back().at + sim::Viewer::kLoopbackDelay);
  core::CdnEstimate cdn;
  cdn.Started(1, TimePoint{});
  cdn.Responded(1, TimePoint(scenario_.cdn.first_byte));
  for (const Arrival& arrival : arrivals) cdn.Received(1, arrival.bytes, TimePoint(arrival.at));
  cdn.Finished(1, TimePoint(arrivals.back().at));
  for (Viewer& viewer : s_.viewers) viewer.cdn = cdn;
}

void ReducedModel::Link(const Graph& graph) {
  std::size_t ends = 0;
  std::size_t most = 1;
  for (const Graph::Node& node : graph.nodes()) {
    ends += node.peers.size();
    most = std::max(most, node.peers.size());
  }
  s_.AddLinks(static_cast<unsigned>(most));
  figures_.links = static_cast<double>(ends) / static_cast<double>(graph.nodes().size());
  for (std::uint32_t v = 0; v < graph.nodes().size(); ++v) {
    const std::vector<std::uint32_t>& peers = graph.nodes()[v].peers;
    s_.viewers[v].links = static_cast<std::uint8_t>(peers.size());
    for (unsigned link = 0; link < peers.size(); ++link) {
      const std::vector<std::uint32_t>& back = graph.nodes()[peers[link]].peers;
      LinkEnd& end = s_.end(v, link);
      end.peer = peers[link];
      end.back = static_cast<std::uint8_t>(std::find(back.begin(), back.end(), v) - back.begin());
      end.peer_uploads = s_.viewers[peers[link]].uploads;
    }
  }
}

Figures ReducedModel::Run(std::uint32_t warm_up, std::uint32_t measured, OnSegment on_segment) {
  on_segment_ = std::move(on_segment);
  from_ = warm_up;
  to_ = from_ + measured;
  const Micros segment = ToMicros(s_.media.segment_duration());
  s_.wheel.Add({.at = segment, .mask = 0, .kind = Kind::kListed});
  // A segment's books are closed when its slot is needed again.
  const auto end = static_cast<Micros>((to_ + kSegments + 1) * segment + segment / 2);
  Event event;
  while (s_.wheel.Take(end, &event)) {
    if (const Event* soon = s_.wheel.Soon(kAhead)) Prepare(*soon);
    // The CDN is a few milliseconds behind, so that for nobody time steps back.
    fetches_.RunUntil(ToTime(s_.wheel.slot_begin()),
                      [this](std::uint32_t viewer, std::uint32_t listed) {
                        if (playlists_.OnPlaylist(viewer, listed)) Enter(viewer, listed - 1);
                      });
    s_.now = event.at;
    ++s_.events;
    Dispatch(event);
  }
  const auto bytes = static_cast<double>(std::max<std::uint64_t>(bytes_, 1));
  const auto pieces = static_cast<double>(std::max<std::uint64_t>(pieces_, 1));
  figures_.copies_per_piece = static_cast<double>(cdn_bytes_) / bytes;
  figures_.cdn_share = figures_.copies_per_piece / static_cast<double>(s_.viewers.size());
  figures_.seeded_per_piece /= pieces;
  figures_.handed_off_per_piece /= pieces;
  figures_.delay_median_s = DelayOf(0.5);
  figures_.delay_99_s = DelayOf(0.99);
  figures_.events = s_.events;
  return figures_;
}

// By when this share of pieces was there, in seconds.
double ReducedModel::DelayOf(double share) const {
  std::uint64_t all = 0;
  for (const std::uint64_t count : s_.delays) all += count;
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < s_.delays.size(); ++i) {
    so_far += s_.delays[i];
    if (static_cast<double>(so_far) >= share * static_cast<double>(all)) {
      return static_cast<double>(i + 1) * State::kDelayStep * 1e-6;
    }
  }
  return 0;
}

void ReducedModel::Close(unsigned slot, std::uint64_t number) {
  const Segment& old = s_.segments[slot];
  if (on_segment_ && number < to_) on_segment_(number, old);
  if (!old.measured) return;
  bytes_ += old.length;
  cdn_bytes_ += old.cdn_bytes;
  pieces_ += old.pieces;
  figures_.seeded_per_piece += static_cast<double>(old.seeded);
  figures_.handed_off_per_piece += static_cast<double>(old.handed_off);
  figures_.incomplete += s_.viewers.size() - old.completed;
}

void ReducedModel::Forget(unsigned slot) {
  const Mask keep = ~SegmentMask(slot);
  for (std::uint32_t v = 0; v < s_.viewers.size(); ++v) {
    Viewer& viewer = s_.viewers[v];
    for (unsigned i = 0; i < kPiecesMax; ++i) {
      Piece& piece = s_.piece(v, slot * kPiecesMax + i);
      if (piece.pulled()) {
        --viewer.outstanding;
        --s_.end(v, piece.source).pulls;
      }
      // Its number goes on, so that nothing old is taken for something new.
      piece = Piece{.pull = piece.pull};
    }
    for (const Job& job : viewer.jobs) {
      if (job.piece / kPiecesMax != slot) continue;
      const std::uint32_t size = s_.PieceSize(job.piece);
      viewer.queued -= std::min(viewer.queued, size - std::min(size, job.next * kChunk));
    }
    std::erase_if(viewer.jobs, [slot](const Job& job) { return job.piece / kPiecesMax == slot; });
    viewer.late_pieces[slot] = 0;
    for (Mask* mask : {&viewer.entered, &viewer.have, &viewer.missing, &viewer.sourced,
                       &viewer.offered, &viewer.turned}) {
      *mask &= keep;
    }
    const auto first = static_cast<std::ptrdiff_t>(slot * kPiecesMax);
    std::fill_n(viewer.holders.begin() + first, kPiecesMax, std::uint8_t{0});
    std::fill_n(viewer.providers.begin() + first, kPiecesMax, std::uint8_t{0});
    viewer.lengths = static_cast<std::uint8_t>(viewer.lengths & ~(1u << slot));
    viewer.lengths_used = static_cast<std::uint8_t>(viewer.lengths_used & ~(1u << slot));
  }
  for (LinkEnd& end : s_.ends) {
    for (Mask* mask : {&end.has, &end.half, &end.all, &end.seeding}) *mask &= keep;
    end.knows = static_cast<std::uint8_t>(end.knows & ~(1u << slot));
  }
  for (Mask& news : s_.news_of) news &= keep;
  for (Mask& gossip : s_.gossip_of) gossip &= keep;
}

void ReducedModel::OnListed(const Event& event) {
  const std::uint64_t number = event.mask;
  const auto slot = static_cast<unsigned>(number % kSegments);
  if (number >= kSegments) Close(slot, number - kSegments);
  Forget(slot);
  const std::uint64_t sequence = Media::kFirst + number;
  Segment& segment = s_.segments[slot];
  segment = {.sequence = sequence,
             .length = s_.media.Length(0, sequence),
             .key = s_.media.Key(0, sequence),
             .pieces_before = s_.segments[(number + kSegments - 1) % kSegments].pieces,
             .listed = s_.now,
             .measured = number >= from_ && number < to_};
  segment.pieces = static_cast<unsigned>(core::PieceCount(segment.length));
  s_.wheel.Add({.at = s_.now + ToMicros(s_.media.segment_duration()),
                .mask = number + 1,
                .kind = Kind::kListed});
}

void ReducedModel::Enter(std::uint32_t viewer, std::uint64_t number) {
  if (number >= to_) return;  // nobody needs it
  const auto slot = static_cast<unsigned>(number % kSegments);
  seeding_.Enter(viewer, slot);
  downloads_.LookSoon(viewer);
  deadlines_.Watch(viewer, slot * kPiecesMax);
}

void ReducedModel::Look(std::uint32_t viewer) {
  downloads_.Look(viewer);
  seeding_.Look(viewer);
}

void ReducedModel::OnCdnHead(const TransferName& name, std::uint64_t, Duration) {
  fetches_.OnHead(name);
  downloads_.LookSoon(name.viewer);
}

void ReducedModel::OnCdnBytes(const TransferName& name, std::uint32_t size) {
  fetches_.OnBytes(name, size, [this](std::uint32_t viewer, unsigned piece, unsigned chunks) {
    downloads_.Took(viewer, piece, chunks);
  });
}

void ReducedModel::OnCdnFinished(const TransferName& name, core::FetchOutcome, int, std::uint64_t) {
  fetches_.OnFinished(name);
}

void ReducedModel::Prepare(const Event& event) {
  if (event.kind == Kind::kListed) return;
  const Viewer& viewer = s_.viewers[event.viewer];
  __builtin_prefetch(&viewer);
  __builtin_prefetch(&viewer.turned);
  const std::size_t place = s_.place(event.viewer, event.link);
  const bool tells = event.kind == Kind::kTell;
  const bool told = event.kind == Kind::kNews || event.kind == Kind::kGossip;
  if (tells) {
    __builtin_prefetch(&s_.tell_at_of[place]);
    __builtin_prefetch(&s_.tell_at_of[place] + 16);
    __builtin_prefetch(&s_.news_of[place]);
  } else {
    __builtin_prefetch(&s_.ends[place]);
    const unsigned number =
        told ? static_cast<unsigned>(__builtin_ctzll(event.mask | Bit(63))) : event.piece;
    __builtin_prefetch(&s_.piece(event.viewer, number));
    __builtin_prefetch(&viewer.holders[number]);
    if (told) __builtin_prefetch(&viewer.providers[number]);
  }
  if (told) return;
  __builtin_prefetch(&s_.unacked_of[place]);
  __builtin_prefetch(&viewer.assumed);
  __builtin_prefetch(&s_.network.up(event.viewer));
}

void ReducedModel::Dispatch(const Event& event) {
  switch (event.kind) {
    case Kind::kListed:
      return OnListed(event);
    case Kind::kPlayerLoads:
      return playlists_.OnPlayerLoads(event);
    case Kind::kPoll:
      return playlists_.OnPoll(event);
    case Kind::kHeard:
      return playlists_.OnHeard(event);
    case Kind::kTurn:
      // What can be pulled is not seeded.
      downloads_.Look(event.viewer);
      return seeding_.OnTurn(event);
    case Kind::kLook:
      if (downloads_.Due(event)) Look(event.viewer);
      return;
    case Kind::kTell:
      return teller_.OnTell(event);
    case Kind::kNews:
      if ((event.mask & ~s_.viewers[event.viewer].entered) != 0) playlists_.Grown(event.viewer);
      if (const Mask matters = teller_.OnNews(event); matters != 0) {
        downloads_.LookSoon(event.viewer);
        downloads_.CheckSoon(event.viewer, matters);
      }
      return;
    case Kind::kGossip:
      return teller_.OnGossip(event);
    case Kind::kPull:
      return uplinks_.OnPull(event);
    case Kind::kReject:
      return downloads_.OnReject(event);
    case Kind::kCancel:
      return uplinks_.OnCancel(event);
    case Kind::kChunk:
      return downloads_.OnChunk(event);
    case Kind::kAck:
      return uplinks_.OnAck(event);
    case Kind::kCheck:
      return downloads_.OnCheck(event);
    case Kind::kHandoff:
      return deadlines_.OnHandoff(event);
  }
}

}  // namespace shoal::sim::reduced
