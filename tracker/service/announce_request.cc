#include "tracker/service/announce_request.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace shoal::service {
namespace {

using membership::AnnounceEvent;

absl::Status WrongSize(absl::string_view field, std::size_t size, std::size_t wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat(field, " has ", size, " bytes instead of ", wanted));
}

std::optional<AnnounceEvent> EventOf(v1::AnnounceEvent event) {
  switch (event) {
    case v1::ANNOUNCE_EVENT_UNSPECIFIED:
      return AnnounceEvent::kRefresh;
    case v1::ANNOUNCE_EVENT_STARTED:
      return AnnounceEvent::kStarted;
    case v1::ANNOUNCE_EVENT_STOPPED:
      return AnnounceEvent::kStopped;
    default:  // proto3 keeps values that this version does not know
      return std::nullopt;
  }
}

absl::StatusOr<membership::SwarmAnnounce> ParseSwarm(const v1::SwarmAnnounce& swarm, int index) {
  const std::optional<SwarmId> id = SwarmId::FromBytes(swarm.swarm_id());
  if (!id) {
    return WrongSize(absl::StrCat("swarms[", index, "].swarm_id"), swarm.swarm_id().size(),
                     SwarmId::kSize);
  }
  if (swarm.cookie().size() > kCookieSizeMax) {
    return absl::InvalidArgumentError(absl::StrCat("swarms[", index, "].cookie has ",
                                                   swarm.cookie().size(), " bytes, more than ",
                                                   kCookieSizeMax));
  }
  const std::optional<AnnounceEvent> event = EventOf(swarm.event());
  if (!event) {
    return absl::InvalidArgumentError(
        absl::StrCat("swarms[", index, "].event ", swarm.event(), " is not known"));
  }
  return membership::SwarmAnnounce{*id, *event, swarm.cookie()};
}

}  // namespace

absl::StatusOr<membership::AnnounceCall> ParseAnnounceRequest(const v1::AnnounceRequest& request,
                                                              std::string address,
                                                              std::uint16_t zone) {
  const std::optional<PeerId> id = PeerId::FromBytes(request.peer_id());
  if (!id) return WrongSize("peer_id", request.peer_id().size(), PeerId::kSize);
  if (request.port() > kPortMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("port ", request.port(), " is above ", kPortMax));
  }
  if (request.upload_class() > kUploadUnknown) {
    return absl::InvalidArgumentError(
        absl::StrCat("upload_class ", request.upload_class(), " is above ", int{kUploadUnknown}));
  }
  if (request.swarms_size() > kSwarmsPerAnnounceMax) {
    return absl::InvalidArgumentError(
        absl::StrCat(request.swarms_size(), " swarms are more than ", kSwarmsPerAnnounceMax));
  }
  membership::AnnounceCall call;
  call.member.id = *id;
  call.member.zone = zone;
  call.member.endpoint = {std::move(address), static_cast<std::uint16_t>(request.port())};
  call.member.upload_class = UploadClassFromWire(request.upload_class());
  call.member.can_be_dialled = request.port() != 0;
  call.swarms.reserve(static_cast<std::size_t>(request.swarms_size()));
  for (int i = 0; i < request.swarms_size(); ++i) {
    absl::StatusOr<membership::SwarmAnnounce> swarm = ParseSwarm(request.swarms(i), i);
    if (!swarm.ok()) return swarm.status();
    const auto same = [&](const membership::SwarmAnnounce& before) {
      return before.swarm == swarm->swarm;
    };
    // An answer for one swarm is larger than what asks for it: naming it 64 times would be cheap.
    if (std::any_of(call.swarms.begin(), call.swarms.end(), same)) {
      return absl::InvalidArgumentError(
          absl::StrCat("swarms[", i, "] is a swarm that the call has named before"));
    }
    call.swarms.push_back(*swarm);
  }
  return call;
}

}  // namespace shoal::service
