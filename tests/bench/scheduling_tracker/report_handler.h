// Answers reports: between the messages of schedule.proto and the ScheduleTable. No policy.
//
// Ownership: borrows table and clock. Threads: not thread-safe; the one loop's thread.
#ifndef SHOAL_TESTS_BENCH_SCHEDULING_TRACKER_REPORT_HANDLER_H_
#define SHOAL_TESTS_BENCH_SCHEDULING_TRACKER_REPORT_HANDLER_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <string>
#include <vector>

#include "common/time/time.h"
#include "tests/bench/scheduling_tracker/schedule.h"
#include "tests/bench/scheduling_tracker/schedule.pb.h"
#include "tests/bench/scheduling_tracker/schedule_table.h"
#include "tracker/service/caller_address.h"

namespace shoal::bench {

// Reports are far smaller.
inline constexpr int kReportSizeMax = 4096;

class ReportHandler {
 public:
  ReportHandler(ScheduleTable& table, const Clock& clock) : table_(table), clock_(clock) {}

  // Carries out the call and fills `response`, which is empty before.
  grpc::Status Report(const grpc::ServerContext& context, const schedule::ReportRequest& request,
                      schedule::ReportResponse* response);

 private:
  grpc::Status Join(const grpc::ServerContext& context, const schedule::Joining& joining,
                    std::uint64_t& number);
  grpc::Status ReadNews(const schedule::ReportRequest& request);

  ScheduleTable& table_;
  const Clock& clock_;
  const service::CallerAddress caller_address_{{}};
  // Kept for their memory.
  std::vector<SegmentNews> news_;
  std::vector<Order> orders_;
};

// Orders as the message has them: by segment, and in each by source.
void FillOrders(const std::vector<Order>& orders, schedule::ReportResponse* response);

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_SCHEDULING_TRACKER_REPORT_HANDLER_H_
