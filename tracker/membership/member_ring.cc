#include "tracker/membership/member_ring.h"

namespace shoal::membership {

void MemberRing::VisitFrom(Place from, Place first, Place last,
                           absl::FunctionRef<bool(const MemberRecord&)> visit) const {
  const auto begin = entries_.lower_bound(first);
  const auto end = entries_.upper_bound(last);
  if (begin == end) return;
  // What was visited lies between `backward` and `forward`; the end of the circle is its beginning.
  auto forward = entries_.lower_bound(from);
  if (forward == end) forward = begin;
  auto backward = forward;
  while (true) {
    if (!visit(*forward->record)) return;
    if (++forward == end) forward = begin;
    if (forward == backward) return;
    if (backward == begin) backward = end;
    --backward;
    if (!visit(*backward->record)) return;
    if (forward == backward) return;
  }
}

void MemberRing::VisitAll(absl::FunctionRef<void(const MemberRecord&)> visit) const {
  for (const Entry& entry : entries_) visit(*entry.record);
}

}  // namespace shoal::membership
