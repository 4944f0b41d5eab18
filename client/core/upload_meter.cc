#include "client/core/upload_meter.h"

#include <algorithm>

namespace shoal::core {

void UploadMeter::SetBusy(bool busy, TimePoint now) {
  if (busy && !busy_) {
    Discard(now);
  } else if (busy_ && (!busy || now - sample_began_ >= kSampleMax)) {
    EndSample(now, /*final=*/!busy);
  }
  busy_ = busy;
}

void UploadMeter::Acked(std::uint64_t bytes) {
  if (busy_) sample_bytes_ += bytes;
}

void UploadMeter::Discard(TimePoint now) {
  sample_began_ = now;
  sample_bytes_ = 0;
}

void UploadMeter::EndSample(TimePoint now, bool final) {
  const Duration length = now - sample_began_;
  const double rate =
      static_cast<double>(sample_bytes_) / std::max(ToSeconds(length), ToSeconds(kBurstMin));
  if (length >= kSampleMin && sample_bytes_ >= kSampleBytesMin) {
    Remember(rate, now);
  } else if (!final) {
    return;
  } else if (length >= kBurstMin && sample_bytes_ >= kBurstBytes) {
    burst_ = rate;
  }
  Discard(now);
}

void UploadMeter::Remember(double rate, TimePoint now) {
  const std::int64_t number = now.time_since_epoch() / kSlice;
  Slice& slice = slices_[static_cast<std::size_t>(number) % kSlices];
  slice = {number, slice.number == number ? std::max(slice.best, rate) : rate};
  rate_ = 0;
  for (const Slice& s : slices_) {
    if (number - s.number < static_cast<std::int64_t>(kSlices)) rate_ = std::max(rate_, s.best);
  }
  known_ = true;
}

}  // namespace shoal::core
