#include "tests/bench/announce_load/load_tally.h"

namespace shoal::bench {

LoadTally::LoadTally(std::size_t members, TimePoint begin, TimePoint end)
    : begin_(begin), end_(end), members_(members) {
  result_.seconds = ToSeconds(end - begin);
}

LoadSecond& LoadTally::SecondOf(TimePoint at) {
  const auto second = static_cast<std::size_t>(ToSeconds(at - begin_));
  if (result_.series.size() <= second) result_.series.resize(second + 1);
  return result_.series[second];
}

Outage* LoadTally::OpenOutage() {
  return result_.outage && !result_.outage->all_back_s ? &*result_.outage : nullptr;
}

void LoadTally::OnDue(const DueAnnounce& announce) {
  if (!Counts(announce.intended)) return;
  ++SecondOf(announce.intended).due;
  if (Outage* outage = OpenOutage()) ++outage->due;
}

void LoadTally::OnAnswered(const DueAnnounce& announce, const AnnounceReply& reply, TimePoint now) {
  if (Counts(announce.intended)) result_.latency.Record(now - announce.intended);
  if (!Counts(now)) return;
  ++SecondOf(now).answered;
  ++result_.answered;
  result_.memberships += reply.memberships;
  result_.members_handed_out += reply.members;
  Outage* outage = OpenOutage();
  // What was under way before the outage says nothing of the time after.
  if (outage == nullptr || announce.intended < outage_began_ || back_[announce.member]) return;
  back_[announce.member] = true;
  if (++outage->members_back == members_) outage->all_back_s = ToSeconds(now - outage_began_);
}

void LoadTally::OnFailed(const DueAnnounce&, TimePoint now) {
  if (!Counts(now)) return;
  ++SecondOf(now).failed;
  ++result_.failed;
  if (Outage* outage = OpenOutage()) ++outage->failed;
}

void LoadTally::OnLost(TimePoint now) {
  if (!Counts(now) || result_.outage) return;
  outage_began_ = now;
  back_.assign(members_, false);
  result_.outage = Outage{.began_s = ToSeconds(now - begin_)};
}

}  // namespace shoal::bench
