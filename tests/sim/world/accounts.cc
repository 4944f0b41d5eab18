#include "tests/sim/world/accounts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace shoal::sim {
namespace {

double Ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

double MedianOf(std::vector<float> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return static_cast<double>(*middle);
}

}  // namespace

Accounts::Accounts(const Scenario& scenario, const Media& media)
    : scenario_(scenario),
      media_(media),
      from_(scenario.measure_from),
      to_(scenario.measure_from + scenario.measure_for),
      distinct_(media.renditions()) {}

void Accounts::Joined(std::uint32_t viewer, const Profile& profile, TimePoint now) {
  if (viewers_.size() <= viewer) viewers_.resize(viewer + 1);
  viewers_[viewer] = Viewer{.joined = now, .left = {}, .capacity = profile.capacity};
  if (profile.cap) caps_.SetCap(viewer, *profile.cap);
  ++present_;
  present_max_ = std::max(present_max_, present_);
}

void Accounts::Left(std::uint32_t viewer, TimePoint now) {
  viewers_[viewer].left = now;
  caps_.Forget(viewer);
  --present_;
}

void Accounts::CoreEnded(const core::CoreFigures& figures) {
  for (const core::StreamFigures& stream : figures.streams) {
    for (std::size_t i = 0; i < core::kHandoffReasons; ++i) handoffs_[i] += stream.handoffs[i];
  }
}

void Accounts::CdnSent(std::uint32_t bytes, TimePoint now) {
  cdn_on_the_way_ += bytes;
  totals_.cdn_bytes += bytes;
  if (Measured(now)) measured_.cdn_bytes += bytes;
}

void Accounts::CdnAsked(TimePoint now) {
  if (Measured(now)) ++measured_.cdn_requests;
}

void Accounts::CdnReceived(std::uint32_t viewer, std::uint32_t bytes, TimePoint now) {
  Arrived(cdn_on_the_way_, viewer, bytes, now, "the CDN");
}

void Accounts::Arrived(std::uint64_t& on_the_way, std::uint32_t viewer, std::uint32_t bytes,
                       TimePoint now, const char* from) {
  if (bytes > on_the_way) {
    Violation(viewer, now,
              absl::StrCat("got ", bytes - on_the_way, " bytes more than ", from,
                           " had sent to anybody"));
  }
  on_the_way -= std::min<std::uint64_t>(bytes, on_the_way);
}

void Accounts::PeerReceived(std::uint32_t viewer, std::uint32_t bytes, TimePoint now) {
  Arrived(peers_on_the_way_, viewer, bytes, now, "peers");
  totals_.peer_bytes += bytes;
  if (Measured(now)) measured_.peer_bytes += bytes;
}

void Accounts::Stored(std::uint32_t bytes, TimePoint now) {
  if (Measured(now)) measured_.stored_bytes += bytes;
}

void Accounts::ControlSent(std::uint32_t framed_bytes, TimePoint now) {
  if (Measured(now)) measured_.control_bytes += framed_bytes;
}

double Accounts::Uploaded(std::uint32_t viewer, std::uint32_t bytes, TimePoint now) {
  peers_on_the_way_ += bytes;
  if (Measured(now)) viewers_[viewer].uploaded += bytes;
  const double over = caps_.Sent(viewer, bytes, now);
  over_cap_max_ = std::max(over_cap_max_, over);
  return over;
}

void Accounts::SegmentPlayed(std::uint32_t rendition, std::uint64_t sequence, TimePoint now) {
  const std::uint64_t length = media_.Length(rendition, sequence);
  totals_.player_bytes += length;
  ++totals_.segments;
  std::vector<bool>& delivered = distinct_[rendition];
  if (delivered.size() <= sequence) delivered.resize(sequence + 1);
  const bool first = !delivered[sequence];
  delivered[sequence] = true;
  if (!Measured(now)) return;
  measured_.player_bytes += length;
  ++measured_.segments;
  // Of what others were given before, clients may have kept copies.
  if (first) distinct_bytes_ += length;
}

void Accounts::Shown(Duration latency, TimePoint now) {
  if (Measured(now)) latencies_.push_back(static_cast<float>(ToSeconds(latency)));
}

