#include "client/core/uploader.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace shoal::core {

namespace {

std::optional<std::uint64_t> UsableCap(std::optional<std::uint64_t> cap) {
  return cap && *cap < Uploader::kCapMin ? 0 : cap;
}

double BytesIn(Duration time, double rate) { return ToSeconds(time) * rate; }

}  // namespace

Uploader::Uploader(std::optional<std::uint64_t> cap)
    : cap_(UsableCap(cap)), class_(cap_ == 0u ? kUploadNone : kUploadUnknown) {
  if (cap_.value_or(0) > 0) {
    const double rate = static_cast<double>(*cap_);
    bucket_.emplace(rate, rate * kCapBurstSeconds);
  }
}

// ---- Pulls -------------------------------------------------------------------------------------

std::optional<Reject> Uploader::Enqueue(const PullRequest& request, TimePoint now) {
  if (const auto reason = ReasonToReject(request)) return MakeReject(request.pull, *reason);
  touched_ = true;
  Link& link = links_[request.link];
  link.id = request.link;
  const auto later =
      std::upper_bound(link.jobs.begin() + (link.serving ? 1 : 0), link.jobs.end(),
                       request.segment.sequence, [](std::uint64_t sequence, const Job& job) {
                         return sequence < job.request.segment.sequence;
                       });
  link.jobs.insert(later, Job{.request = request, .sent = request.from, .progressed = now});
  const std::uint32_t size = request.piece_size - request.from;
  link.queued += size;
  queued_ += size;
  queued_in_turn_ += size;
  ++jobs_;
  ++jobs_in_turn_;
  EnterRing(link);
  return std::nullopt;
}

std::optional<RejectReason> Uploader::ReasonToReject(const PullRequest& request) const {
  if (cap_ == 0u) return RejectReason::kNoUpload;
  if (request.from >= request.piece_size) return RejectReason::kNotHeld;
  if (const auto it = links_.find(request.link); it != links_.end()) {
    const Link& link = it->second;
    const bool known = std::any_of(link.jobs.begin(), link.jobs.end(), [&](const Job& job) {
      return job.request.pull == request.pull;
    });
    if (known) return RejectReason::kUnspecified;
    if (!link.has_turn || link.jobs.size() >= kPullsPerLinkMax) return RejectReason::kBusy;
  }
  if (jobs_ >= kPullsMax) return RejectReason::kBusy;
  const bool idle = jobs_in_turn_ == 0;
  if (!idle && static_cast<double>(QueuedAhead(request)) > BytesIn(kQueueMax, rate())) {
    return RejectReason::kBusy;
  }
  return std::nullopt;
}

std::uint64_t Uploader::QueuedAhead(const PullRequest& request) const {
  const auto own = links_.find(request.link);
  const std::uint64_t own_queued = own == links_.end() ? 0 : own->second.queued;
  const std::uint64_t own_after = own_queued + request.piece_size - request.from;
  std::uint64_t ahead = own_queued;
  for (const Link* link : ring_) {
    if (link->id != request.link) ahead += std::min(link->queued, own_after);
  }
  return ahead;
}

Reject Uploader::MakeReject(PullId pull, RejectReason reason) {
  ++figures_.rejects;
  Reject reject{.pull = pull, .reason = reason};
  if (reason == RejectReason::kBusy) {
    const double seconds = static_cast<double>(queued_in_turn_) / rate();
    reject.retry_after_ms = static_cast<std::uint32_t>(
        1000 * std::clamp(seconds, ToSeconds(kRetryMin), ToSeconds(kRetryMax)));
  }
  return reject;
}

