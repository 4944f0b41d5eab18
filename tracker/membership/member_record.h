// One member of one swarm, as the tracker keeps it. Threads: a value.
#ifndef SHOAL_TRACKER_MEMBERSHIP_MEMBER_RECORD_H_
#define SHOAL_TRACKER_MEMBERSHIP_MEMBER_RECORD_H_

#include "common/base/ids.h"
#include "common/base/member.h"
#include "common/time/time.h"

namespace shoal::membership {

struct MemberRecord {
  SwarmId swarm;
  Member member;
  TimePoint joined{};
  TimePoint expires{};  // gone from then on, unless it announces before

  friend bool operator==(const MemberRecord&, const MemberRecord&) = default;
};

}  // namespace shoal::membership

#endif  // SHOAL_TRACKER_MEMBERSHIP_MEMBER_RECORD_H_
