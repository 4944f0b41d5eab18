#include "common/base/packed_member.h"

#include <algorithm>
#include <cstring>

namespace shoal {

Member PackedMemberView::Unpacked() const {
  Member member;
  member.id = id();
  member.endpoint.address.assign(address().data(), address().size());
  member.endpoint.port = port();
  member.zone = zone();
  member.upload_class = upload_class();
  member.can_be_dialled = can_be_dialled();
  return member;
}

PackedMember::PackedMember(PackedMemberView member) {
  std::memcpy(bytes_.data(), member.data(), member.size());
}

void PackedMember::SetCanBeDialled(bool can_be_dialled) {
  using View = PackedMemberView;
  const int others = bytes_[View::kFlagsAt] & ~View::kFlagCanBeDialled;
  bytes_[View::kFlagsAt] =
      static_cast<char>(others | (can_be_dialled ? View::kFlagCanBeDialled : 0));
}

PackedMember::PackedMember(const Member& member) {
  using View = PackedMemberView;
  const auto put_uint16 = [this](std::size_t at, std::uint16_t value) {
    bytes_[at] = static_cast<char>(value & 0xff);
    bytes_[at + 1] = static_cast<char>(value >> 8);
  };
  const std::string& address = member.endpoint.address;
  const bool is_ipv6 = address.size() == 16;
  const int flags =
      (is_ipv6 ? View::kFlagIpv6 : 0) | (member.can_be_dialled ? View::kFlagCanBeDialled : 0);
  std::memcpy(bytes_.data(), member.id.bytes().data(), PeerId::kSize);
  bytes_[View::kFlagsAt] = static_cast<char>(flags);
  bytes_[View::kUploadClassAt] = static_cast<char>(member.upload_class);
  put_uint16(View::kZoneAt, member.zone);
  put_uint16(View::kPortAt, member.endpoint.port);
  std::memcpy(bytes_.data() + kPackedMemberFixedSize, address.data(),
              is_ipv6 ? address.size() : std::min<std::size_t>(address.size(), 4));
}

}  // namespace shoal
