#include "client/core/playhead.h"

#include <algorithm>
#include <cmath>

namespace shoal::core {

namespace {

Duration Scaled(Duration d, double factor) {
  return Duration(std::llround(static_cast<double>(d.count()) * factor));
}

Duration Cut(Duration d) { return std::clamp(d, Duration{}, Playhead::kBufferMax); }

double RateFrom(std::optional<double> hint) {
  if (!hint || std::isnan(*hint)) return 1;
  if (*hint < Playhead::kRateMin) return 0;
  return std::min(*hint, Playhead::kRateMax);
}

}  // namespace

void Playhead::Requested(std::uint64_t sequence, const PlayerHints& hints, TimePoint now) {
  Settle(now);
  if (!requested_) {
    requested_ = true;
    first_requested_ = now;
    next_ = last_ = sequence;
    open_.push_back({sequence, 1});
  } else if (const auto open = FindOpen(sequence); open != open_.end()) {
    ++open->requests;
  } else if (sequence == last_ + 1) {
    last_ = sequence;
    open_.push_back({sequence, 1});
    SkipTo(sequence);
  } else {
    Reset(sequence);
  }
  TakeHints(hints);
}

void Playhead::Delivered(std::uint64_t sequence, Duration media, TimePoint now) {
  Settle(now);
  const auto open = FindOpen(sequence);
  if (open == open_.end()) return;
  open_.erase(open);
  early_.emplace_back(sequence, Cut(media));
  if (sequence != next_ && early_.size() > kEarlyMax) {
    if (const auto stuck = FindOpen(next_); stuck != open_.end()) open_.erase(stuck);
    SkipTo(sequence);
  }
  // Counts what was just delivered, if nothing before it is missing, and what waited for it.
  for (auto it = early_.begin(); it != early_.end();) {
    if (it->first != next_) {
      ++it;
      continue;
    }
    AddMedia(it->second);
    ++next_;
    early_.erase(it);
    it = early_.begin();
  }
  if (!started_) {
    started_ = running_ = true;
    startup_ = now - first_requested_;
  }
}

void Playhead::Abandoned(std::uint64_t sequence, TimePoint now) {
  Settle(now);
  const auto open = FindOpen(sequence);
  if (open != open_.end() && --open->requests == 0) open_.erase(open);
}

Duration Playhead::BufferAt(TimePoint now) const {
  if (!running_ || now <= anchor_) return buffer_;
  const double played = ToSeconds(now - anchor_) * rate_;
  return played >= ToSeconds(buffer_) ? Duration{} : buffer_ - Scaled(now - anchor_, rate_);
}

TimePoint Playhead::Deadline(Duration media_before, TimePoint now) const {
  const Duration media = Cut(BufferAt(now) + Cut(media_before));
  return now + Scaled(media, paused() ? 1 : 1 / rate_) - kSafety;
}

std::optional<std::uint64_t> Playhead::next_sequence() const {
  return requested_ ? std::optional(next_) : std::nullopt;
}

std::optional<std::uint64_t> Playhead::last_requested() const {
  return requested_ ? std::optional(last_) : std::nullopt;
}

void Playhead::Settle(TimePoint now) {
  if (running_ && !paused() && now > anchor_) {
    const Duration lasts = Scaled(buffer_, 1 / rate_);
    if (now - anchor_ >= lasts) {
      if (waiting() && !excused_) CountDry(now - anchor_ - lasts);
      buffer_ = Duration{};
    } else {
      buffer_ = BufferAt(now);
    }
  }
  anchor_ = std::max(anchor_, now);
}

void Playhead::CountDry(Duration wait) {
  const bool counted = dry_ >= kStallMin;
  dry_ += wait;
  if (dry_ < kStallMin) return;
  if (!counted) ++stalls_;
  stalled_ += counted ? wait : dry_;
}

void Playhead::Reset(std::uint64_t sequence) {
  // A player that was stalling and now asks anew still stalls; any other seeks.
  if (dry_ == Duration{}) excused_ = true;
  buffer_ = Duration{};
  next_ = last_ = sequence;
  open_.clear();
  early_.clear();
  open_.push_back({sequence, 1});
}

void Playhead::TakeHints(const PlayerHints& hints) {
  rate_ = RateFrom(hints.playback_rate);
  std::optional<Duration> buffer;
  if (hints.deadline) {
    buffer = Cut(Scaled(Cut(*hints.deadline), paused() ? 1 : rate_));
  } else if (hints.buffer_length) {
    buffer = Cut(*hints.buffer_length);
  }
  if (!buffer) return;
  buffer_ = *buffer;
  if (buffer_ > Duration{}) {
    running_ = true;
    excused_ = false;
    dry_ = Duration{};
  }
}

void Playhead::SkipTo(std::uint64_t limit) {
  while (next_ < limit && FindOpen(next_) == open_.end()) {
    const auto it = std::find_if(early_.begin(), early_.end(),
                                 [this](const auto& early) { return early.first == next_; });
    if (it != early_.end()) {
      AddMedia(it->second);
      early_.erase(it);
    }
    ++next_;
  }
}

std::vector<Playhead::Open>::iterator Playhead::FindOpen(std::uint64_t sequence) {
  return std::find_if(open_.begin(), open_.end(),
                      [sequence](const Open& open) { return open.sequence == sequence; });
}

void Playhead::AddMedia(Duration media) {
  buffer_ = Cut(buffer_ + media);
  excused_ = false;
  dry_ = Duration{};
}

}  // namespace shoal::core
