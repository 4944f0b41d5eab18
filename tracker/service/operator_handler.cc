#include "tracker/service/operator_handler.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/cli/version.h"
#include "common/grpc/status_conversion.h"

namespace shoal::service {
namespace {

using membership::MemberRecord;
using membership::Swarm;
using membership::SwarmSize;

// Seconds for people and scripts: whole, and never below zero.
std::uint32_t WholeSeconds(Duration duration) {
  return static_cast<std::uint32_t>(std::clamp(ToSeconds(duration), 0.0, 4e9));
}

template <class Id>
absl::StatusOr<Id> ParseHex(absl::string_view field, absl::string_view text) {
  const bool is_hex =
      text.size() == 2 * Id::kSize && std::all_of(text.begin(), text.end(), absl::ascii_isxdigit);
  if (!is_hex) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, " is not ", 2 * Id::kSize, " hexadecimal digits"));
  }
  return *Id::FromBytes(absl::HexStringToBytes(text));
}

absl::StatusOr<std::size_t> ParsePageSize(std::uint32_t page_size) {
  if (page_size > kPageSizeMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("page_size ", page_size, " is above ", kPageSizeMax));
  }
  return page_size == 0 ? kPageSizeDefault : page_size;
}

// The token of a page of swarms is the swarm before it: "members:id".
std::string SwarmToken(const SwarmSize& last) {
  return absl::StrCat(last.members, ":", last.swarm.ToString());
}

absl::StatusOr<std::optional<SwarmSize>> ParseSwarmToken(absl::string_view token) {
  if (token.empty()) return std::optional<SwarmSize>();
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(token, absl::MaxSplits(':', 1));
  std::uint64_t members = 0;
  absl::StatusOr<SwarmId> swarm = ParseHex<SwarmId>("page_token", parts.second);
  if (!absl::SimpleAtoi(parts.first, &members) || !swarm.ok()) {
    return absl::InvalidArgumentError("page_token is none of an answer before");
  }
  return std::optional<SwarmSize>({*swarm, members});
}

// The token of a page of members is the member before it.
absl::StatusOr<std::optional<PeerId>> ParseMemberToken(absl::string_view token) {
  if (token.empty()) return std::optional<PeerId>();
  absl::StatusOr<PeerId> peer = ParseHex<PeerId>("page_token", token);
  if (!peer.ok()) return peer.status();
  return std::optional<PeerId>(*peer);
}

absl::Status NobodyIn(const SwarmId& swarm) {
  return absl::NotFoundError(absl::StrCat("nobody is in swarm ", swarm.ToString()));
}

void Fill(const SwarmSize& swarm, v1::SwarmSummary* summary) {
  summary->set_swarm_id(swarm.swarm.ToString());
  summary->set_members(static_cast<std::uint32_t>(swarm.members));
}

void Fill(const MemberRecord& record, TimePoint now, v1::MemberSummary* summary) {
  summary->set_peer_id(record.member.id.ToString());
  summary->set_port(record.member.endpoint.port);
  summary->set_zone(record.member.zone);
  summary->set_upload_class(record.member.upload_class);
  summary->set_can_be_dialled(record.member.can_be_dialled);
  summary->set_joined_s_ago(WholeSeconds(now - record.joined));
  summary->set_expires_in_s(WholeSeconds(record.expires - now));
}

void Fill(const StoreFigures& figures, v1::StoreFigures* store) {
  store->set_healthy(figures.healthy());
  store->set_damaged(figures.damaged);
  store->set_unwritten_changes(figures.unwritten);
  store->set_lost_changes(figures.lost);
  store->set_failures(figures.failures);
  store->set_restored_members(figures.restored);
  store->set_restoring_ms(static_cast<std::uint32_t>(figures.restoring_ms));
}

}  // namespace