void Accounts::Stalled(std::uint32_t viewer, Duration so_far) {
  totals_.stalled += so_far - viewers_[viewer].stalled;
  viewers_[viewer].stalled = so_far;
}

void Accounts::Violation(std::uint32_t viewer, TimePoint now, const std::string& what) {
  ++violation_count_;
  if (violations_.size() >= kViolationsKept) return;
  violations_.push_back(
      absl::StrFormat("%.6f s, viewer %u: %s", ToSeconds(now.time_since_epoch()), viewer, what));
}

void Accounts::Tick(TimePoint now) {
  const Duration stalled = totals_.stalled - last_second_.stalled;
  if (Measured(now - Microseconds(1))) {
    measured_.viewer_seconds += present_;
    measured_.stalled += stalled;
  }
  seconds_.push_back({.at = ToSeconds(now.time_since_epoch()),
                      .viewers = present_,
                      .cdn_bytes = totals_.cdn_bytes - last_second_.cdn_bytes,
                      .peer_bytes = totals_.peer_bytes - last_second_.peer_bytes,
                      .player_bytes = totals_.player_bytes - last_second_.player_bytes,
                      .stalled_seconds = ToSeconds(stalled)});
  last_second_ = totals_;
}

double Accounts::SecondsMeasured(const Viewer& viewer, TimePoint now) const {
  const TimePoint begin = std::max(viewer.joined, from_);
  const TimePoint end = std::min({viewer.left.value_or(now), to_, now});
  return end > begin ? ToSeconds(end - begin) : 0;
}

double Accounts::Floor(TimePoint now) const {
  double upload = 0;
  for (const Viewer& viewer : viewers_) upload += viewer.capacity * SecondsMeasured(viewer, now);
  const auto delivered = static_cast<double>(measured_.player_bytes);
  return Ratio(std::max(static_cast<double>(distinct_bytes_), delivered - upload), delivered);
}

// Jain's index: (Σx)² ÷ (n · Σx²), 1 if all are equal.
void Accounts::SumUploads(TimePoint now, Result* result) const {
  double sum = 0;
  double squares = 0;
  std::size_t count = 0;
  result->upload_use.reserve(viewers_.size());
  for (const Viewer& viewer : viewers_) {
    const double could = viewer.capacity * SecondsMeasured(viewer, now);
    const double use = Ratio(static_cast<double>(viewer.uploaded), could);
    result->upload_use.push_back(use);
    if (could <= 0) continue;
    sum += use;
    squares += use * use;
    ++count;
  }
  result->upload_fairness = Ratio(sum * sum, static_cast<double>(count) * squares);
}

Result Accounts::Sum(TimePoint now) const {
  Result result{.scenario = scenario_.name, .viewers = present_max_, .seed = scenario_.seed};
  const auto delivered = static_cast<double>(measured_.player_bytes);
  const std::uint64_t received = measured_.cdn_bytes + measured_.peer_bytes;
  const std::uint64_t stored = std::min(measured_.stored_bytes, received);
  result.cdn_share = Ratio(static_cast<double>(measured_.cdn_bytes), delivered);
  result.floor = Floor(now);
  result.stall_seconds_per_viewer_hour =
      Ratio(ToSeconds(measured_.stalled), measured_.viewer_seconds / 3600);
  result.startup_median_s = MedianOf(startups_);
  result.latency_median_s = MedianOf(latencies_);
  result.waste_share = Ratio(static_cast<double>(received - stored), delivered);
  result.control_share = Ratio(static_cast<double>(measured_.control_bytes), delivered);
  result.cdn_requests_per_segment =
      Ratio(static_cast<double>(measured_.cdn_requests), static_cast<double>(measured_.segments));
  result.upload_over_cap_max = over_cap_max_;
  result.stalls = stalls_;
  result.segments = totals_.segments;
  for (std::size_t i = 0; i < core::kHandoffReasons; ++i) {
    result.handoffs[core::kHandoffReasonNames[i]] = handoffs_[i];
  }
  result.violations = violations_;
  result.violation_count = violation_count_;
  result.events = events_;
  result.simulated_s = ToSeconds(now.time_since_epoch());
  result.seconds = seconds_;
  SumUploads(now, &result);
  return result;
}

}  // namespace shoal::sim
