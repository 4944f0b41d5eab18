// What several Memberships that are one to their callers have in common: the limits and the announce
// interval are of all of them together.
//
// Threads: any. Exact while no call is under way.
#ifndef SHOAL_TRACKER_MEMBERSHIP_MEMBERSHIP_TOTALS_H_
#define SHOAL_TRACKER_MEMBERSHIP_MEMBERSHIP_TOTALS_H_

#include <atomic>
#include <cstddef>

namespace shoal::membership {

class MembershipTotals {
 public:
  std::size_t members() const { return members_.load(std::memory_order_relaxed); }
  std::size_t swarms() const { return swarms_.load(std::memory_order_relaxed); }

  void AddMember() { members_.fetch_add(1, std::memory_order_relaxed); }
  void RemoveMember() { members_.fetch_sub(1, std::memory_order_relaxed); }
  void AddSwarm() { swarms_.fetch_add(1, std::memory_order_relaxed); }
  void RemoveSwarm() { swarms_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> members_{0};
  std::atomic<std::size_t> swarms_{0};
};

}  // namespace shoal::membership

#endif  // SHOAL_TRACKER_MEMBERSHIP_MEMBERSHIP_TOTALS_H_
