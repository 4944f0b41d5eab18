#include "tests/sim/reduced/uplinks.h"

#include <algorithm>
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
  const double wait = viewer.queued / std::max(viewer.rate, 1.0F);
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
  if (!viewer.jobs.empty()) Pump(event.viewer);
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
  while (!viewer.jobs.empty() && viewer.unacked + kChunk / 2 <= viewer.window) {
    Job* job = Next(index);
    if (job == nullptr) return;
    const std::uint32_t size = s_.ChunkSize(job->piece, job->next);
    s_.Message(index, job->link, size + kDataBytes,
               {.kind = Kind::kChunk, .piece = job->piece, .pull = job->pull, .count = job->next});
    viewer.unacked += size;
    viewer.queued -= std::min(size, viewer.queued);
    viewer.turn = job->link;
    job->served = true;
    if (++job->next >= s_.Chunks(job->piece)) Remove(index, job);
  }
}

}  // namespace shoal::sim::reduced
