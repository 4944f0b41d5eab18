#include "client/core/assignment.h"

#include "client/core/lottery.h"

namespace shoal::core {

std::unique_ptr<AssignmentPolicy> MakeAssignmentPolicy(AssignmentKind kind) {
  if (kind == AssignmentKind::kOff) return std::make_unique<OffPolicy>();
  return std::make_unique<LotteryPolicy>();
}

}  // namespace shoal::core
