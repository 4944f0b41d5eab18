// Uploader, second part: what is sent now, and to whom.
#include <algorithm>

#include "client/core/uploader.h"

namespace shoal::core {

void Uploader::Pump(TimePoint now, const HeldBytes& held, ActionList& out) {
  wakeup_ = std::nullopt;
  SweepRing(now);
  for (Link* link : ring_) FindReady(*link, now, held, out);
  const bool rests = now < rests_until_;
  if (!rests) {
    SendInTurn(now, held, out);
  } else if (ReadyLinks() > 0) {
    WakeAt(rests_until_);
  }
  const bool busy = !rests && ReadyLinks() > 0;
  meter_.SetBusy(busy, now);
  if (const auto burst = meter_.TakeBurst()) {
    proven_rate_ = std::max(proven_rate_, std::min(*burst, 2 * rate()));
  }
  UpdateClass();
  touched_ = false;
}

void Uploader::SweepRing(TimePoint now) {
  for (std::size_t i = 0; i < ring_.size();) {
    Link& link = *ring_[i];
    const bool silent = link.unacked > 0 && now >= PatienceEnds(link, now);
    if (silent) TakeTurnFrom(link, now);
    if (silent || (link.jobs.empty() && link.unacked == 0)) {
      LeaveRing(i);
      continue;
    }
    if (link.unacked > 0) WakeAt(PatienceEnds(link, now));
    ++i;
  }
}

void Uploader::FindReady(Link& link, TimePoint now, const HeldBytes& held, ActionList& out) {
  link.ready_bytes = 0;
  for (std::size_t i = 0; i < link.jobs.size();) {
    Job& job = link.jobs[i];
    const PullRequest& request = job.request;
    const std::uint32_t progress =
        std::min(held.Progress(request.segment, request.piece), request.piece_size);
    if (progress != job.progress) {
      job.progress = progress;
      job.progressed = now;
    }
    const bool starved = progress <= job.sent;
    if (starved && now - job.progressed >= kStarvedMax) {
      out.push_back(SendMessage{link.id, MakeReject(request.pull, RejectReason::kNotHeld)});
      RemoveJob(link, i);
      continue;
    }
    if (starved) {
      WakeAt(job.progressed + kStarvedMax);
    } else if (const std::uint32_t ready = ReadyBytes(job, now); ready > 0) {
      link.ready_job = i;
      link.ready_bytes = ready;
      return;
    }
    ++i;
  }
}

std::uint32_t Uploader::ReadyBytes(Job& job, TimePoint now) {
  const std::uint32_t ready = job.progress - job.sent;
  if (ready >= kChunkMin || job.progress == job.request.piece_size) return ready;
  if (now - job.progressed >= kTricklePatience) return ready;
  WakeAt(job.progressed + kTricklePatience);
  return 0;
}

void Uploader::SendInTurn(TimePoint now, const HeldBytes& held, ActionList& out) {
  const std::size_t ready_links = ReadyLinks();
  if (ready_links == 0) return;
  const std::uint64_t all = window();
  const std::uint64_t share = std::min(
      all / ready_links, static_cast<std::uint64_t>(static_cast<double>(all) * kLinkShareMax));
  // In whole messages, or what is left of every link's share would stay unused.
  const std::uint64_t link_window = (share / kChunkMin + 1) * kChunkMin;
  // Ends when nobody in a whole round could be sent to.
  for (std::size_t passed = 0; passed < ring_.size();) {
    Link& link = *ring_[turn_];
    ++passed;
    if (link.ready_bytes > 0) {
      const SendResult result = Send(link, link_window, now, out);
      if (result == SendResult::kFull) return;  // it is still this link's turn
      if (result == SendResult::kSent) {
        FindReady(link, now, held, out);
        passed = 0;
      }
    }
    turn_ = (turn_ + 1) % ring_.size();
  }
}

Uploader::SendResult Uploader::Send(Link& link, std::uint64_t link_window, TimePoint now,
                                    ActionList& out) {
  const std::uint64_t all = window();
  const std::uint64_t room = all > unacked_ ? all - unacked_ : 0;
  const std::uint64_t share = link_window > link.unacked ? link_window - link.unacked : 0;
  const std::uint32_t wanted = std::min(link.ready_bytes, ChunkMax());
  const std::uint32_t least = std::min(wanted, kChunkMin);
  if (room < least) return SendResult::kFull;
  if (share < least) return SendResult::kLinkFull;
  const auto size = static_cast<std::uint32_t>(std::min({std::uint64_t{wanted}, room, share}));
  if (bucket_ && !bucket_->Take(size, now)) {
    WakeAt(bucket_->When(size, now));
    return SendResult::kFull;
  }

  std::size_t index = link.ready_job;
  if (!link.serving) {
    const auto first = link.jobs.begin();
    std::rotate(first, first + static_cast<std::ptrdiff_t>(index),
                first + static_cast<std::ptrdiff_t>(index) + 1);
    link.serving = true;
    index = 0;
  }
  Job& job = link.jobs[index];
  const PullRequest& request = job.request;
  out.push_back(SendData{.link = link.id,
                         .data = {.pull = request.pull, .offset = job.sent, .size = size},
                         .segment = request.segment,
                         .segment_offset = std::uint64_t{request.piece} * kPieceSize + job.sent});
  link.in_flight.Sent(request.pull, size, now);
  job.sent += size;
  link.queued -= size;
  queued_ -= size;
  queued_in_turn_ -= size;
  link.unacked += size;
  unacked_ += size;
  if (link.unacked == size) {
    ExpectAck(link, now);
    WakeAt(PatienceEnds(link, now));
  }
  figures_.bytes_sent += size;
  if (job.rest() == 0) RemoveJob(link, index);
  return SendResult::kSent;
}

std::uint32_t Uploader::ChunkMax() const {
  const std::uint64_t part = SendWindow::MessageBytes(rate());
  return static_cast<std::uint32_t>(bucket_ ? std::min(part, bucket_->depth()) : part);
}

std::size_t Uploader::ReadyLinks() const {
  return static_cast<std::size_t>(std::count_if(
      ring_.begin(), ring_.end(), [](const Link* link) { return link->ready_bytes > 0; }));
}

void Uploader::WakeAt(TimePoint time) { wakeup_ = wakeup_ ? std::min(*wakeup_, time) : time; }

}  // namespace shoal::core