void Uploader::Cancel(LinkId link, PullId pull, std::uint32_t unsent) {
  const auto it = links_.find(link);
  if (it == links_.end()) return;
  const std::uint64_t taken_back = std::min<std::uint64_t>(unsent, it->second.unacked);
  it->second.unacked -= taken_back;
  if (it->second.has_turn) unacked_ -= taken_back;
  settled_ += taken_back;
  touched_ = touched_ || taken_back > 0;
  figures_.bytes_sent -= taken_back;
  std::vector<Job>& jobs = it->second.jobs;
  const auto job = std::find_if(jobs.begin(), jobs.end(),
                                [pull](const Job& j) { return j.request.pull == pull; });
  if (job != jobs.end()) RemoveJob(it->second, static_cast<std::size_t>(job - jobs.begin()));
}

void Uploader::LinkGone(LinkId link) {
  const auto it = links_.find(link);
  if (it == links_.end()) return;
  touched_ = true;
  Link& gone = it->second;
  while (!gone.jobs.empty()) RemoveJob(gone, gone.jobs.size() - 1);
  if (gone.has_turn) unacked_ -= gone.unacked;
  const auto in_ring = std::find(ring_.begin(), ring_.end(), &gone);
  if (in_ring != ring_.end()) LeaveRing(static_cast<std::size_t>(in_ring - ring_.begin()));
  links_.erase(it);
}

std::vector<LinkReject> Uploader::Dropped(const SegmentRef& segment) {
  std::vector<LinkReject> rejects;
  for (auto& [id, link] : links_) {
    for (std::size_t i = 0; i < link.jobs.size();) {
      const PullRequest& request = link.jobs[i].request;
      if (request.segment != segment) {
        ++i;
        continue;
      }
      rejects.push_back({id, MakeReject(request.pull, RejectReason::kNotHeld)});
      RemoveJob(link, i);
    }
  }
  return rejects;
}

bool Uploader::Acked(LinkId link, std::uint64_t bytes, TimePoint now) {
  const auto it = links_.find(link);
  if (it == links_.end()) return bytes == 0;
  Link& from = it->second;
  const std::uint64_t taken = std::min(bytes, from.unacked);
  if (taken > 0) {
    touched_ = true;
    if (!from.has_turn) GiveTurnTo(from);
    from.unacked -= taken;
    unacked_ -= taken;
    figures_.bytes_acked += taken;
    settled_ += taken;
    last_ack_ = now;
    ExpectAck(from, now);
    meter_.Acked(taken);
  }
  return bytes == taken;
}

void Uploader::RemoveJob(Link& link, std::size_t index) {
  touched_ = true;
  const std::uint32_t rest = link.jobs[index].rest();
  link.queued -= rest;
  queued_ -= rest;
  --jobs_;
  if (link.has_turn) {
    queued_in_turn_ -= rest;
    --jobs_in_turn_;
  }
  if (index == 0) link.serving = false;
  link.jobs.erase(link.jobs.begin() + static_cast<std::ptrdiff_t>(index));
}

void Uploader::TakeTurnFrom(Link& link, TimePoint now) {
  link.has_turn = false;
  unacked_ -= link.unacked;
  queued_in_turn_ -= link.queued;
  jobs_in_turn_ -= link.jobs.size();
  // While its bytes filled the window, nothing could be learnt about the line.
  if (link.passed) meter_.Discard(now);
  ++figures_.turns_lost;
}

void Uploader::GiveTurnTo(Link& link) {
  link.has_turn = true;
  unacked_ += link.unacked;
  queued_in_turn_ += link.queued;
  jobs_in_turn_ += link.jobs.size();
  EnterRing(link);
}

void Uploader::ExpectAck(Link& link, TimePoint now) {
  link.heard = now;
  link.others_before = settled_ + unacked_ - link.unacked;
  link.passed = std::nullopt;
}

TimePoint Uploader::PatienceEnds(Link& link, TimePoint now) {
  if (!link.passed && settled_ >= link.others_before) link.passed = now;
  const TimePoint silence_ends = std::max(link.heard, last_ack_) + kSilencePatience;
  return link.passed ? std::min(silence_ends, *link.passed + kAckPatience) : silence_ends;
}

