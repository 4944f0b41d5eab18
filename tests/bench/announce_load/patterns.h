// When which virtual member announces.
//
//   SaturatePattern  so many calls under way at all times: each answer starts the next call
//   PacedPattern     open loop: evenly spaced in time, whether or not answers come
//   MemberPattern    each member when the tracker told it to, as clients do
//
// Pure: time comes in with each call. Members are numbered from 0; member m uses connection
// m % connections.
//
// Threads: not thread-safe. Time: `now` never decreases.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_PATTERNS_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_PATTERNS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <vector>

#include "client/core/announce_timer.h"
#include "common/random/random.h"
#include "common/time/time.h"

namespace shoal::bench {

// An announce that is to be sent. Its latency counts from `intended`, however late it gets sent.
struct DueAnnounce {
  std::size_t member = 0;
  TimePoint intended{};

  friend bool operator==(const DueAnnounce&, const DueAnnounce&) = default;
};

class Pattern {
 public:
  virtual ~Pattern() = default;

  // The next announce whose time has come, if there is one.
  virtual std::optional<DueAnnounce> Take(TimePoint now) = 0;
  // When Take has something next; nullopt: not before an answer or a failure.
  virtual std::optional<TimePoint> NextDue() const = 0;
  // What came of an announce that was taken. `interval` is what the tracker told.
  virtual void OnAnswered(std::size_t member, Duration interval, TimePoint now) = 0;
  virtual void OnFailed(std::size_t member, TimePoint now) = 0;
  // The connections were cut and stand again: clients then announce at once.
  virtual void OnReconnected(TimePoint now) = 0;
};

// A failed call is followed by the next only after kPauseAfterFailure: a server that refuses all
// must not be hammered by a loop that does nothing else.
class SaturatePattern final : public Pattern {
 public:
  static constexpr Duration kPauseAfterFailure = Milliseconds(10);

  // `calls` under way at once. With `rounds`: until each member has announced so many times; 0:
  // for ever. REQUIRES: members is a multiple of calls, and both are above 0.
  SaturatePattern(std::size_t members, std::size_t calls, std::size_t rounds, TimePoint begin);

  std::optional<DueAnnounce> Take(TimePoint now) override;
  std::optional<TimePoint> NextDue() const override;
  void OnAnswered(std::size_t member, Duration interval, TimePoint now) override;
  void OnFailed(std::size_t member, TimePoint now) override;
  void OnReconnected(TimePoint) override {}

  // Whether every call of every round was answered or has failed.
  bool done() const { return rounds_ != 0 && finished_ == members_ * rounds_; }

 private:
  void Continue(std::size_t member, TimePoint at, std::deque<DueAnnounce>& queue);

  const std::size_t members_;
  const std::size_t calls_;
  const std::size_t rounds_;
  // Both in the order of their times: what follows an answer, and what follows a failure.
  std::deque<DueAnnounce> ready_;
  std::deque<DueAnnounce> delayed_;
  std::vector<std::size_t> calls_of_;  // that each of the `calls_` places has finished
  std::size_t finished_ = 0;
};

class PacedPattern final : public Pattern {
 public:
  // The n-th announce is due at `begin` + n / `per_second`. REQUIRES: members, per_second > 0.
  PacedPattern(std::size_t members, double per_second, TimePoint begin)
      : members_(members), per_second_(per_second), begin_(begin) {}

  std::optional<DueAnnounce> Take(TimePoint now) override;
  std::optional<TimePoint> NextDue() const override { return TimeOf(sent_); }
  void OnAnswered(std::size_t, Duration, TimePoint) override {}
  void OnFailed(std::size_t, TimePoint) override {}
  void OnReconnected(TimePoint) override {}

 private:
  // From the begin each time, so that rounding does not add up.
  TimePoint TimeOf(std::uint64_t n) const {
    return begin_ + Seconds(static_cast<double>(n) / per_second_);
  }

  const std::size_t members_;
  const double per_second_;
  const TimePoint begin_;
  std::uint64_t sent_ = 0;
};

class MemberPattern final : public Pattern {
 public:
  // The members join one after the other, evenly spaced over `join_over`.
  MemberPattern(std::size_t members, Duration join_over, TimePoint begin, std::uint64_t seed);

  std::optional<DueAnnounce> Take(TimePoint now) override;
  std::optional<TimePoint> NextDue() const override;
  void OnAnswered(std::size_t member, Duration interval, TimePoint now) override;
  void OnFailed(std::size_t member, TimePoint now) override;
  void OnReconnected(TimePoint now) override;

 private:
  struct Timer {
    TimePoint at;
    std::size_t member;
    std::uint32_t number;  // of the member's timers; only its last one counts

    friend bool operator>(const Timer& a, const Timer& b) { return a.at > b.at; }
  };
  struct State {
    core::AnnounceTimer timer;  // the very one of clients
    std::uint32_t number = 0;
    bool under_way = false;
  };

  // Enters the next time of the member's timer, in place of the last.
  void SetTimer(std::size_t member);
  void DropOldTimers();

  Random random_;
  std::vector<State> states_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_PATTERNS_H_
