#include "tests/sim/reduced/model.h"

#include <algorithm>
#include <utility>

#include "client/core/uploader.h"
#include "tests/sim/world/cdn_model.h"
#include "tracker/membership/swarm.h"

namespace shoal::sim::reduced {
namespace {

// From asking for a playlist to having it, without the CDN's time to the first byte.
constexpr Duration kPlaylistTransfer = Milliseconds(2);

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
  s_.viewers.resize(profiles.size());
  s_.pieces.resize(profiles.size() * kPieces);
  const Duration segment = s_.media.segment_duration();
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    const Profile& profile = profiles[i];
    Viewer& viewer = s_.viewers[i];
    s_.network.AddViewer(profile.up, profile.down);
    viewer.id = profile.id;
    viewer.upload_class = ClassOf(profile);
    viewer.uploads = viewer.upload_class != kUploadNone;
    viewer.assumed = static_cast<float>(viewer.uploads ? core::Uploader::kAssumedRate : 0);
    viewer.swarm_size = graph.nodes()[i].swarm_size;
    const Duration phase = profile.joins.time_since_epoch() % segment;
    viewer.asks = ToMicros(phase + kPlaylistTransfer + scenario_.cdn.first_byte);
    // Their players have loaded the playlist before, in phases of their own.
    viewer.poller.Loaded(true, segment, TimePoint(phase));
    s_.wheel.Add({.at = ToMicros(phase),
                  .viewer = static_cast<std::uint32_t>(i),
                  .kind = Kind::kPlayerLoads});
    // What every client has measured once it plays: its first segment, whole.
    const Duration takes = Seconds(250e3 / profile.down);
    TimePoint now{};
    viewer.cdn.Started(1, now);
    now += scenario_.cdn.first_byte;
    viewer.cdn.Responded(1, now);
    for (int chunk = 0; chunk < 16; ++chunk) {
      now += takes / 16;
      viewer.cdn.Received(1, 250'000 / 16, now);
    }
    viewer.cdn.Finished(1, now);
  }
  Link(graph);
}

void ReducedModel::Link(const Graph& graph) {
  std::size_t ends = 0;
  for (const Graph::Node& node : graph.nodes()) ends += node.peers.size();
  s_.ends.reserve(ends);
  figures_.links = static_cast<double>(ends) / static_cast<double>(graph.nodes().size());
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    s_.viewers[i].first_end = static_cast<std::uint32_t>(s_.ends.size());
    s_.viewers[i].links = static_cast<std::uint8_t>(graph.nodes()[i].peers.size());
    for (const std::uint32_t peer : graph.nodes()[i].peers) {
      const std::vector<std::uint32_t>& back = graph.nodes()[peer].peers;
      const auto number = std::find(back.begin(), back.end(), i) - back.begin();
      s_.ends.push_back({.peer = peer,
                         .back = static_cast<std::uint8_t>(number),
                         .peer_uploads = s_.viewers[peer].uploads});
    }
  }
}

Figures ReducedModel::Run(std::uint32_t warm_up, std::uint32_t measured) {
  from_ = warm_up;
  to_ = from_ + measured;
  const Micros segment = ToMicros(s_.media.segment_duration());
  s_.wheel.Add({.at = segment, .mask = 0, .kind = Kind::kListed});
  // A segment's books are closed when its slot is needed again.
  const auto end = static_cast<Micros>((to_ + kSegments + 1) * segment + segment / 2);
  Event event;
  while (s_.wheel.Take(end, &event)) {
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
  figures_.events = s_.events;
  return figures_;
}

void ReducedModel::Forget(unsigned slot) {
  const Segment& old = s_.segments[slot];
  const std::uint64_t number = old.sequence - Media::kFirst;
  if (old.pieces > 0 && number >= from_ && number < to_) {
    bytes_ += old.length;
    cdn_bytes_ += old.cdn_bytes;
    pieces_ += old.pieces;
    figures_.seeded_per_piece += static_cast<double>(old.seeded);
    figures_.handed_off_per_piece += static_cast<double>(old.handed_off);
    figures_.incomplete += s_.viewers.size() - old.completed;
  }
  const Mask keep = ~SegmentMask(slot);
  for (std::uint32_t v = 0; v < s_.viewers.size(); ++v) {
    Viewer& viewer = s_.viewers[v];
    for (unsigned i = 0; i < kPiecesMax; ++i) {
      Piece& piece = s_.piece(v, slot * kPiecesMax + i);
      if (piece.source != kNobody && piece.source != kCdn) {
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
    viewer.entered &= keep;
    viewer.have &= keep;
    viewer.missing &= keep;
    viewer.sourced &= keep;
  }
  for (LinkEnd& end : s_.ends) {
    end.theirs &= keep;
    end.news &= keep;
    end.gossip &= keep;
  }
}

void ReducedModel::OnListed(const Event& event) {
  const std::uint64_t number = event.mask;
  const auto slot = static_cast<unsigned>(number % kSegments);
  Forget(slot);
  const std::uint64_t sequence = Media::kFirst + number;
  Segment& segment = s_.segments[slot];
  segment = {.sequence = sequence,
             .length = s_.media.Length(0, sequence),
             .key = s_.media.Key(0, sequence),
             .listed = s_.now};
  segment.pieces = static_cast<unsigned>(core::PieceCount(segment.length));
  s_.wheel.Add({.at = s_.now + ToMicros(s_.media.segment_duration()),
                .mask = number + 1,
                .kind = Kind::kListed});
}

void ReducedModel::Enter(std::uint32_t viewer, std::uint64_t number) {
  if (number >= to_) return;  // nobody needs it
  const auto first = static_cast<unsigned>(number % kSegments) * kPiecesMax;
  downloads_.Enter(viewer, first);
  deadlines_.Watch(viewer, first);
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
    case Kind::kPlaylist:
      if (playlists_.OnPlaylist(event)) Enter(event.viewer, event.mask - 1);
      return;
    case Kind::kTurn:
      return downloads_.OnTurn(event);
    case Kind::kLook:
      return downloads_.OnLook(event);
    case Kind::kTell:
      return teller_.OnTell(event);
    case Kind::kNews:
      if (teller_.OnNews(event) != 0) downloads_.LookSoon(event.viewer);
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
    case Kind::kTimeout:
      return downloads_.OnTimeout(event);
    case Kind::kCdnHead:
      return downloads_.OnCdnHead(event);
    case Kind::kCdnChunk:
      return downloads_.OnCdnChunk(event);
    case Kind::kHandoff:
      return deadlines_.OnHandoff(event);
  }
}

}  // namespace shoal::sim::reduced
