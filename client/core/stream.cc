#include "client/core/stream.h"

#include <algorithm>
#include <utility>

namespace shoal::core {
Stream::Stream(Context& context, StreamId id, const SwarmId& swarm)
    : state_(context, id, swarm),
      teller_(state_),
      mesh_(state_, teller_),
      hearing_(state_, teller_),
      intake_(state_, teller_),
      fetches_(state_, intake_),
      puller_(state_, intake_, fetches_),
      desk_(state_),
      handoff_(state_, desk_, fetches_, puller_),
      seeder_(state_, fetches_, teller_),
      shelf_(state_, teller_, desk_, fetches_, puller_),
      answers_(state_, fetches_, shelf_),
      link_desk_(state_, mesh_, hearing_, puller_, shelf_),
      accounts_(state_) {
  desk_.Asked();
}

void Stream::Activate() {
  left_since_.reset();
  if (state_.active_since) return;
  state_.active_since = state_.ctx.now;
  if (!state_.late) state_.late.emplace(state_.ctx.now);
  state_.poller.Resume(state_.ctx.now);
  state_.LookSoon();
}

// ---- Playlist
// ------------------------------------------------------------------------------------

void Stream::OnPlaylist(const PlaylistLoaded& playlist) {
  const std::uint64_t limit_before = state_.table.limit();
  const bool changed =
      state_.table.Update(playlist, [this](Segment& segment) { shelf_.Discard(segment); });
  for (auto it = state_.table.segments().lower_bound(state_.table.first());
       it != state_.table.segments().end() && changed; ++it) {
    if (it->second.length > state_.ctx.config.cache_bytes / 4) it->second.oversize = true;
  }
  shelf_.ForgetUnlisted();
  if (changed) shelf_.LearnLengthsFromPeers();
  state_.poller.Loaded(changed, state_.table.target_duration(), state_.ctx.now);
  if (state_.active_since && state_.ctx.swarming() && state_.table.limit() > limit_before) {
    teller_.SegmentListed(*state_.table.Find(state_.table.limit() - 1));
  }
  state_.LookSoon();
}

void Stream::OnPlaylistFailed() { state_.poller.Failed(state_.ctx.now); }

void Stream::OnPlaylistRequested() {
  desk_.Asked();
  if (left_since_) Activate();
}

void Stream::PollIfDue() {
  const std::optional<TimePoint> due = state_.poller.Due();
  if (!state_.active_since || !state_.ctx.swarming() || state_.table.ended() || !due) return;
  if (state_.ctx.now < *due) return state_.WakeAt(*due);
  state_.poller.Polled(state_.ctx.now);
  state_.ctx.Do(FetchPlaylist{state_.id});
}

// ---- Players
// -------------------------------------------------------------------------------------

void Stream::OnPlayerRequested(const PlayerRequested& requested) {
  const Segment* segment = state_.table.Find(requested.segment.sequence);
  if (segment == nullptr || !desk_.Add(requested)) {
    desk_.Asked();
    state_.ctx.Do(RelayRequest{requested.request});
    return;
  }
  Activate();
  state_.LookAtOnce();
}

void Stream::OnPlayerServed(RequestId request) {
  if (const PlayerDesk::Request* found = desk_.Find(request)) {
    if (Segment* segment = state_.table.Find(found->sequence)) Settle(*segment);
    accounts_.SegmentPlayed(found->sequence);
  }
  desk_.Served(request);
  state_.LookSoon();
}

void Stream::OnPlayerGone(RequestId request) {
  desk_.Gone(request);
  state_.LookSoon();
}

bool Stream::owns(RequestId request) const {
  return const_cast<PlayerDesk&>(desk_).Find(request) != nullptr;
}

void Stream::Settle(Segment& segment) {
  if (segment.settled || segment.started_race) return;
  segment.settled = true;
  const auto late = std::count_if(segment.pieces.begin(), segment.pieces.end(),
                                  [](const Piece& piece) { return piece.late; });
  state_.late->SegmentDone(segment.pieces.size(), static_cast<std::uint64_t>(late), state_.ctx.now);
}

// ---- Tracker
// -------------------------------------------------------------------------------------

void Stream::OnHandout(const SwarmHandout& handout) {
  state_.announced = true;
  state_.members.Apply(handout);
  state_.LookSoon();
}

// ---- Looking
// -------------------------------------------------------------------------------------

void Stream::Look() {
  const TimePoint now = state_.ctx.now;
  const bool due = (state_.wake && *state_.wake <= now) ||
                   (state_.dirty && (state_.urgent || now - looked_ >= kLookEvery));
  if (due) Decide();
  if (teller_.tell_at() <= now) teller_.TellDue(Mesh::kDeadAfter);
  if (now >= mesh_.keep_at()) link_desk_.Keep();
}

void Stream::Decide() {
  state_.dirty = state_.urgent = false;
  looked_ = state_.ctx.now;
  state_.wake.reset();

  LeaveIfDue();
  PollIfDue();
  if (!state_.active_since) return;
  desk_.UpdateWindow();
  MeasureLine();
  handoff_.Look();
  if (!state_.ctx.swarming()) return;
  puller_.Look();
  seeder_.Look();
  mesh_.Look();
  teller_.MarkStalled();
  // Prospects change with time alone: a pull may have slowed down, or fallen silent.
  if (desk_.waiting() || puller_.outstanding() > 0) {
    state_.WakeAt(state_.ctx.now + kReviewEvery);
  }
}

void Stream::MeasureLine() {
  for (const Segment* segment : state_.in_window) {
    const double seconds = ToSeconds(segment->duration);
    if (!segment->length_known() || seconds <= 0) continue;
    const double bit_rate = static_cast<double>(segment->length) / seconds;
    const CdnEstimate& cdn = state_.ctx.cdn;
    state_.line_to_spare = !cdn.measured() || cdn.line_bytes_per_second() >= kSpareLine * bit_rate;
    return;
  }
}

std::optional<TimePoint> Stream::NextWakeup() const {
  std::optional<TimePoint> next = state_.wake;
  const auto take = [&next](TimePoint time) { next = next ? std::min(*next, time) : time; };
  if (state_.dirty) take(looked_ + kLookEvery);
  if (teller_.tell_at() != TimePoint::max()) take(teller_.tell_at());
  if (mesh_.keep_at() != TimePoint::max()) take(mesh_.keep_at());
  return next;
}

void Stream::LeaveIfDue() {
  const TimePoint now = state_.ctx.now;
  if (!left_since_) {
    const TimePoint left_at = desk_.LeftAt();
    if (now < left_at) {
      if (left_at != TimePoint::max()) state_.WakeAt(left_at);
      return;
    }
    left_since_ = now;
    state_.active_since.reset();
    state_.window.clear();
    puller_.CancelAll();
    fetches_.CancelAll();
    desk_.Forget();
  }
  if (now - *left_since_ >= kLingers) {
    abandoned_ = true;
  } else {
    state_.WakeAt(*left_since_ + kLingers);
  }
}

void Stream::Close(ByeReason reason) {
  puller_.CancelAll();
  fetches_.CancelAll();
  while (!state_.links.empty()) link_desk_.Close(state_.links.begin()->first, reason);
  for (auto& [sequence, segment] : state_.table.segments()) {
    state_.ctx.cache_bytes -= segment.held_bytes();
  }
  abandoned_ = true;
}

void Stream::Reconnect() {
  while (!state_.links.empty())
    link_desk_.Close(state_.links.begin()->first, ByeReason::kUnspecified);
  fetches_.CancelAll();
  state_.LookSoon();
}

// ---- Bytes held
// ----------------------------------------------------------------------------------

std::uint32_t Stream::Progress(std::uint64_t sequence, PieceIndex piece) const {
  const Segment* segment = state_.table.Find(sequence);
  if (segment == nullptr || piece >= segment->pieces.size()) return 0;
  return segment->pieces[piece].progress;
}

StreamFigures Stream::Figures() const {
  StreamFigures figures = state_.figures;
  figures.active = active();
  figures.swarm_size = state_.members.swarm_size();
  figures.members_known = static_cast<std::uint32_t>(state_.members.known().size());
  figures.links = static_cast<std::uint32_t>(state_.links.size());
  figures.late_share = state_.late ? state_.late->value() : 0;
  return figures;
}

}  // namespace shoal::core
