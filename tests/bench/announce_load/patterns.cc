#include "tests/bench/announce_load/patterns.h"

#include <algorithm>

namespace shoal::bench {

// ---- Saturate -----------------------------------------------------------------------------------

SaturatePattern::SaturatePattern(std::size_t members, std::size_t calls, std::size_t rounds,
                                 TimePoint begin)
    : members_(members), calls_(calls), rounds_(rounds), calls_of_(calls) {
  for (std::size_t member = 0; member < calls; ++member) ready_.push_back({member, begin});
}

std::optional<DueAnnounce> SaturatePattern::Take(TimePoint now) {
  for (std::deque<DueAnnounce>* queue : {&delayed_, &ready_}) {
    if (queue->empty() || queue->front().intended > now) continue;
    const DueAnnounce due = queue->front();
    queue->pop_front();
    return due;
  }
  return std::nullopt;
}

std::optional<TimePoint> SaturatePattern::NextDue() const {
  if (!ready_.empty()) return ready_.front().intended;
  if (!delayed_.empty()) return delayed_.front().intended;
  return std::nullopt;
}

void SaturatePattern::OnAnswered(std::size_t member, Duration, TimePoint now) {
  Continue(member, now, ready_);
}

void SaturatePattern::OnFailed(std::size_t member, TimePoint now) {
  Continue(member, now + kPauseAfterFailure, delayed_);
}

// The next member is one of the same connection, since `calls` is a multiple of the connections.
void SaturatePattern::Continue(std::size_t member, TimePoint at, std::deque<DueAnnounce>& queue) {
  ++finished_;
  if (++calls_of_[member % calls_] == rounds_ * (members_ / calls_)) return;
  queue.push_back({(member + calls_) % members_, at});
}

// ---- Paced --------------------------------------------------------------------------------------

std::optional<DueAnnounce> PacedPattern::Take(TimePoint now) {
  const TimePoint due = TimeOf(sent_);
  if (due > now) return std::nullopt;
  return DueAnnounce{static_cast<std::size_t>(sent_++ % members_), due};
}

// ---- Members ------------------------------------------------------------------------------------

MemberPattern::MemberPattern(std::size_t members, Duration join_over, TimePoint begin,
                             std::uint64_t seed)
    : random_(seed), states_(members) {
  for (std::size_t member = 0; member < members; ++member) {
    const double share = static_cast<double>(member) / static_cast<double>(members);
    states_[member].timer.Soon(begin + Seconds(ToSeconds(join_over) * share));
    SetTimer(member);
  }
}

std::optional<DueAnnounce> MemberPattern::Take(TimePoint now) {
  DropOldTimers();
  if (timers_.empty() || timers_.top().at > now) return std::nullopt;
  const Timer timer = timers_.top();
  timers_.pop();
  State& state = states_[timer.member];
  ++state.number;
  state.under_way = true;
  state.timer.OnSent();
  return DueAnnounce{timer.member, timer.at};
}

std::optional<TimePoint> MemberPattern::NextDue() const {
  // An old timer on top wakes the caller for nothing, once.
  if (timers_.empty()) return std::nullopt;
  return timers_.top().at;
}

void MemberPattern::OnAnswered(std::size_t member, Duration interval, TimePoint now) {
  State& state = states_[member];
  state.under_way = false;
  state.timer.OnAnswered(interval, now);
  // Reports to a tracker that schedules are due sooner than a client ever announces.
  if (interval < core::AnnounceTimer::kIntervalMin) state.timer.Soon(now + interval);
  SetTimer(member);
}

void MemberPattern::OnFailed(std::size_t member, TimePoint now) {
  State& state = states_[member];
  state.under_way = false;
  state.timer.OnFailed(now, random_);
  SetTimer(member);
}

void MemberPattern::OnReconnected(TimePoint now) {
  for (std::size_t member = 0; member < states_.size(); ++member) {
    if (states_[member].under_way) continue;
    states_[member].timer.Soon(now);
    SetTimer(member);
  }
}

void MemberPattern::SetTimer(std::size_t member) {
  State& state = states_[member];
  timers_.push({*state.timer.next(), member, ++state.number});
}

void MemberPattern::DropOldTimers() {
  while (!timers_.empty() && timers_.top().number != states_[timers_.top().member].number) {
    timers_.pop();
  }
}

}  // namespace shoal::bench
