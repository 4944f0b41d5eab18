#include "client/announce/announce_codec.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/grpc/ip_address.h"
#include "common/grpc/member_codec.h"

namespace shoal::announce {
namespace {

v1::AnnounceEvent EventOf(core::AnnounceKind kind) {
  switch (kind) {
    case core::AnnounceKind::kStarted:
      return v1::ANNOUNCE_EVENT_STARTED;
    case core::AnnounceKind::kStopped:
      return v1::ANNOUNCE_EVENT_STOPPED;
    case core::AnnounceKind::kRefresh:
      break;
  }
  return v1::ANNOUNCE_EVENT_UNSPECIFIED;
}

// 224.0.0.0 and up (multicast, reserved, broadcast) and ff00::/8.
bool IsMulticast(absl::string_view address) {
  const auto first = static_cast<std::uint8_t>(address[0]);
  return address.size() == 4 ? first >= 224 : first == 255;
}

bool CanBeDialled(const Member& member) {
  const std::string& address = member.endpoint.address;
  return member.can_be_dialled && member.endpoint.port != 0 && !address.empty() &&
         !IsUnspecified(address) && !IsMulticast(address);
}

}  // namespace

v1::SwarmAnnounce ToWire(const core::AnnouncedSwarm& swarm, const std::string& cookie) {
  v1::SwarmAnnounce out;
  out.set_swarm_id(std::string(swarm.swarm.bytes()));
  out.set_event(EventOf(swarm.kind));
  out.set_cookie(cookie);
  return out;
}

Duration IntervalFromWire(const v1::AnnounceResponse& response) {
  return std::clamp(Milliseconds(response.announce_interval_ms()), kIntervalMin, kIntervalMax);
}

absl::StatusOr<core::SwarmHandout> FromWire(const v1::SwarmHandout& handout,
                                            const v1::SwarmAnnounce& asked, const PeerId& self) {
  if (handout.cookie().size() > kCookieSizeMax) {
    return absl::DataLossError(
        absl::StrCat("the tracker sent a cookie of ", handout.cookie().size(), " bytes"));
  }
  if (!handout.full() && asked.cookie().empty()) {
    return absl::DataLossError("the tracker sent changes to a handout that it never gave");
  }
  absl::StatusOr<std::vector<Member>> added = UnpackMembers(handout.added());
  if (!added.ok()) return absl::DataLossError(added.status().message());
  absl::StatusOr<std::vector<PeerId>> removed = UnpackPeerIds(handout.removed());
  if (!removed.ok()) return absl::DataLossError(removed.status().message());

  std::erase_if(*added,
                [&](const Member& member) { return member.id == self || member.id == PeerId(); });
  for (Member& member : *added) member.can_be_dialled = CanBeDialled(member);
  core::SwarmHandout out;
  out.swarm_size = std::max(handout.swarm_size(), 1u);
  out.full = handout.full();
  out.added = *std::move(added);
  out.removed = *std::move(removed);
  return out;
}

}  // namespace shoal::announce
