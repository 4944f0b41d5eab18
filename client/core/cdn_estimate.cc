#include "client/core/cdn_estimate.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace shoal::core {

namespace {

Duration Scaled(Duration d, double factor) {
  return Duration(std::llround(static_cast<double>(d.count()) * factor));
}

}  // namespace

void CdnEstimate::Started(FetchId fetch, TimePoint now) {
  Settle(now);
  transfers_.push_back({.fetch = fetch, .started = now});
}

void CdnEstimate::Responded(FetchId fetch, TimePoint now) {
  Settle(now);
  Transfer* transfer = Find(fetch);
  if (transfer == nullptr || transfer->responded) return;
  transfer->responded = true;
  const Ttfb ttfb = Updated(now - transfer->started);
  ttfb_ = ttfb.mean;
  deviation_ = ttfb.deviation;
  last_ttfb_ = now - transfer->started;
  ttfb_measured_ = true;
  if (arriving_++ == 0) settled_ = now + kLeadIn;
}

void CdnEstimate::Received(FetchId fetch, std::uint64_t bytes, TimePoint now) {
  Responded(fetch, now);
  Transfer* transfer = Find(fetch);
  if (transfer == nullptr) return;
  transfer->bytes += bytes;
  line_.Received(bytes, now);
  if (now < settled_) return;  // in the instant in which the period begins
  sample_bytes_ += bytes;
  TakeSampleIfComplete();
}

void CdnEstimate::Finished(FetchId fetch, TimePoint now) {
  Settle(now);
  Transfer* transfer = Find(fetch);
  if (transfer == nullptr) return;
  if (transfer->responded) {
    TakeSampleIfComplete();
    --arriving_;
  }
  if (transfer->bytes >= kWholeMin) {
    const Duration whole = std::max(now - transfer->started, Milliseconds(1));
    const double proven = static_cast<double>(transfer->bytes) / ToSeconds(whole);
    if (proven > rate_) Learn(proven, kRateGain);
  }
  transfers_.erase(transfers_.begin() + (transfer - transfers_.data()));
}

Duration CdnEstimate::StallPatience() const {
  const double answer = ToSeconds(ttfb_) + 6 * ToSeconds(deviation_);
  return Seconds(std::clamp(std::max(answer, TransferSeconds(kPieceSize)),
                            ToSeconds(kStallPatienceMin), ToSeconds(kStallPatienceMax)));
}

Duration CdnEstimate::Need(std::uint64_t missing_bytes, Duration doubt, TimePoint now) const {
  const double seconds = kNeedSpare * TransferSeconds(missing_bytes) + ToSeconds(kNeedMargin) +
                         FirstByteWithin(kNeedDeviations, doubt, now);
  return Seconds(std::min(seconds, ToSeconds(kMarginMax)));
}

Duration CdnEstimate::LastSafe(std::uint64_t bytes, Duration doubt, TimePoint now) const {
  const double seconds = TransferSeconds(bytes) + ToSeconds(kLastSafeMargin) +
                         FirstByteWithin(kLastSafeDeviations, doubt, now);
  return Seconds(std::min(seconds, ToSeconds(kMarginMax)));
}

double CdnEstimate::FirstByteWithin(double deviations, Duration doubt, TimePoint now) const {
  const Ttfb ttfb = TtfbAt(now);
  const double usual =
      ToSeconds(ttfb.mean) + std::max(deviations * ToSeconds(ttfb.deviation), ToSeconds(doubt));
  return std::max(usual, ToSeconds(last_ttfb_) + ToSeconds(ttfb.deviation));
}

double CdnEstimate::TransferSeconds(std::uint64_t bytes) const {
  return static_cast<double>(bytes) / (kRateTrusted * rate_);
}

CdnEstimate::Transfer* CdnEstimate::Find(FetchId fetch) {
  const auto it = std::find_if(transfers_.begin(), transfers_.end(),
                               [fetch](const Transfer& t) { return t.fetch == fetch; });
  return it == transfers_.end() ? nullptr : &*it;
}

CdnEstimate::Ttfb CdnEstimate::TtfbAt(TimePoint now) const {
  Duration waited{};
  for (const Transfer& transfer : transfers_) {
    if (!transfer.responded) waited = std::max(waited, now - transfer.started);
  }
  return waited > ttfb_ ? Updated(waited) : Ttfb{ttfb_, deviation_};
}

CdnEstimate::Ttfb CdnEstimate::Updated(Duration sample) const {
  if (!ttfb_measured_) return {sample, sample / 2};
  const Duration error = sample > ttfb_ ? sample - ttfb_ : ttfb_ - sample;
  return {Scaled(ttfb_, 7.0 / 8) + Scaled(sample, 1.0 / 8),
          Scaled(deviation_, 7.0 / 8) + Scaled(error, 1.0 / 8)};
}

void CdnEstimate::Settle(TimePoint now) {
  if (arriving_ == 0 || now <= settled_) return;
  sample_time_ += now - settled_;
  settled_ = now;
}

void CdnEstimate::TakeSampleIfComplete() {
  const bool full = sample_bytes_ >= kSampleBytes && sample_time_ >= kSampleTimeMin;
  if (!full && sample_time_ < kSampleTimeMax) return;
  // Without a single byte nothing is known of the line's speed, only that this answer stopped.
  if (sample_bytes_ == 0 && !rate_measured_) return;
  Learn(static_cast<double>(sample_bytes_) / ToSeconds(sample_time_),
        std::clamp(ToSeconds(sample_time_) / ToSeconds(kMemory), kRateGain, 1.0));
  sample_bytes_ = 0;
  sample_time_ = Duration{};
}

void CdnEstimate::Learn(double rate, double gain) {
  rate_ = std::max(kRateFloor, rate_measured_ ? rate_ + gain * (rate - rate_) : rate);
  rate_measured_ = true;
}

}  // namespace shoal::core
