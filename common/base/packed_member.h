// One member in the packed form of handouts, which proto/shoal/v1/tracker.proto lays out byte by
// byte. The tracker keeps members in this form, so that handing them out is copying bytes.
//
// Threads: values.
#ifndef SHOAL_COMMON_BASE_PACKED_MEMBER_H_
#define SHOAL_COMMON_BASE_PACKED_MEMBER_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "common/base/ids.h"
#include "common/base/member.h"

namespace shoal {

// The first byte of packed members, before the first of them. Readers refuse any other.
inline constexpr std::uint8_t kMemberLayoutVersion = 1;
// Bytes of one packed member: id, flags, class, zone, port, and an address of 4 or 16 bytes.
inline constexpr std::size_t kPackedMemberIpv4Size = 26;
inline constexpr std::size_t kPackedMemberIpv6Size = 38;
// Of which all but the address.
inline constexpr std::size_t kPackedMemberFixedSize = 22;

// The packed member whose first kPackedMemberFixedSize bytes are there. A view: borrows the bytes.
class PackedMemberView {
 public:
  explicit PackedMemberView(const char* bytes) : bytes_(bytes) {}

  bool is_ipv6() const { return (ByteAt(kFlagsAt) & kFlagIpv6) != 0; }
  // Of the whole member.
  std::size_t size() const { return is_ipv6() ? kPackedMemberIpv6Size : kPackedMemberIpv4Size; }
  const char* data() const { return bytes_; }
  absl::string_view bytes() const { return {bytes_, size()}; }

  absl::string_view id_bytes() const { return {bytes_, PeerId::kSize}; }
  PeerId id() const { return *PeerId::FromBytes(id_bytes()); }
  bool can_be_dialled() const { return (ByteAt(kFlagsAt) & kFlagCanBeDialled) != 0; }
  UploadClass upload_class() const { return UploadClassFromWire(ByteAt(kUploadClassAt)); }
  std::uint16_t zone() const { return Uint16At(kZoneAt); }
  std::uint16_t port() const { return Uint16At(kPortAt); }
  // REQUIRES: all size() bytes are there. So do bytes() and Unpacked().
  absl::string_view address() const {
    return {bytes_ + kPackedMemberFixedSize, size() - kPackedMemberFixedSize};
  }
  Member Unpacked() const;
  // Whether both are at the same address and port.
  bool HasEndpointOf(PackedMemberView other) const {
    return port() == other.port() && address() == other.address();
  }

 private:
  friend class PackedMember;
  static constexpr std::size_t kFlagsAt = PeerId::kSize;
  static constexpr std::size_t kUploadClassAt = kFlagsAt + 1;
  static constexpr std::size_t kZoneAt = kUploadClassAt + 1;
  static constexpr std::size_t kPortAt = kZoneAt + 2;
  static_assert(kPortAt + 2 == kPackedMemberFixedSize);
  static constexpr std::uint8_t kFlagIpv6 = 1;
  static constexpr std::uint8_t kFlagCanBeDialled = 2;

  std::uint8_t ByteAt(std::size_t at) const { return static_cast<std::uint8_t>(bytes_[at]); }
  std::uint16_t Uint16At(std::size_t at) const {
    return static_cast<std::uint16_t>(ByteAt(at) | ByteAt(at + 1) << 8);
  }

  const char* bytes_;
};

// Holds the bytes.
class PackedMember {
 public:
  // REQUIRES: the address has 4 or 16 bytes. Of any other, 4 bytes are made: its first ones, or
  // zeros.
  explicit PackedMember(const Member& member);

  explicit PackedMember(PackedMemberView member);

  void SetCanBeDialled(bool can_be_dialled);

  PackedMemberView view() const { return PackedMemberView(bytes_.data()); }
  absl::string_view bytes() const { return view().bytes(); }

 private:
  std::array<char, kPackedMemberIpv6Size> bytes_{};
};

}  // namespace shoal

#endif  // SHOAL_COMMON_BASE_PACKED_MEMBER_H_
