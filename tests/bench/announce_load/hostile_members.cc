#include "tests/bench/announce_load/hostile_members.h"

#include "shoal/v1/tracker.pb.h"

namespace shoal::bench {
namespace {

constexpr int kStatusInvalidArgument = 3;
constexpr int kStatusResourceExhausted = 8;
constexpr int kStatusInternal = 13;
constexpr int kSwarmsMax = 64;
constexpr std::size_t kHugeBytes = 20'000;

// Of as many swarms, all different.
v1::AnnounceRequest GoodRequest(int swarms) {
  v1::AnnounceRequest request;
  request.set_peer_id(std::string(16, 'h'));
  request.set_port(7000);
  request.set_upload_class(12);
  for (int i = 0; i < swarms; ++i) {
    request.add_swarms()->set_swarm_id(std::string(16, static_cast<char>(i)));
  }
  return request;
}

std::string RequestOf(Hostility hostility) {
  v1::AnnounceRequest request = GoodRequest(1);
  switch (hostility) {
    case Hostility::kGarbage:
      return std::string(60, '\x0f');  // a wire type that there is not
    case Hostility::kShortId:
      request.set_peer_id(std::string(15, 'h'));
      break;
    case Hostility::kManySwarms:
      request = GoodRequest(kSwarmsMax + 1);
      break;
    case Hostility::kTwice:
      request = GoodRequest(kSwarmsMax - 1);
      *request.add_swarms() = request.swarms(kSwarmsMax - 2);
      break;
    case Hostility::kHuge:
      request.mutable_swarms(0)->set_cookie(std::string(kHugeBytes, 'c'));
      break;
    case Hostility::kForwarded:
    case Hostility::kNone:
      break;
  }
  return request.SerializeAsString();
}

}  // namespace

int RightStatus(Hostility hostility) {
  switch (hostility) {
    case Hostility::kNone:
      return 0;
    case Hostility::kGarbage:
      return kStatusInternal;
    case Hostility::kHuge:
      return kStatusResourceExhausted;
    case Hostility::kShortId:
    case Hostility::kManySwarms:
    case Hostility::kTwice:
    case Hostility::kForwarded:
      break;
  }
  return kStatusInvalidArgument;
}

absl::string_view ForwardedFor(Hostility hostility) {
  return hostility == Hostility::kForwarded ? "203.0.113.300" : "";
}

HostileMembers::HostileMembers(Hostility hostility) : request_(RequestOf(hostility)) {}

std::string HostileMembers::Request(std::size_t) { return request_; }

std::optional<AnnounceReply> HostileMembers::Read(std::size_t, absl::string_view) {
  return AnnounceReply{.interval = Seconds(15)};
}

}  // namespace shoal::bench