void Uploader::EnterRing(Link& link) {
  if (link.in_ring) return;
  link.in_ring = true;
  ring_.push_back(&link);
}

void Uploader::LeaveRing(std::size_t index) {
  ring_[index]->in_ring = false;
  ring_.erase(ring_.begin() + static_cast<std::ptrdiff_t>(index));
  if (index < turn_) --turn_;
  if (turn_ >= ring_.size()) turn_ = 0;
}

// ---- Pump --------------------------------------------------------------------------------------

void Uploader::Pump(TimePoint now, const HeldBytes& held, ActionList& out) {
  wakeup_ = std::nullopt;
  busy_long_ = busy_since_ && now - *busy_since_ >= kBurst;
  SweepRing(now);
  for (Link* link : ring_) FindReady(*link, now, held, out);
  const bool rests = now < rests_until_;
  if (!rests) {
    SendInTurn(now, held, out);
  } else if (ReadyLinks() > 0) {
    WakeAt(rests_until_);
  }
  const bool busy = !rests && ReadyLinks() > 0;
  if (!busy) {
    busy_since_.reset();
  } else if (!busy_since_) {
    busy_since_ = now;
  }
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
  const auto narrow = static_cast<std::uint64_t>(BytesIn(kBurstWindow, rate()));
  const std::uint64_t link_window = std::max<std::uint64_t>(
      ChunkMax(), std::min(window() / ready_links, std::max(narrow, kWindowMin)));
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
  // A window of several messages keeps the line busy while acknowledgements travel.
  const std::uint64_t part = std::clamp<std::uint64_t>(window() / 8, kChunkMin, kDataPayloadMax);
  return static_cast<std::uint32_t>(bucket_ ? std::min(part, bucket_->depth()) : part);
}

std::size_t Uploader::ReadyLinks() const {
  return static_cast<std::size_t>(std::count_if(
      ring_.begin(), ring_.end(), [](const Link* link) { return link->ready_bytes > 0; }));
}

void Uploader::WakeAt(TimePoint time) { wakeup_ = wakeup_ ? std::min(*wakeup_, time) : time; }

// ---- Own upload --------------------------------------------------------------------------------

void Uploader::SetAssumedRate(double bytes_per_second) {
  const double rate =
      bytes_per_second > 0
          ? std::clamp(bytes_per_second, static_cast<double>(kCapMin), kAssumedRateMax)
          : kAssumedRate;
  touched_ = touched_ || (rate != assumed_rate_ && jobs_ > 0);
  assumed_rate_ = rate;
}

double Uploader::rate() const {
  const double rate = meter_.known() ? meter_.rate() : std::max(assumed_rate_, proven_rate_);
  return cap_ ? std::min(rate, static_cast<double>(*cap_)) : rate;
}

Duration Uploader::UplinkDelay() const {
  const double bytes_per_second = rate();
  if (bytes_per_second <= 0) return Duration{};
  return Seconds(static_cast<double>(std::min(unacked_ + queued_, window())) / bytes_per_second);
}

std::uint64_t Uploader::window() const {
  const double bytes = BytesIn(busy_long_ ? kWindow : kBurstWindow, rate());
  return std::clamp(static_cast<std::uint64_t>(bytes), kWindowMin, kWindowMax);
}

std::optional<UploadClass> Uploader::TakeClassChange() {
  if (!std::exchange(class_changed_, false)) return std::nullopt;
  return class_;
}

void Uploader::UpdateClass() {
  if (cap_ == 0u || !meter_.known()) return;
  const double log2_kbit = std::log2(rate() * 8 / 1000);
  if (class_ != kUploadUnknown && std::abs(log2_kbit - class_) <= kClassHysteresis) return;
  // Slow is not none: what uploads at all has at least class 1.
  const UploadClass next = std::max<UploadClass>(UploadClassOf(rate()), 1);
  class_changed_ = class_changed_ || next != class_;
  class_ = next;
}

}  // namespace shoal::core
