#include "common/grpc/member_codec.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/grpc/ip_address.h"

namespace shoal {
namespace {

// Takes one member off the front of `rest`. False if it ends within the member.
bool TakeMember(absl::string_view& rest, Member& member) {
  const PackedMemberView packed(rest.data());
  if (rest.size() < kPackedMemberFixedSize || rest.size() < packed.size()) return false;
  member = packed.Unpacked();
  member.endpoint.address = AddressWithoutMapping(packed.address());
  member.can_be_dialled = member.can_be_dialled && member.endpoint.port != 0;
  rest.remove_prefix(packed.size());
  return true;
}

}  // namespace

void AppendPackedMembers(std::span<const Member> members, std::string& out) {
  out.reserve(out.size() + 1 + members.size() * kPackedMemberIpv6Size);
  out.push_back(static_cast<char>(kMemberLayoutVersion));
  for (const Member& member : members) {
    const std::size_t address_size = member.endpoint.address.size();
    if (address_size != 4 && address_size != 16) continue;
    const PackedMember packed(member);
    out.append(packed.bytes().data(), packed.bytes().size());
  }
}

std::string PackMembers(std::span<const Member> members) {
  std::string out;
  AppendPackedMembers(members, out);
  return out;
}

absl::StatusOr<std::vector<Member>> UnpackMembers(absl::string_view packed) {
  std::vector<Member> members;
  if (packed.empty()) return members;
  if (static_cast<std::uint8_t>(packed[0]) != kMemberLayoutVersion) {
    return absl::InvalidArgumentError(absl::StrCat("packed members have layout version ",
                                                   static_cast<std::uint8_t>(packed[0]),
                                                   " instead of ", kMemberLayoutVersion));
  }
  absl::string_view rest = packed.substr(1);
  while (!rest.empty()) {
    if (members.size() == kHandoutMembersMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("more than ", kHandoutMembersMax, " packed members"));
    }
    Member member;
    if (!TakeMember(rest, member)) {
      return absl::InvalidArgumentError(absl::StrCat("packed members end within member ",
                                                     members.size(), ", after ", packed.size(),
                                                     " bytes"));
    }
    members.push_back(std::move(member));
  }
  return members;
}

std::string PackPeerIds(std::span<const PeerId> ids) {
  std::string out;
  out.reserve(ids.size() * PeerId::kSize);
  for (const PeerId& id : ids) out.append(id.bytes().data(), PeerId::kSize);
  return out;
}

absl::StatusOr<std::vector<PeerId>> UnpackPeerIds(absl::string_view packed) {
  if (packed.size() % PeerId::kSize != 0 || packed.size() > kHandoutMembersMax * PeerId::kSize) {
    return absl::InvalidArgumentError(absl::StrCat(packed.size(), " bytes are not 0 to ",
                                                   kHandoutMembersMax, " peer ids of ",
                                                   PeerId::kSize, " bytes"));
  }
  std::vector<PeerId> ids;
  for (std::size_t at = 0; at < packed.size(); at += PeerId::kSize) {
    ids.push_back(*PeerId::FromBytes(packed.substr(at, PeerId::kSize)));
  }
  return ids;
}

}  // namespace shoal
