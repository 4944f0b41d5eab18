// Answers announces: between the messages of shoal.v1.Tracker and the membership. No policy.
//
// Ownership: borrows everything. Threads: any.
#ifndef SHOAL_TRACKER_SERVICE_ANNOUNCE_HANDLER_H_
#define SHOAL_TRACKER_SERVICE_ANNOUNCE_HANDLER_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include "shoal/v1/tracker.pb.h"
#include "tracker/service/caller_address.h"
#include "tracker/service/dial_back.h"
#include "tracker/service/membership_table.h"
#include "tracker/service/service_figures.h"
#include "tracker/service/zone_source.h"

namespace shoal::service {

class AnnounceHandler {
 public:
  // `dial_back`: nullptr to believe clients that they can be dialled.
  AnnounceHandler(MembershipTable& table, const CallerAddress& caller_address,
                  const ZoneSource& zones, DialBack* dial_back, ServiceFigures& figures)
      : table_(table),
        caller_address_(caller_address),
        zones_(zones),
        dial_back_(dial_back),
        figures_(figures) {}

  // Carries out the call and fills `response`, which is empty before. The status is one of those
  // that tracker.proto names.
  grpc::Status Announce(const grpc::ServerContext& context, const v1::AnnounceRequest& request,
                        v1::AnnounceResponse* response);

 private:
  absl::Status Carry(const grpc::ServerContext& context, const v1::AnnounceRequest& request,
                     v1::AnnounceResponse* response);
  absl::StatusOr<std::string> AddressOf(const grpc::ServerContext& context) const;

  MembershipTable& table_;
  const CallerAddress& caller_address_;
  const ZoneSource& zones_;
  DialBack* const dial_back_;
  ServiceFigures& figures_;
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_ANNOUNCE_HANDLER_H_