grpc::Status OperatorHandler::ListSwarms(const v1::ListSwarmsRequest& request,
                                         v1::ListSwarmsResponse* response) {
  const absl::StatusOr<std::size_t> page_size = ParsePageSize(request.page_size());
  if (!page_size.ok()) return ToGrpcStatus(page_size.status());
  const absl::StatusOr<std::optional<SwarmSize>> after = ParseSwarmToken(request.page_token());
  if (!after.ok()) return ToGrpcStatus(after.status());
  std::vector<SwarmSize> swarms = table_.LargestSwarms(*after, *page_size + 1);
  response->set_total_swarms(static_cast<std::uint32_t>(table_.swarms()));
  if (swarms.size() > *page_size) {
    swarms.pop_back();
    response->set_next_page_token(SwarmToken(swarms.back()));
  }
  for (const SwarmSize& swarm : swarms) Fill(swarm, response->add_swarms());
  return grpc::Status::OK;
}

grpc::Status OperatorHandler::DescribeSwarm(const v1::DescribeSwarmRequest& request,
                                            v1::DescribeSwarmResponse* response) {
  const absl::StatusOr<SwarmId> id = ParseHex<SwarmId>("swarm_id", request.swarm_id());
  if (!id.ok()) return ToGrpcStatus(id.status());
  std::optional<membership::SwarmDescription> description;
  TimePoint now{};
  table_.Read(*id, [&](const Swarm* swarm, TimePoint read_at) {
    if (swarm != nullptr) description = swarm->Describe();
    now = read_at;
  });
  if (!description) return ToGrpcStatus(NobodyIn(*id));
  Fill({*id, description->members}, response->mutable_swarm());
  response->set_dialable_members(static_cast<std::uint32_t>(description->dialable_members));
  for (const auto& [upload_class, members] : description->members_by_upload_class) {
    (*response->mutable_members_by_upload_class())[upload_class] = members;
  }
  for (const auto& [zone, members] : description->members_by_zone) {
    (*response->mutable_members_by_zone())[zone] = members;
  }
  response->set_oldest_member_s(WholeSeconds(now - description->oldest_joined));
  return grpc::Status::OK;
}

grpc::Status OperatorHandler::ListMembers(const v1::ListMembersRequest& request,
                                          v1::ListMembersResponse* response) {
  const absl::StatusOr<SwarmId> id = ParseHex<SwarmId>("swarm_id", request.swarm_id());
  if (!id.ok()) return ToGrpcStatus(id.status());
  const absl::StatusOr<std::size_t> page_size = ParsePageSize(request.page_size());
  if (!page_size.ok()) return ToGrpcStatus(page_size.status());
  const absl::StatusOr<std::optional<PeerId>> after = ParseMemberToken(request.page_token());
  if (!after.ok()) return ToGrpcStatus(after.status());
  std::optional<std::vector<MemberRecord>> page;
  TimePoint now{};
  table_.Read(*id, [&](const Swarm* swarm, TimePoint read_at) {
    if (swarm != nullptr) page = swarm->MembersAfter(*after, *page_size + 1);
    now = read_at;
  });
  if (!page) return ToGrpcStatus(NobodyIn(*id));
  if (page->size() > *page_size) {
    page->pop_back();
    response->set_next_page_token(page->back().member.id.ToString());
  }
  for (const MemberRecord& record : *page) Fill(record, now, response->add_members());
  return grpc::Status::OK;
}

grpc::Status OperatorHandler::GetFigures(const v1::GetFiguresRequest&,
                                         v1::GetFiguresResponse* response) {
  const membership::MembershipFigures membership_figures = table_.figures();
  const Duration interval = table_.announce_interval();
  response->set_swarms(membership_figures.swarms);
  response->set_members(membership_figures.members);
  response->set_announces(figures_.announces);
  response->set_joins(membership_figures.joins);
  response->set_leaves(membership_figures.leaves);
  response->set_expirations(membership_figures.expirations);
  response->set_refusals(figures_.refusals());
  response->set_bytes_received(figures_.bytes_received);
  response->set_bytes_sent(figures_.bytes_sent);
  response->set_uptime_s(WholeSeconds(clock_.Now() - started_));
  response->set_announce_interval_ms(static_cast<std::uint32_t>(interval.count() / 1000));
  const absl::string_view version = Version();
  response->set_version(version.data(), version.size());
  response->set_warming(table_.warming());
  if (figures_.store.present) Fill(figures_.store, response->mutable_store());
  return grpc::Status::OK;
}

}  // namespace shoal::service
