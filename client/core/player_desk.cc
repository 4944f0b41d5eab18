#include "client/core/player_desk.h"

#include <algorithm>

namespace shoal::core {

bool PlayerDesk::Add(const PlayerRequested& requested) {
  Asked();
  if (requests_.size() >= kRequestsMax) return false;
  auto it = players_.find(requested.player);
  if (it == players_.end()) {
    if (players_.size() >= kPlayersMax) {
      players_.erase(std::min_element(players_.begin(), players_.end(), [](auto& a, auto& b) {
        return a.second.last_asked < b.second.last_asked;
      }));
    }
    it = players_.try_emplace(requested.player).first;
  }
  Player& player = it->second;
  player.playhead.Requested(requested.segment.sequence, requested.hints, s_.ctx.now);
  player.furthest = player.playhead.last_requested().value_or(requested.segment.sequence);
  player.last_asked = s_.ctx.now;
  requests_[requested.request] = {.id = requested.request,
                                  .player = requested.player,
                                  .sequence = requested.segment.sequence,
                                  .asked = s_.ctx.now};
  return true;
}

PlayerDesk::Request* PlayerDesk::Find(RequestId id) {
  const auto it = requests_.find(id);
  return it == requests_.end() ? nullptr : &it->second;
}

void PlayerDesk::Served(RequestId id) {
  const Request* request = Find(id);
  if (request == nullptr) return;
  Asked();  // somebody was here until now
  const Segment* segment = s_.table.Find(request->sequence);
  const auto player = players_.find(request->player);
  if (segment != nullptr && player != players_.end()) {
    player->second.playhead.Delivered(request->sequence, segment->duration, s_.ctx.now);
    player->second.last_asked = s_.ctx.now;
    s_.figures.bytes_to_players += segment->length;
    ++s_.figures.segments_to_players;
    if (!player->second.startup_reported && player->second.playhead.started()) {
      player->second.startup_reported = true;
      s_.figures.startup = player->second.playhead.startup();
    }
  }
  requests_.erase(id);
  ReportStalls();
}

void PlayerDesk::Gone(RequestId id) {
  const Request* request = Find(id);
  if (request == nullptr) return;
  const auto player = players_.find(request->player);
  if (player != players_.end()) player->second.playhead.Abandoned(request->sequence, s_.ctx.now);
  requests_.erase(id);
}

bool PlayerDesk::Serving(std::uint64_t sequence) const {
  return std::any_of(requests_.begin(), requests_.end(),
                     [&](const auto& entry) { return entry.second.sequence == sequence; });
}

bool PlayerDesk::waiting() const {
  return std::any_of(requests_.begin(), requests_.end(),
                     [](const auto& entry) { return !entry.second.released; });
}

void PlayerDesk::FailReleased(std::uint64_t sequence) {
  for (auto& [id, request] : requests_) {
    if (request.sequence != sequence || !request.released || request.relayed) continue;
    request.relayed = true;
    s_.ctx.Do(FailRequest{id, 502});
  }
}

std::uint64_t PlayerDesk::NextOf(PlayerId id, const Player& player) const {
  std::uint64_t next = player.playhead.next_sequence().value_or(player.furthest);
  for (const auto& [request_id, request] : requests_) {
    if (request.player == id) next = std::min(next, request.sequence);
  }
  return next;
}

TimePoint PlayerDesk::DeadlineOf(const Request& request) const {
  const auto player = players_.find(request.player);
  if (player == players_.end()) return s_.ctx.now;
  const Playhead& playhead = player->second.playhead;
  const std::uint64_t next = playhead.next_sequence().value_or(request.sequence);
  return playhead.Deadline(s_.table.MediaBetween(next, request.sequence), s_.ctx.now);
}

std::optional<TimePoint> PlayerDesk::Deadline(std::uint64_t sequence) const {
  std::optional<TimePoint> deadline;
  for (const auto& [id, request] : requests_) {
    if (request.sequence != sequence || request.released) continue;
    const TimePoint due = DeadlineOf(request);
    deadline = deadline ? std::min(*deadline, due) : due;
  }
  return deadline;
}

bool PlayerDesk::Starting(std::uint64_t sequence) const {
  return std::any_of(requests_.begin(), requests_.end(), [&](const auto& entry) {
    if (entry.second.sequence != sequence) return false;
    const auto player = players_.find(entry.second.player);
    return player == players_.end() ||
           (player->second.playhead.next_sequence() == sequence &&
            player->second.playhead.BufferAt(s_.ctx.now) == Duration::zero());
  });
}

TimePoint PlayerDesk::LeftAt() const {
  if (!requests_.empty()) return TimePoint::max();
  if (!s_.table.ended()) return last_asked_ + 3 * s_.table.target_duration();
  Duration buffer{};
  for (const auto& [id, player] : players_) {
    buffer = std::max(buffer, player.playhead.BufferAt(last_asked_));
  }
  return last_asked_ + buffer + kSilenceOnDemand;
}

void PlayerDesk::UpdateWindow() {
  std::vector<std::uint64_t>& wanted = s_.window;  // ordered
  wanted.clear();
  s_.in_window.clear();
  std::uint64_t bytes = 0;
  for (const auto& [id, player] : players_) {
    if (s_.ctx.now - player.last_asked > 3 * s_.table.target_duration() + kSilenceOnDemand)
      continue;
    Duration ahead{};
    auto it = s_.table.segments().lower_bound(NextOf(id, player));
    for (; it != s_.table.segments().end(); ++it) {
      if (it->first > player.furthest) {
        ahead += it->second.duration;
        if (ahead > kAhead) break;
      }
      const auto place = std::lower_bound(wanted.begin(), wanted.end(), it->first);
      if (it->second.oversize || (place != wanted.end() && *place == it->first)) continue;
      s_.table.AssumeLength(it->second);
      bytes += it->second.length;
      if (bytes > s_.ctx.config.cache_bytes / 2 && !Serving(it->first)) {
        break;
      }
      s_.in_window.insert(s_.in_window.begin() + (place - wanted.begin()), &it->second);
      wanted.insert(place, it->first);
    }
  }
  for (Segment* segment : s_.in_window) {
    if (!segment->entered) segment->entered = s_.ctx.now;
  }
}

std::optional<std::uint64_t> PlayerDesk::Earliest() const {
  std::optional<std::uint64_t> earliest;
  for (const auto& [id, player] : players_) {
    const std::uint64_t next = NextOf(id, player);
    earliest = earliest ? std::min(*earliest, next) : next;
  }
  return earliest;
}

void PlayerDesk::Forget() { players_.clear(); }

void PlayerDesk::ReportStalls() {
  // Players come and go; what they stalled stays counted.
  std::uint64_t stalls = 0;
  Duration stalled{};
  for (const auto& [id, player] : players_) {
    stalls += player.playhead.stalls();
    stalled += player.playhead.stalled();
  }
  s_.figures.stalls = std::max(s_.figures.stalls, stalls);
  s_.figures.stalled = std::max(s_.figures.stalled, stalled);
}

}  // namespace shoal::core
