#include "tests/sim/reduced/playlists.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace shoal::sim::reduced {

void Playlists::Load(std::uint32_t index) {
  // Whoever waits for it gets the one under way.
  if (std::exchange(s_.viewers[index].loading, true)) return;
  fetches_.LoadPlaylist(index);
}

void Playlists::OnPlayerLoads(const Event& event) {
  const Viewer& viewer = s_.viewers[event.viewer];
  const bool fresh = viewer.loaded_at != 0 && s_.now < viewer.loaded_at + ToMicros(kFreshFor);
  if (!fresh) Load(event.viewer);
  Event again = event;
  again.at += ToMicros(s_.media.segment_duration());
  s_.wheel.Add(again);
}

bool Playlists::OnPlaylist(std::uint32_t index, std::uint32_t listed) {
  Viewer& viewer = s_.viewers[index];
  viewer.loading = false;
  viewer.loaded_at = s_.now;
  const bool changed = listed > viewer.listed;
  viewer.poller.Loaded(changed, s_.media.segment_duration(), ToTime(s_.now));
  PollWhenDue(index);
  if (!changed) return false;
  viewer.listed = listed;
  const auto slot = static_cast<std::uint8_t>(1u << ((listed - 1) % kSegments));
  for (unsigned link = 0; link < viewer.links; ++link) {
    // Whoever has spoken of it knows it.
    if ((s_.end(index, link).knows & slot) != 0) continue;
    s_.Message(index, link, kProgressBytes, {.mask = listed, .kind = Kind::kHeard});
  }
  return true;
}

void Playlists::OnHeard(const Event& event) {
  s_.end(event.viewer, event.link).knows |=
      static_cast<std::uint8_t>(1u << ((event.mask - 1) % kSegments));
  if (event.mask > s_.viewers[event.viewer].listed) Grown(event.viewer);
}

void Playlists::Grown(std::uint32_t viewer) {
  s_.viewers[viewer].poller.Grown();
  PollWhenDue(viewer);
}

void Playlists::PollWhenDue(std::uint32_t index) {
  Viewer& viewer = s_.viewers[index];
  const std::optional<TimePoint> due = viewer.poller.Due();
  if (!due) return;
  const Micros at = std::max(s_.now, ToMicros(due->time_since_epoch()));
  if (viewer.poll_at >= s_.now && viewer.poll_at <= at) return;  // there will be a look by then
  viewer.poll_at = at;
  s_.wheel.Add({.at = at, .viewer = index, .mask = at, .kind = Kind::kPoll});
}

void Playlists::OnPoll(const Event& event) {
  Viewer& viewer = s_.viewers[event.viewer];
  if (viewer.poll_at != event.mask) return;
  viewer.poll_at = 0;
  const std::optional<TimePoint> due = viewer.poller.Due();
  if (!due) return;
  if (*due > ToTime(s_.now)) return PollWhenDue(event.viewer);
  viewer.poller.Polled(ToTime(s_.now));
  Load(event.viewer);
}

}  // namespace shoal::sim::reduced
