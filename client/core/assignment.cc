#include "client/core/assignment.h"

#include "client/core/lottery.h"
#include "client/core/ratio.h"

namespace shoal::core {

std::unique_ptr<AssignmentPolicy> MakeAssignmentPolicy(AssignmentKind kind, std::uint64_t seed) {
  switch (kind) {
    case AssignmentKind::kOff:
      return std::make_unique<OffPolicy>();
    case AssignmentKind::kRatio:
      return std::make_unique<RatioPolicy>(seed);
    case AssignmentKind::kLottery:
      break;
  }
  return std::make_unique<LotteryPolicy>();
}

}  // namespace shoal::core
