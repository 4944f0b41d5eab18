#include "common/grpc/member_codec.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/grpc/ip_address.h"

namespace shoal {
namespace {

constexpr std::uint8_t kFlagIpv6 = 1;
constexpr std::uint8_t kFlagCanBeDialled = 2;
constexpr std::size_t kFixedSize = PeerId::kSize + 6;  // all but the address

// Returns the end of what it has put.
char* PutUint16(std::uint16_t value, char* at) {
  *at++ = static_cast<char>(value & 0xff);
  *at++ = static_cast<char>(value >> 8);
  return at;
}

std::uint8_t ByteAt(absl::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::uint16_t Uint16At(absl::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(ByteAt(bytes, at) | ByteAt(bytes, at + 1) << 8);
}

// Takes one member off the front of `rest`. False if it ends within the member.
bool TakeMember(absl::string_view& rest, Member& member) {
  if (rest.size() < kFixedSize) return false;
  const std::uint8_t flags = ByteAt(rest, PeerId::kSize);
  const std::size_t address_size = flags & kFlagIpv6 ? 16 : 4;
  if (rest.size() < kFixedSize + address_size) return false;
  member.id = *PeerId::FromBytes(rest.substr(0, PeerId::kSize));
  member.upload_class = UploadClassFromWire(ByteAt(rest, PeerId::kSize + 1));
  member.zone = Uint16At(rest, PeerId::kSize + 2);
  member.endpoint.port = Uint16At(rest, PeerId::kSize + 4);
  member.endpoint.address = AddressWithoutMapping(rest.substr(kFixedSize, address_size));
  member.can_be_dialled = (flags & kFlagCanBeDialled) != 0 && member.endpoint.port != 0;
  rest.remove_prefix(kFixedSize + address_size);
  return true;
}

}  // namespace

void AppendPackedMembers(std::span<const Member> members, std::string& out) {
  // A tracker does little else than this: the room is made once and filled, not appended to.
  const std::size_t begin = out.size();
  out.resize(begin + 1 + members.size() * kPackedMemberIpv6Size);
  char* at = out.data() + begin;
  *at++ = static_cast<char>(kMemberLayoutVersion);
  for (const Member& member : members) {
    const std::string& address = member.endpoint.address;
    if (address.size() != 4 && address.size() != 16) continue;
    const int flags =
        (address.size() == 16 ? kFlagIpv6 : 0) | (member.can_be_dialled ? kFlagCanBeDialled : 0);
    at = std::copy_n(member.id.bytes().data(), PeerId::kSize, at);
    *at++ = static_cast<char>(flags);
    *at++ = static_cast<char>(member.upload_class);
    at = PutUint16(member.zone, at);
    at = PutUint16(member.endpoint.port, at);
    at = std::copy_n(address.data(), address.size(), at);
  }
  out.resize(static_cast<std::size_t>(at - out.data()));
}

std::string PackMembers(std::span<const Member> members) {
  std::string out;
  AppendPackedMembers(members, out);
  return out;
}

absl::StatusOr<std::vector<Member>> UnpackMembers(absl::string_view packed) {
  std::vector<Member> members;
  if (packed.empty()) return members;
  if (ByteAt(packed, 0) != kMemberLayoutVersion) {
    return absl::InvalidArgumentError(absl::StrCat("packed members have layout version ",
                                                   ByteAt(packed, 0), " instead of ",
                                                   kMemberLayoutVersion));
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
