#include "client/core/uploader.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace shoal::core {

namespace {

std::optional<std::uint64_t> UsableCap(std::optional<std::uint64_t> cap) {
  return cap && *cap < Uploader::kCapMin ? 0 : cap;
}

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
  it->second.in_flight.TakeBack(pull, taken_back);
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

bool Uploader::Acked(LinkId link, const Ack& ack, TimePoint now) {
  const auto it = links_.find(link);
  if (it == links_.end()) return ack.bytes == 0;
  Link& from = it->second;
  const std::uint64_t taken = std::min<std::uint64_t>(ack.bytes, from.unacked);
  if (taken > 0) {
    touched_ = true;
    if (const auto sent = from.in_flight.Acked(taken)) {
      TakeSample(from, *sent, ack.received_ms, now);
    }
    if (!from.has_turn) GiveTurnTo(from);
    from.unacked -= taken;
    unacked_ -= taken;
    figures_.bytes_acked += taken;
    settled_ += taken;
    last_ack_ = now;
    ExpectAck(from, now);
    meter_.Acked(taken);
  }
  return ack.bytes == taken;
}

void Uploader::TakeSample(Link& link, TimePoint sent, std::uint16_t received_ms, TimePoint now) {
  const auto sent_ms = static_cast<std::uint16_t>(sent.time_since_epoch() / Milliseconds(1));
  const auto delay_ms = static_cast<std::uint16_t>(received_ms - sent_ms);
  window_.Sample(now - sent, link.base_delay.Above(delay_ms, window_.queued(), now));
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

std::optional<UploadClass> Uploader::TakeClassChange() {
  if (!std::exchange(class_changed_, false)) return std::nullopt;
  return class_;
}

void Uploader::UpdateClass() {
  if (cap_ == 0u || !meter_.known() || rate() == classified_rate_) return;
  classified_rate_ = rate();
  const double log2_kbit = std::log2(rate() * 8 / 1000);
  if (class_ != kUploadUnknown && std::abs(log2_kbit - class_) <= kClassHysteresis) return;
  // Slow is not none: what uploads at all has at least class 1.
  const UploadClass next = std::max<UploadClass>(UploadClassOf(rate()), 1);
  class_changed_ = class_changed_ || next != class_;
  class_ = next;
}

}  // namespace shoal::core
