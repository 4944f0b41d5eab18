#include "tracker/service/announce_request.h"

#include <array>
#include <cstring>
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

// Finds whether a swarm is named twice. To compare each with all others would take longer than all
// else does with many swarms. Whoever chooses ids to collide has them compared so.
class NamedSwarms {
 public:
  explicit NamedSwarms(const std::vector<membership::SwarmAnnounce>& swarms) : swarms_(swarms) {
    table_.fill(kNone);
  }

  // Enters the last of the swarms; false if there is another one of that id. REQUIRES: at most
  // kSwarmsPerAnnounceMax are entered.
  bool EnterLast() {
    const std::size_t last = swarms_.size() - 1;
    for (std::size_t at = FirstOf(swarms_[last].swarm);; at = (at + 1) % kPlaces) {
      if (table_[at] == kNone) {
        table_[at] = static_cast<std::uint8_t>(last);
        return true;
      }
      if (swarms_[table_[at]].swarm == swarms_[last].swarm) return false;
    }
  }

 private:
  static constexpr std::size_t kPlaces = 128;
  static constexpr std::uint8_t kNone = 0xff;
  static_assert(kSwarmsPerAnnounceMax < kPlaces && kPlaces <= kNone);

  static std::size_t FirstOf(const SwarmId& id) {
    std::uint64_t word = 0;
    static_assert(sizeof(word) <= SwarmId::kSize);
    std::memcpy(&word, id.bytes().data(), sizeof(word));
    return word * 0x9e3779b97f4a7c15u >> 57;
  }

  const std::vector<membership::SwarmAnnounce>& swarms_;
  std::array<std::uint8_t, kPlaces> table_;
};

absl::Status ParseSwarm(const v1::SwarmAnnounce& swarm, int index,
                        membership::SwarmAnnounce& parsed) {
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
  parsed = {*id, *event, swarm.cookie()};
  return absl::OkStatus();
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
  NamedSwarms named(call.swarms);
  for (int i = 0; i < request.swarms_size(); ++i) {
    const absl::Status status = ParseSwarm(request.swarms(i), i, call.swarms.emplace_back());
    if (!status.ok()) return status;
    // An answer for one swarm is larger than what asks for it: naming it 64 times would be cheap.
    if (!named.EnterLast()) {
      return absl::InvalidArgumentError(
          absl::StrCat("swarms[", i, "] is a swarm that the call has named before"));
    }
  }
  return call;
}

}  // namespace shoal::service
