// Answers the operator's questions: between the messages of shoal.v1.Operator and the membership.
//
// Ownership: borrows everything. Threads: any.
#ifndef SHOAL_TRACKER_SERVICE_OPERATOR_HANDLER_H_
#define SHOAL_TRACKER_SERVICE_OPERATOR_HANDLER_H_

#include <grpcpp/support/status.h>

#include <cstdint>

#include "common/time/time.h"
#include "shoal/v1/operator.pb.h"
#include "tracker/service/membership_table.h"
#include "tracker/service/service_figures.h"

namespace shoal::service {

// Entries of one page: at most, and when the request names no number.
inline constexpr std::uint32_t kPageSizeMax = 1000;
inline constexpr std::uint32_t kPageSizeDefault = 100;

class OperatorHandler {
 public:
  // `clock` is the table's; the uptime counts from here.
  OperatorHandler(MembershipTable& table, const ServiceFigures& figures, const Clock& clock)
      : table_(table), figures_(figures), clock_(clock), started_(clock.Now()) {}

  // See proto/shoal/v1/operator.proto. Each fills `response`, which is empty before;
  // INVALID_ARGUMENT names the field of `request` that is wrong.
  grpc::Status ListSwarms(const v1::ListSwarmsRequest& request, v1::ListSwarmsResponse* response);
  grpc::Status DescribeSwarm(const v1::DescribeSwarmRequest& request,
                             v1::DescribeSwarmResponse* response);
  grpc::Status ListMembers(const v1::ListMembersRequest& request,
                           v1::ListMembersResponse* response);
  grpc::Status GetFigures(const v1::GetFiguresRequest& request, v1::GetFiguresResponse* response);

 private:
  MembershipTable& table_;
  const ServiceFigures& figures_;
  const Clock& clock_;
  const TimePoint started_;
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_OPERATOR_HANDLER_H_
