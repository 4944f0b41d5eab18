#include "tests/bench/scheduling_tracker/report_handler.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "common/base/ids.h"

namespace shoal::bench {
namespace {

constexpr int kSegmentsMax = 16;
constexpr std::uint32_t kPortMax = 65535;

grpc::Status Invalid(const char* what) { return {grpc::StatusCode::INVALID_ARGUMENT, what}; }

std::string Packed(const Endpoint& endpoint) {
  std::string bytes = endpoint.address;
  bytes.push_back(static_cast<char>(endpoint.port >> 8));
  bytes.push_back(static_cast<char>(endpoint.port & 0xff));
  return bytes;
}

schedule::SegmentOrder& OrdersOf(std::uint32_t sequence, schedule::ReportResponse* response) {
  for (schedule::SegmentOrder& order : *response->mutable_orders()) {
    if (order.sequence() == sequence) return order;
  }
  schedule::SegmentOrder& order = *response->add_orders();
  order.set_sequence(sequence);
  return order;
}

schedule::PeerOrder& OrderOf(std::string endpoint, schedule::SegmentOrder& segment) {
  for (schedule::PeerOrder& order : *segment.mutable_from_peers()) {
    if (order.endpoint() == endpoint) return order;
  }
  schedule::PeerOrder& order = *segment.add_from_peers();
  order.set_endpoint(std::move(endpoint));
  return order;
}

}  // namespace

void FillOrders(const std::vector<Order>& orders, schedule::ReportResponse* response) {
  for (const Order& order : orders) {
    schedule::SegmentOrder& segment = OrdersOf(order.sequence, response);
    if (order.source == nullptr) {
      segment.set_from_cdn(segment.from_cdn() | Bit(order.piece));
      continue;
    }
    schedule::PeerOrder& peer = OrderOf(Packed(*order.source), segment);
    peer.set_pieces(peer.pieces() | Bit(order.piece));
  }
}

grpc::Status ReportHandler::Join(const grpc::ServerContext& context,
                                 const schedule::Joining& joining, std::uint64_t& number) {
  const std::optional<SwarmId> swarm = SwarmId::FromBytes(joining.swarm_id());
  if (!swarm) return Invalid("swarm_id");
  if (joining.port() > kPortMax) return Invalid("port");
  const absl::StatusOr<std::string> address = caller_address_.Find(context.peer(), {});
  if (!address.ok()) return Invalid("the caller has no IP address");
  number = table_.Join(*swarm,
                       {.endpoint = {*address, static_cast<std::uint16_t>(joining.port())},
                        .upload_bytes_per_s = static_cast<double>(joining.upload_bytes_per_s())},
                       clock_.Now());
  if (number == 0) return {grpc::StatusCode::RESOURCE_EXHAUSTED, "too many members"};
  return grpc::Status::OK;
}

grpc::Status ReportHandler::ReadNews(const schedule::ReportRequest& request) {
  news_.clear();
  if (request.segments_size() > kSegmentsMax) return Invalid("segments");
  for (const schedule::SegmentReport& segment : request.segments()) {
    if (segment.length() > kSegmentLengthMax) return Invalid("length");
    news_.push_back({.sequence = segment.sequence(),
                     .held = segment.held(),
                     .failed = segment.failed(),
                     .length = segment.length(),
                     .needed_in = Milliseconds(segment.needed_in_ms())});
  }
  return grpc::Status::OK;
}

grpc::Status ReportHandler::Report(const grpc::ServerContext& context,
                                   const schedule::ReportRequest& request,
                                   schedule::ReportResponse* response) {
  if (grpc::Status status = ReadNews(request); !status.ok()) return status;
  std::uint64_t number = request.member();
  if (number == 0) {
    if (grpc::Status status = Join(context, request.joining(), number); !status.ok()) return status;
    response->set_member(number);
    response->set_report_interval_ms(static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(table_.report_interval()).count()));
  }
  orders_.clear();
  if (!table_.Report(number, news_, clock_.Now(), orders_)) {
    response->set_unknown(true);
    return grpc::Status::OK;
  }
  FillOrders(orders_, response);
  return grpc::Status::OK;
}

}  // namespace shoal::bench
