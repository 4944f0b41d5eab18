#include "tests/sim/reduced/playlists.h"

#include <algorithm>
#include <optional>

#include "tests/sim/world/cdn_model.h"

namespace shoal::sim::reduced {

void Playlists::Load(std::uint32_t index) {
  const TimePoint sent = s_.network.up(index).Enqueue(ToTime(s_.now), CdnModel::kRequest);
  const TimePoint made = sent + s_.scenario.cdn.first_byte / 2;
  const TimePoint in = sent + s_.scenario.cdn.first_byte +
                       Seconds(CdnModel::kPlaylist / s_.network.down(index).bytes_per_second());
  const auto listed = made.time_since_epoch() / s_.media.segment_duration();
  s_.wheel.Add({.at = ToMicros(in.time_since_epoch()),
                .viewer = index,
                .mask = static_cast<Mask>(listed),
                .kind = Kind::kPlaylist});
}

void Playlists::OnPlayerLoads(const Event& event) {
  Load(event.viewer);
  Event again = event;
  again.at += ToMicros(s_.media.segment_duration());
  s_.wheel.Add(again);
}

bool Playlists::OnPlaylist(const Event& event) {
  Viewer& viewer = s_.viewers[event.viewer];
  const auto listed = static_cast<std::uint32_t>(event.mask);
  const bool changed = listed > viewer.listed;
  viewer.poller.Loaded(changed, s_.media.segment_duration(), ToTime(s_.now));
  PollWhenDue(event.viewer);
  if (!changed) return false;
  viewer.listed = listed;
  for (unsigned link = 0; link < viewer.links; ++link) {
    // Whoever has told of it knows it.
    const bool knows =
        (s_.end(event.viewer, link).theirs & SegmentMask((listed - 1) % kSegments)) != 0;
    if (knows) continue;
    s_.Message(event.viewer, link, kProgressBytes, {.mask = listed, .kind = Kind::kHeard});
  }
  return true;
}

void Playlists::OnHeard(const Event& event) {
  Viewer& viewer = s_.viewers[event.viewer];
  if (event.mask <= viewer.listed) return;
  viewer.poller.Grown();
  PollWhenDue(event.viewer);
}

void Playlists::PollWhenDue(std::uint32_t index) {
  Viewer& viewer = s_.viewers[index];
  const std::optional<TimePoint> due = viewer.poller.Due();
  if (!due) return;
  const Micros at = std::max(s_.now, ToMicros(due->time_since_epoch()));
  if (viewer.poll_at > s_.now && viewer.poll_at <= at) return;  // there will be a look by then
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
