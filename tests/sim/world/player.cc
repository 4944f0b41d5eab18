#include "tests/sim/world/player.h"

#include <algorithm>

namespace shoal::sim {
namespace {

constexpr Duration kSecond = Seconds(1);

Duration RetryDelay(std::uint32_t attempt) {
  return std::min(kSecond * (1 << std::min(attempt, 10u)), Player::kRetryDelayMax);
}

}  // namespace

Player::Player(const Media& media, const PlayerPlan& plan, TimePoint begin)
    : media_(media), begin_(begin), plan_(plan), rendition_(plan.rendition), load_at_(begin) {}

std::uint64_t Player::LiveStart(const Listing& listing) const {
  const Duration delay =
      plan_.live_delay > Duration::zero() ? plan_.live_delay : 3 * media_.segment_duration();
  const auto behind = static_cast<std::uint64_t>(
      (delay + media_.segment_duration() - Microseconds(1)) / media_.segment_duration());
  return listing.limit - std::min(behind, listing.size());
}

// The viewer's own doings.
void Player::Act(TimePoint now) {
  if (resume_at_ && *resume_at_ <= now) {
    resume_at_.reset();
    playback_.Resume(now);
  }
  if (plan_.pause_at && *plan_.pause_at <= now) {
    plan_.pause_at.reset();
    playback_.Pause(now);
    resume_at_ = now + kPause;
  }
  if (!next_) return;
  if (plan_.seek_at && *plan_.seek_at <= now) {
    plan_.seek_at.reset();
    next_ = media_.live() ? std::max(listing_->first, *next_ - std::min(*next_, kSeekBack))
                          : plan_.seek_to;
    playback_.Flush(now);
    abort_ = fetching_;
    attempt_ = 0;
    retry_at_ = now;
  }
  if (plan_.switch_at && *plan_.switch_at <= now) {
    plan_.switch_at.reset();
    if (plan_.switch_to == rendition_) return;
    rendition_ = plan_.switch_to;
    abort_ = fetching_;
    attempt_ = 0;
    retry_at_ = now;
    listing_.reset();
    loading_ = false;
    load_failures_ = 0;
    load_at_ = now;
  }
}

Player::Ask Player::Next(TimePoint now) {
  Act(now);
  if (abort_) {
    abort_ = fetching_ = false;
    return {.want = Want::kAbort, .rendition = rendition_};
  }
  if (!loading_ && load_at_ && *load_at_ <= now) {
    loading_ = true;
    load_began_ = now;
    load_at_.reset();
    return {.want = Want::kPlaylist, .rendition = rendition_};
  }
  const bool can_ask = !fetching_ && listing_ && next_ && listing_->Lists(*next_) &&
                       retry_at_ <= now && playback_.Buffered(now) < kBufferMax;
  if (!can_ask) return {};
  fetching_ = true;
  return {.want = Want::kSegment, .rendition = rendition_, .sequence = *next_};
}

std::optional<TimePoint> Player::Wakeup(TimePoint now) {
  std::optional<TimePoint> wakeup = resume_at_;
  const auto take = [&wakeup](std::optional<TimePoint> time) {
    if (time) wakeup = wakeup ? std::min(*wakeup, *time) : *time;
  };
  take(plan_.pause_at);
  if (next_) take(plan_.seek_at);
  if (next_) take(plan_.switch_at);
  if (!loading_) take(load_at_);
  if (!fetching_ && listing_ && next_ && listing_->Lists(*next_)) {
    const Duration excess = playback_.Buffered(now) - kBufferMax;
    take(std::max(retry_at_, now + std::max(excess, Duration::zero()) + Milliseconds(10)));
  }
  return wakeup;
}

void Player::OnPlaylist(std::uint32_t rendition, const Listing& listing, TimePoint now) {
  if (rendition != rendition_ || !loading_) return;  // of before a switch
  loading_ = false;
  load_failures_ = 0;
  const bool unchanged = listing_ && listing_->limit == listing.limit;
  listing_ = listing;
  if (!next_) {
    next_ = listing.ended ? listing.first : LiveStart(listing);
  } else if (*next_ < listing.first) {
    const std::uint64_t start = LiveStart(listing);
    lost_ += start - *next_;
    next_ = start;
  }
  if (listing.ended) return;
  const Duration target = media_.segment_duration();
  load_at_ = std::max(now, load_began_ + (unchanged ? target / 2 : target));
}

void Player::OnPlaylistFailed(std::uint32_t rendition, TimePoint now) {
  if (rendition != rendition_ || !loading_) return;
  loading_ = false;
  load_at_ = std::max(now, load_began_ + RetryDelay(load_failures_));
  ++load_failures_;
}

Player::Shown Player::OnSegment(TimePoint now) {
  fetching_ = false;
  attempt_ = 0;
  const std::uint64_t sequence = *next_;
  ++*next_;
  const bool paused = resume_at_.has_value();
  const Playback::Arrival arrival = playback_.Arrived(now, media_.segment_duration());
  Shown shown{.startup = {}, .latency = {}, .stall = arrival.stall};
  if (!started_) shown.startup = now - begin_;
  started_ = true;
  if (media_.live() && !paused) shown.latency = arrival.shown - media_.TakenAt(sequence);
  return shown;
}

void Player::OnSegmentFailed(bool for_good, TimePoint now) {
  fetching_ = false;
  if (for_good || attempt_ == kRetries) {
    ++lost_;
    ++*next_;
    attempt_ = 0;
    return;
  }
  retry_at_ = now + RetryDelay(attempt_);
  ++attempt_;
}

}  // namespace shoal::sim
