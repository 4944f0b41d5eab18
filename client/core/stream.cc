#include "client/core/stream.h"

#include <algorithm>
#include <utility>

#include "common/base/overloaded.h"

namespace shoal::core {
Stream::Stream(Context& context, StreamId id, const SwarmId& swarm)
    : state_(context, id, swarm),
      mesh_(state_),
      intake_(state_, mesh_),
      fetches_(state_, intake_),
      puller_(state_, intake_, fetches_),
      desk_(state_),
      handoff_(state_, desk_, fetches_, puller_),
      seeder_(state_, fetches_, mesh_),
      accounts_(state_) {
  desk_.Asked();
}

void Stream::Activate() {
  left_since_.reset();
  if (state_.active_since) return;
  state_.active_since = state_.ctx.now;
  if (!state_.late) state_.late.emplace(state_.ctx.now);
  state_.poller.Resume(state_.ctx.now);
  dirty_ = true;
}

// ---- Playlist
// ------------------------------------------------------------------------------------

void Stream::OnPlaylist(const PlaylistLoaded& playlist) {
  const std::uint64_t limit_before = state_.table.limit();
  const bool changed =
      state_.table.Update(playlist, [this](Segment& segment) { Discard(segment); });
  for (auto it = state_.table.segments().lower_bound(state_.table.first());
       it != state_.table.segments().end() && changed; ++it) {
    if (it->second.length > state_.ctx.config.cache_bytes / 4) it->second.oversize = true;
  }
  ForgetUnlisted();
  if (changed) LearnLengthsFromPeers();
  state_.poller.Loaded(changed, state_.table.target_duration(), state_.ctx.now);
  if (state_.active_since && state_.ctx.swarming() && state_.table.limit() > limit_before) {
    mesh_.SegmentListed(*state_.table.Find(state_.table.limit() - 1));
  }
  dirty_ = true;
}

void Stream::ForgetUnlisted() {
  const std::uint64_t earliest = desk_.Earliest().value_or(state_.table.limit());
  std::vector<std::uint64_t> forgotten;
  for (const auto& [sequence, segment] : state_.table.segments()) {
    if (std::binary_search(state_.window.begin(), state_.window.end(), sequence)) continue;
    segment.holders.Clear();  // hardly asked for again
    if (segment.listed || desk_.Serving(sequence)) continue;
    const bool held = segment.held_bytes() > 0;
    if (held && state_.table.MediaBetween(sequence, earliest) <= kKeptBehind) continue;
    forgotten.push_back(sequence);
  }
  for (std::uint64_t sequence : forgotten) ReleaseSegment(*state_.table.Find(sequence));
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
  dirty_ = urgent_ = true;
}

void Stream::OnPlayerServed(RequestId request) {
  if (const PlayerDesk::Request* found = desk_.Find(request)) {
    if (Segment* segment = state_.table.Find(found->sequence)) Settle(*segment);
    accounts_.SegmentPlayed(found->sequence);
  }
  desk_.Served(request);
  dirty_ = true;
}

void Stream::OnPlayerGone(RequestId request) {
  desk_.Gone(request);
  dirty_ = true;
}

bool Stream::owns(RequestId request) const {
  return const_cast<PlayerDesk&>(desk_).Find(request) != nullptr;
}

// ---- CDN
// -----------------------------------------------------------------------------------------

void Stream::OnCdnResponded(const CdnResponded& responded) {
  Fetches::Fetch* fetch = fetches_.Find(responded.fetch);
  if (fetch == nullptr) return;
  state_.ctx.cdn.Responded(responded.fetch, state_.ctx.now);
  Segment* segment = state_.table.Find(fetch->sequence);
  if (segment == nullptr) return;
  dirty_ = urgent_ = true;
  if (!responded.shareable) segment->shareable = false;
  if (!responded.total_length) {
    // Its end cannot be known before it comes: not to be cut into pieces.
    segment->oversize = true;
    return Discard(*segment);
  }
  if (!responded.range_honoured && fetch->next > 0) {
    // The whole comes instead of the range: what is held already is received again, once.
    state_.no_ranges = true;
    fetch->next = 0;
    fetch->end = FetchFromCdn::kToEnd;
  }
  if (!responded.range_honoured) segment->shareable = false;
  LearnLength(*segment, *responded.total_length, LengthSource::kCdn);
}

void Stream::OnCdnBytes(const CdnBytes& bytes) {
  Fetches::Fetch* fetch = fetches_.Find(bytes.fetch);
  if (fetch == nullptr) return;
  const std::uint64_t sequence = fetch->sequence;
  const Segment* segment = state_.table.Find(sequence);
  const std::size_t pieces_before = segment == nullptr ? 0 : segment->complete_pieces;
  const bool first = !fetch->begun;
  fetches_.OnBytes(*fetch, bytes.size);
  if (first) dirty_ = true;  // from now on it may stall
  if (segment == nullptr) return;
  if (segment->complete_pieces != pieces_before) dirty_ = true;
  if (segment->complete()) urgent_ = true;
}

void Stream::OnCdnFinished(const CdnFinished& finished) {
  const Fetches::Fetch* found = fetches_.Find(finished.fetch);
  if (found == nullptr) return;
  const Fetches::Fetch fetch = *found;
  fetches_.OnFinished(fetch, finished);
  dirty_ = urgent_ = true;
  Segment* segment = state_.table.Find(fetch.sequence);
  if (segment == nullptr) return;
  if (finished.outcome == FetchOutcome::kChanged) {
    Discard(*segment);
  } else if (finished.outcome == FetchOutcome::kRangeNotSatisfiable && finished.total_length) {
    const bool news = *finished.total_length != segment->length || !segment->length_known();
    if (news && segment->length_known()) {
      // The length that the CDN (or a peer) named before was wrong, and so may be the bytes.
      Discard(*segment);
      segment->ForgetLength();
    }
    LearnLength(*segment, *finished.total_length, LengthSource::kCdn);
    if (news) {  // the assumption was at fault, not the CDN
      segment->cdn_failures = 0;
      segment->cdn_retry_at = state_.ctx.now;
    }
  }
}

void Stream::LearnLength(Segment& segment, std::uint64_t length, LengthSource source) {
  if (source == LengthSource::kPeer && (segment.length_known() || length == 0)) return;
  const std::uint64_t shared_max = std::min<std::uint64_t>(
      state_.ctx.config.cache_bytes / 4, std::uint64_t{kPiecesPerSegmentMax} * kPieceSize);
  if (length > shared_max) {
    if (source != LengthSource::kCdn) return;  // an unlikely claim: let the CDN say so
    segment.oversize = true;
    return Discard(segment);
  }
  if (segment.length_known() && segment.length != length) {
    const bool from_peers = segment.length_source == LengthSource::kPeer;
    if (!from_peers) return;  // the CDN contradicts itself: the transfer layer reports kChanged
    Discard(segment);
  }
  for (PieceIndex i = static_cast<PieceIndex>(PieceCount(length)); i < segment.pieces.size(); ++i) {
    puller_.Cancel(segment, i);
  }
  const std::uint64_t held_before = segment.held_bytes();
  segment.SetLength(length, source);
  state_.ctx.cache_bytes -= held_before - std::min(held_before, segment.held_bytes());
  fetches_.PiecesChanged(segment);
}

void Stream::Discard(Segment& segment) {
  desk_.FailReleased(segment.sequence);
  puller_.CancelSegment(segment);
  fetches_.CancelSegment(segment);
  for (const LinkReject& reject : state_.ctx.uploader.Dropped(state_.Ref(segment))) {
    state_.ctx.Do(SendMessage{reject.link, reject.reject});
  }
  mesh_.SegmentDropped(segment);
  state_.ctx.cache_bytes -= segment.held_bytes();
  if (segment.held_bytes() > 0) state_.ctx.Do(DropSegment{state_.Ref(segment)});
  segment.Reset();
}

void Stream::Settle(Segment& segment) {
  if (segment.settled || segment.started_race) return;
  segment.settled = true;
  const auto late = std::count_if(segment.pieces.begin(), segment.pieces.end(),
                                  [](const Piece& piece) { return piece.late; });
  state_.late->SegmentDone(segment.pieces.size(), static_cast<std::uint64_t>(late), state_.ctx.now);
}

// ---- Links
// ---------------------------------------------------------------------------------------

void Stream::OnLinkOpened(const LinkOpened& opened) {
  const Mesh::Admission admission = mesh_.Admit(opened);
  if (admission.replaced) CloseLink(*admission.replaced, ByeReason::kDuplicate);
  if (admission.link == nullptr && opened.dialled) {
    state_.members.DialFailed(opened.peer.id, state_.ctx.now);
  }
  dirty_ = true;
}

void Stream::OnDialFailed(const DialFailed& failed) {
  if (failed.reason == ByeReason::kDuplicate) {
    state_.members.DialSettled(failed.peer);
  } else if (failed.reason == ByeReason::kFull) {
    state_.members.DialRefused(failed.peer, state_.ctx.now);
  } else {
    ++state_.figures.links_failed;
    state_.members.DialFailed(failed.peer, state_.ctx.now);
  }
  dirty_ = true;
}

void Stream::OnLinkClosed(const LinkClosed& closed) {
  const auto it = state_.links.find(closed.link);
  if (it == state_.links.end()) return;
  if (closed.reason == ByeReason::kUnspecified) ++state_.figures.links_failed;
  puller_.Forget(it->second);
  state_.ctx.uploader.LinkGone(closed.link);
  const PeerId peer = it->second.peer.id;
  mesh_.Remove(closed.link, closed.reason == ByeReason::kLeaving);
  if (closed.reason == ByeReason::kFull) {
    state_.members.DialRefused(peer, state_.ctx.now);
  } else if (closed.reason == ByeReason::kMisbehaved) {
    state_.members.DialFailed(peer, state_.ctx.now);  // not again at once
  }
  dirty_ = true;
}

void Stream::CloseLink(LinkId id, ByeReason reason) {
  const auto it = state_.links.find(id);
  if (it == state_.links.end()) return;
  puller_.Forget(it->second);
  state_.ctx.uploader.LinkGone(id);
  mesh_.Remove(id, false);
  state_.ctx.Do(core::CloseLink{id, reason});
  dirty_ = true;
}

void Stream::Misbehaved(LinkId id) {
  const auto it = state_.links.find(id);
  if (it == state_.links.end()) return;
  ++state_.figures.misbehaviours;
  const PeerId peer = it->second.peer.id;
  CloseLink(id, ByeReason::kMisbehaved);
  state_.members.DialFailed(peer, state_.ctx.now);
}

void Stream::OnMessage(LinkId id, const LinkMessage& message) {
  const auto it = state_.links.find(id);
  if (it == state_.links.end()) return;
  Link& link = it->second;
  link.last_heard = state_.ctx.now;
  const bool honest = std::visit(
      Overloaded{
          [&](const core::Progress& progress) {
            const bool matters =
                mesh_.Hear(link, progress, [this](Segment& segment, std::uint64_t length) {
                  LearnLength(segment, length, LengthSource::kPeer);
                });
            dirty_ = dirty_ || matters;
            return true;
          },
          [&](const Pull& pull) {
            OnPull(link, pull);
            return true;
          },
          [&](const Data& data) {
            const std::size_t pulls_before = link.pulls.size();
            const bool ok = puller_.OnData(link, data);
            if (link.pulls.size() != pulls_before) dirty_ = urgent_ = true;
            return ok;
          },
          [&](const Ack& ack) { return state_.ctx.uploader.Acked(id, ack.bytes, state_.ctx.now); },
          [&](const Reject& reject) {
            dirty_ = true;
            return puller_.OnReject(link, reject);
          },
          [&](const Cancel& cancel) {
            state_.ctx.uploader.Cancel(id, cancel.pull, cancel.unsent);
            return true;
          },
      },
      message);
  if (!honest) Misbehaved(id);
}

void Stream::OnPull(Link& link, const Pull& pull) {
  const Segment* segment = state_.table.FindKey(pull.key);
  std::optional<Reject> reject;
  if (segment == nullptr || !segment->shareable || pull.piece >= segment->pieces.size() ||
      segment->pieces[pull.piece].progress == 0 || pull.from >= segment->PieceSize(pull.piece)) {
    reject = Reject{pull.pull, RejectReason::kNotHeld, 0};
  } else {
    reject = state_.ctx.uploader.Enqueue({.link = link.id,
                                          .pull = pull.pull,
                                          .segment = state_.Ref(*segment),
                                          .piece = pull.piece,
                                          .from = pull.from,
                                          .piece_size = segment->PieceSize(pull.piece)},
                                         state_.ctx.now);
  }
  if (!reject) return;
  ++state_.figures.rejects_sent;
  link.last_sent = state_.ctx.now;
  state_.ctx.Do(SendMessage{link.id, *reject});
}

// ---- Tracker
// -------------------------------------------------------------------------------------

void Stream::OnHandout(const SwarmHandout& handout) {
  state_.announced = true;
  state_.members.Apply(handout);
  dirty_ = true;
}

// ---- Looking
// -------------------------------------------------------------------------------------

void Stream::Look() {
  const TimePoint now = state_.ctx.now;
  const bool due =
      (state_.wake && *state_.wake <= now) || (dirty_ && (urgent_ || now - looked_ >= kLookEvery));
  if (due) Decide();
  if (!mesh_.keep_at() || now < *mesh_.keep_at()) return;
  for (LinkId id : mesh_.Keep()) {
    ++state_.figures.links_failed;
    CloseLink(id, ByeReason::kUnspecified);
  }
}

void Stream::Decide() {
  dirty_ = urgent_ = false;
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
  // Prospects change with time alone: a pull may have slowed down, or fallen silent.
  if (desk_.waiting() || puller_.outstanding() > 0) {
    state_.WakeAt(state_.ctx.now + kReviewEvery);
  }
}

void Stream::MeasureLine() {
  for (std::uint64_t sequence : state_.window) {
    const Segment& segment = *state_.table.Find(sequence);
    const double seconds = ToSeconds(segment.duration);
    if (!segment.length_known() || seconds <= 0) continue;
    const double bit_rate = static_cast<double>(segment.length) / seconds;
    const CdnEstimate& cdn = state_.ctx.cdn;
    state_.line_to_spare = !cdn.measured() || cdn.line_bytes_per_second() >= kSpareLine * bit_rate;
    return;
  }
}

void Stream::LearnLengthsFromPeers() {
  for (auto& [sequence, segment] : state_.table.segments()) {
    for (const auto& [id, link] : state_.links) {
      if (segment.length_known()) break;
      const PeerView::Held* held = link.view.Find(segment.key);
      if (held != nullptr) LearnLength(segment, held->length, LengthSource::kPeer);
    }
  }
}

std::optional<TimePoint> Stream::NextWakeup() const {
  std::optional<TimePoint> next = state_.wake;
  const auto take = [&next](TimePoint time) { next = next ? std::min(*next, time) : time; };
  if (dirty_) take(looked_ + kLookEvery);
  if (mesh_.keep_at()) take(*mesh_.keep_at());
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
  while (!state_.links.empty()) CloseLink(state_.links.begin()->first, reason);
  for (auto& [sequence, segment] : state_.table.segments()) {
    state_.ctx.cache_bytes -= segment.held_bytes();
  }
  abandoned_ = true;
}

void Stream::Reconnect() {
  while (!state_.links.empty()) CloseLink(state_.links.begin()->first, ByeReason::kUnspecified);
  fetches_.CancelAll();
  dirty_ = true;
}

// ---- Bytes held
// ----------------------------------------------------------------------------------

const Segment* Stream::Evictable() const {
  for (const auto& [sequence, segment] : state_.table.segments()) {
    if (segment.held_bytes() == 0 || desk_.Serving(sequence)) continue;
    if (std::binary_search(state_.window.begin(), state_.window.end(), sequence)) continue;
    return &segment;
  }
  return nullptr;
}

std::optional<TimePoint> Stream::OldestEvictable() const {
  const Segment* segment = Evictable();
  return segment == nullptr ? std::nullopt : segment->entered;
}

bool Stream::EvictOne() {
  const Segment* segment = Evictable();
  if (segment == nullptr) return false;
  ReleaseSegment(*state_.table.Find(segment->sequence));
  return true;
}

void Stream::ReleaseSegment(Segment& segment) {
  Discard(segment);
  segment.entered.reset();
  if (!segment.listed) state_.table.Erase(segment.sequence);
}

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
