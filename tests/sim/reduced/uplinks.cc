#include "tests/sim/reduced/uplinks.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "client/core/uploader.h"

namespace shoal::sim::reduced {

using core::Uploader;

void Uplinks::OnPull(const Event& event) {
  Viewer& viewer = s_.viewers[event.viewer];
  Event reject{.kind = Kind::kReject, .piece = event.piece, .pull = event.pull};
  if (s_.piece(event.viewer, event.piece).chunks == 0) {
    return s_.Message(event.viewer, event.link, kPullBytes, reject);
  }
  const double wait = viewer.queued / std::max(viewer.Rate(), 1.0);
  if (!viewer.jobs.empty() && wait > ToSeconds(Uploader::kQueueMax)) {
    const double retry =
        std::clamp(wait, ToSeconds(Uploader::kRetryMin), ToSeconds(Uploader::kRetryMax));
    reject.mask = static_cast<Mask>(1e6 * retry);
    return s_.Message(event.viewer, event.link, kPullBytes, reject);
  }
  viewer.jobs.push_back(
      {.link = event.link, .piece = event.piece, .pull = event.pull, .next = event.count});
  const std::uint32_t size = s_.PieceSize(event.piece);
  viewer.queued += size - std::min(size, event.count * kChunk);
  Pump(event.viewer);
}

void Uplinks::OnCancel(const Event& event) {
  for (Job& job : s_.viewers[event.viewer].jobs) {
    if (job.link != event.link || job.piece != event.piece || job.pull != event.pull) continue;
    return Remove(event.viewer, &job);
  }
}

void Uplinks::Remove(std::uint32_t index, Job* job) {
  Viewer& viewer = s_.viewers[index];
  const std::uint32_t size = s_.PieceSize(job->piece);
  const std::uint32_t rest = size - std::min(size, job->next * kChunk);
  viewer.queued -= std::min(rest, viewer.queued);
  viewer.jobs.erase(viewer.jobs.begin() + (job - viewer.jobs.data()));
}

void Uplinks::OnAck(const Event& event) {
  Viewer& viewer = s_.viewers[event.viewer];
  viewer.unacked -= std::min(viewer.unacked, static_cast<std::uint32_t>(event.mask));
  viewer.meter.Acked(event.mask);
  Pump(event.viewer);
}

Job* Uplinks::Next(std::uint32_t index) {
  Viewer& viewer = s_.viewers[index];
  Job* best = nullptr;
  std::tuple<unsigned, bool, std::uint64_t> best_rank;
  for (Job& job : viewer.jobs) {
    if (s_.piece(index, job.piece).chunks <= job.next) continue;
    const unsigned turns = (job.link + 2u * viewer.links - viewer.turn - 1u) % viewer.links;
    const std::tuple rank(turns, !job.served, s_.segment_of(job.piece).sequence);
    if (best != nullptr && !(rank < best_rank)) continue;
    best = &job;
    best_rank = rank;
  }
  return best;
}

void Uplinks::Pump(std::uint32_t index) {
  Viewer& viewer = s_.viewers[index];
  bool waits = false;  // something could be sent, if there were room
  while (!viewer.jobs.empty()) {
    Job* job = Next(index);
    waits = job != nullptr && viewer.unacked + kChunk / 2 > viewer.Window();
    if (job == nullptr || waits) break;
    // As Uploader has it: an eighth of the window, so that acknowledgements keep the line busy.
    const unsigned ready = s_.piece(index, job->piece).chunks - job->next;
    const unsigned n = std::min(ready, std::clamp(viewer.Window() / 8 / kChunk, 1u, kChunksMax));
    const std::uint32_t size = s_.ChunkSize(job->piece, job->next, n);
    s_.Message(index, job->link, size + kDataBytes,
               {.mask = n,
                .kind = Kind::kChunk,
                .piece = job->piece,
                .pull = job->pull,
                .count = job->next});
    viewer.unacked += size;
    viewer.queued -= std::min(size, viewer.queued);
    viewer.turn = job->link;
    job->served = true;
    job->next = static_cast<std::uint8_t>(job->next + n);
    if (job->next >= s_.Chunks(job->piece)) Remove(index, job);
  }
  Measure(viewer, waits);
}

// As the product's uploader measures itself, and what it announces then.
void Uplinks::Measure(Viewer& viewer, bool busy) {
  viewer.meter.SetBusy(busy, ToTime(s_.now));
  if (const auto burst = viewer.meter.TakeBurst()) {
    const double proven = std::min(*burst, 2 * viewer.Rate());
    viewer.proven = std::max(viewer.proven, static_cast<float>(proven));
  }
  if (!viewer.meter.known()) return;
  const double log2_kbit = std::log2(viewer.Rate() * 8 / 1000);
  const bool settled = viewer.upload_class != kUploadUnknown &&
                       std::abs(log2_kbit - viewer.upload_class) <= Uploader::kClassHysteresis;
  if (!settled) viewer.upload_class = std::max<UploadClass>(UploadClassOf(viewer.Rate()), 1);
}

}  // namespace shoal::sim::reduced
