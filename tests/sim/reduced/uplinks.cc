#include "tests/sim/reduced/uplinks.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "client/core/uploader.h"

namespace shoal::sim::reduced {

using core::Uploader;

namespace {

double BytesIn(Duration time, double rate) { return ToSeconds(time) * rate; }

}  // namespace

// ---- Windows -----------------------------------------------------------------------------------

std::uint32_t Uplinks::Window(const Viewer& viewer) const {
  return static_cast<std::uint32_t>(core::SendWindow().Bytes(viewer.Rate()));
}

Duration Uplinks::Delay(const Viewer& viewer) const {
  if (!viewer.uploads || viewer.Rate() <= 0) return Duration{};
  const std::uint32_t ahead = std::min(viewer.unacked + viewer.queued, Window(viewer));
  return Seconds(ahead / viewer.Rate());
}

// ---- Pulls -------------------------------------------------------------------------------------

std::uint32_t Uplinks::RestOf(const Job& job) const {
  const std::uint32_t size = s_.PieceSize(job.piece);
  return size - std::min(size, job.next * kChunk);
}

std::uint32_t Uplinks::QueuedAhead(std::uint32_t index, const Event& pull) {
  const std::vector<Job>& jobs = s_.viewers[index].jobs;
  for (const Job& job : jobs) queued_of_[job.link] += RestOf(job);
  const std::uint32_t own = queued_of_[pull.link];
  const std::uint32_t own_after = own + s_.PieceSize(pull.piece) - pull.count * kChunk;
  std::uint32_t ahead = own;
  queued_of_[pull.link] = 0;
  for (const Job& job : jobs) {
    ahead += std::min(queued_of_[job.link], own_after);
    queued_of_[job.link] = 0;
  }
  return ahead;
}

void Uplinks::OnPull(const Event& event) {
  Viewer& viewer = s_.viewers[event.viewer];
  Event reject{.kind = Kind::kReject, .piece = event.piece, .pull = event.pull};
  if (s_.piece(event.viewer, event.piece).chunks == 0) {
    return s_.Message(event.viewer, event.link, kPullBytes, reject);
  }
  const double rate = std::max(viewer.Rate(), 1.0);
  if (!viewer.jobs.empty() &&
      QueuedAhead(event.viewer, event) > BytesIn(Uploader::kQueueMax, rate)) {
    const double retry = std::clamp(viewer.queued / rate, ToSeconds(Uploader::kRetryMin),
                                    ToSeconds(Uploader::kRetryMax));
    reject.mask = static_cast<Mask>(1e6 * retry);
    return s_.Message(event.viewer, event.link, kPullBytes, reject);
  }
  viewer.jobs.push_back({.link = event.link,
                         .piece = event.piece,
                         .pull = event.pull,
                         .next = event.count,
                         .held = s_.piece(event.viewer, event.piece).chunks});
  viewer.queued += RestOf(viewer.jobs.back());
  Pump(event.viewer);
}

void Uplinks::OnCancel(const Event& event) {
  for (Job& job : s_.viewers[event.viewer].jobs) {
    if (job.link != event.link || job.piece != event.piece || job.pull != event.pull) continue;
    Remove(event.viewer, &job);
    return Pump(event.viewer);
  }
}

void Uplinks::Remove(std::uint32_t index, Job* job) {
  Viewer& viewer = s_.viewers[index];
  viewer.queued -= std::min(RestOf(*job), viewer.queued);
  viewer.jobs.erase(viewer.jobs.begin() + (job - viewer.jobs.data()));
}

void Uplinks::OnAck(const Event& event) {
  Viewer& viewer = s_.viewers[event.viewer];
  const auto bytes = static_cast<std::uint32_t>(event.mask);
  std::uint32_t& unacked = s_.unacked(event.viewer, event.link);
  unacked -= std::min(unacked, bytes);
  viewer.unacked -= std::min(viewer.unacked, bytes);
  viewer.meter.Acked(bytes);
  Pump(event.viewer);
}

// ---- Sending -----------------------------------------------------------------------------------

unsigned Uplinks::ReadyLinks(std::uint32_t index) {
  unsigned links = 0;
  for (const Job& job : s_.viewers[index].jobs) {
    if (job.held > job.next && queued_of_[job.link]++ == 0) ++links;
  }
  for (const Job& job : s_.viewers[index].jobs) queued_of_[job.link] = 0;
  return links;
}

// The next link in turn that something can be sent to, and what of it.
Uplinks::Ready Uplinks::FindReady(std::uint32_t index, std::uint32_t link_window) {
  Viewer& viewer = s_.viewers[index];
  Ready ready;
  std::tuple<unsigned, bool, std::uint64_t> best_rank;
  for (Job& job : viewer.jobs) {
    if (job.held <= job.next) continue;
    ready.any = true;
    if (s_.unacked(index, job.link) + kChunk > link_window) continue;
    const unsigned turns = (job.link + 2u * viewer.links - viewer.turn - 1u) % viewer.links;
    const std::tuple rank(turns, !job.served, s_.segment_of(job.piece).sequence);
    if (ready.next != nullptr && !(rank < best_rank)) continue;
    ready.next = &job;
    best_rank = rank;
  }
  return ready;
}

void Uplinks::SendFrom(std::uint32_t index, Job* job, unsigned chunks) {
  Viewer& viewer = s_.viewers[index];
  const std::uint32_t size = s_.ChunkSize(job->piece, job->next, chunks);
  s_.Message(index, job->link, size + kDataBytes,
             {.mask = chunks,
              .kind = Kind::kChunk,
              .piece = job->piece,
              .pull = job->pull,
              .count = job->next});
  s_.unacked(index, job->link) += size;
  viewer.unacked += size;
  viewer.queued -= std::min(size, viewer.queued);
  viewer.turn = job->link;
  job->served = true;
  job->next = static_cast<std::uint8_t>(job->next + chunks);
  if (job->next >= s_.Chunks(job->piece)) Remove(index, job);
}

void Uplinks::Holds(std::uint32_t index, unsigned piece, unsigned chunks) {
  std::vector<Job>& jobs = s_.viewers[index].jobs;
  if (jobs.empty()) return;
  for (Job& job : jobs) {
    if (job.piece == piece) job.held = static_cast<std::uint8_t>(chunks);
  }
  Pump(index);
}

void Uplinks::Pump(std::uint32_t index) {
  Viewer& viewer = s_.viewers[index];
  const std::uint32_t window = Window(viewer);
  if (viewer.unacked + kChunk > window) {
    return Measure(index, std::any_of(viewer.jobs.begin(), viewer.jobs.end(),
                                      [](const Job& job) { return job.held > job.next; }));
  }
  const unsigned links = ReadyLinks(index);
  if (links == 0) return Measure(index, false);
  // What a link may have un-acknowledged, as in core::Uploader.
  const std::uint32_t message = core::SendWindow::MessageBytes(viewer.Rate());
  const double share = std::min(1.0 / links, Uploader::kLinkShareMax);
  const std::uint32_t link_window = std::max(message, static_cast<std::uint32_t>(share * window));
  Ready ready = FindReady(index, link_window);
  while (ready.next != nullptr && viewer.unacked + kChunk <= window) {
    const std::uint32_t room = std::min(
        {message, window - viewer.unacked, link_window - s_.unacked(index, ready.next->link)});
    SendFrom(index, ready.next,
             std::min<unsigned>(ready.next->held - ready.next->next, std::max(room / kChunk, 1u)));
    ready = FindReady(index, link_window);
  }
  Measure(index, ready.any);
}

// As the product's uploader measures itself, and what it announces then.
void Uplinks::Measure(std::uint32_t index, bool busy) {
  Viewer& viewer = s_.viewers[index];
  viewer.meter.SetBusy(busy, ToTime(s_.now));
  if (const auto burst = viewer.meter.TakeBurst()) {
    const double proven = std::min(*burst, 2 * viewer.Rate());
    viewer.proven = std::max(viewer.proven, static_cast<float>(proven));
  }
  if (!viewer.meter.known()) return;
  const double log2_kbit = std::log2(viewer.Rate() * 8 / 1000);
  UploadClass& announced = s_.upload_classes[index];
  const bool settled =
      announced != kUploadUnknown && std::abs(log2_kbit - announced) <= Uploader::kClassHysteresis;
  if (!settled) announced = std::max<UploadClass>(UploadClassOf(viewer.Rate()), 1);
}

}  // namespace shoal::sim::reduced
