#include "tracker/service/announce_handler.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "common/grpc/status_conversion.h"
#include "tracker/service/announce_request.h"

namespace shoal::service {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

absl::string_view View(grpc::string_ref text) { return {text.data(), text.size()}; }

void FillResponse(membership::AnnounceResult result, v1::AnnounceResponse* response) {
  response->set_announce_interval_ms(static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(result.interval).count()));
  response->mutable_swarms()->Reserve(static_cast<int>(result.handouts.size()));
  for (membership::SwarmHandout& answer : result.handouts) {
    v1::SwarmHandout* swarm = response->add_swarms();
    swarm->set_swarm_size(static_cast<std::uint32_t>(answer.swarm_size));
    swarm->set_full(answer.handout.full);
    // Most answers bring no news: to set a field that is empty costs as much as one that is not.
    if (!answer.handout.added.empty()) swarm->set_added(std::move(answer.handout.added));
    if (!answer.handout.removed.empty()) swarm->set_removed(std::move(answer.handout.removed));
    swarm->set_cookie(std::move(answer.cookie));
  }
}

}  // namespace

grpc::Status AnnounceHandler::Announce(const grpc::ServerContext& context,
                                       const v1::AnnounceRequest& request,
                                       v1::AnnounceResponse* response) {
  figures_.bytes_received.fetch_add(request.ByteSizeLong(), kRelaxed);
  const absl::Status status = Carry(context, request, response);
  if (status.ok()) {
    figures_.announces.fetch_add(1, kRelaxed);
    figures_.bytes_sent.fetch_add(response->ByteSizeLong(), kRelaxed);
  } else if (absl::IsResourceExhausted(status)) {
    figures_.exhausted.fetch_add(1, kRelaxed);
  } else {
    figures_.invalid.fetch_add(1, kRelaxed);
  }
  return ToGrpcStatus(status);
}

absl::Status AnnounceHandler::Carry(const grpc::ServerContext& context,
                                    const v1::AnnounceRequest& request,
                                    v1::AnnounceResponse* response) {
  absl::StatusOr<std::string> address = AddressOf(context);
  if (!address.ok()) return address.status();
  const std::uint16_t zone = zones_.ZoneOf(*address);
  absl::StatusOr<membership::AnnounceCall> call =
      ParseAnnounceRequest(request, *std::move(address), zone);
  if (!call.ok()) return call.status();
  // Asked before, so that no incomplete answer goes unmarked.
  const bool warming = table_.warming();
  absl::StatusOr<membership::AnnounceResult> result = table_.Announce(*call);
  if (!result.ok()) return result.status();
  if (dial_back_ != nullptr && !result->untried.empty()) {
    dial_back_->Ask({.endpoint = std::move(call->member.endpoint),
                     .peer = call->member.id,
                     .swarms = std::move(result->untried)});
  }
  FillResponse(*std::move(result), response);
  response->set_warming(warming);
  return absl::OkStatus();
}

absl::StatusOr<std::string> AnnounceHandler::AddressOf(const grpc::ServerContext& context) const {
  std::vector<absl::string_view> forwarded_for;
  if (caller_address_.trusts_anyone()) {
    const auto [first, last] = context.client_metadata().equal_range("x-forwarded-for");
    for (auto header = first; header != last; ++header) {
      forwarded_for.push_back(View(header->second));
    }
  }
  return caller_address_.Find(context.peer(), forwarded_for);
}

}  // namespace shoal::service
