#include "tracker/store/member_encoding.h"

#include <algorithm>
#include <cstddef>

namespace shoal::store {
namespace {

constexpr std::uint8_t kFlagIpv6 = 1;
constexpr std::uint8_t kFlagCanBeDialled = 2;
constexpr std::size_t kKeySize = 1 + SwarmId::kSize + PeerId::kSize;
constexpr std::size_t kAddressAt = 14;
// Far beyond any real time, and far from where sums of times would overflow.
constexpr std::int64_t kUnixMsMax = (std::int64_t{1} << 48) - 1;
constexpr std::int64_t kWaitMsMax = (std::int64_t{1} << 32) - 1;

void AppendNumber(std::uint64_t value, int size, std::string& out) {
  for (int i = 0; i < size; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

std::uint64_t NumberAt(absl::string_view bytes, std::size_t at, int size) {
  std::uint64_t value = 0;
  for (int i = size - 1; i >= 0; --i) {
    value = value << 8 | static_cast<std::uint8_t>(bytes[at + static_cast<std::size_t>(i)]);
  }
  return value;
}

}  // namespace

std::string EncodeMemberKey(const SwarmId& swarm, const PeerId& peer) {
  std::string key;
  key.reserve(kKeySize);
  key.push_back(kFirstMemberKey[0]);
  key.append(swarm.bytes().data(), SwarmId::kSize);
  key.append(peer.bytes().data(), PeerId::kSize);
  return key;
}

std::string EncodeMemberValue(const StoredMember& stored) {
  const Member& member = stored.member;
  const std::string& address = member.endpoint.address;
  std::string value;
  value.reserve(kAddressAt + address.size());
  value.push_back(static_cast<char>((address.size() == 16 ? kFlagIpv6 : 0) |
                                    (member.can_be_dialled ? kFlagCanBeDialled : 0)));
  value.push_back(static_cast<char>(member.upload_class));
  AppendNumber(member.zone, 2, value);
  AppendNumber(member.endpoint.port, 2, value);
  const std::int64_t joined = std::clamp<std::int64_t>(stored.joined_unix_ms, 0, kUnixMsMax);
  AppendNumber(static_cast<std::uint64_t>(joined), 8, value);
  value.append(address);
  return value;
}

std::optional<StoredMember> DecodeMember(absl::string_view key, absl::string_view value) {
  if (key.size() != kKeySize || key[0] != kFirstMemberKey[0]) return std::nullopt;
  if (value.size() < kAddressAt) return std::nullopt;
  const auto flags = static_cast<std::uint8_t>(value[0]);
  const std::size_t address_size = flags & kFlagIpv6 ? 16 : 4;
  const std::uint64_t joined = NumberAt(value, 6, 8);
  if (value.size() != kAddressAt + address_size || joined > std::uint64_t{kUnixMsMax}) {
    return std::nullopt;
  }
  StoredMember stored;
  stored.swarm = *SwarmId::FromBytes(key.substr(1, SwarmId::kSize));
  stored.member.id = *PeerId::FromBytes(key.substr(1 + SwarmId::kSize));
  stored.member.endpoint.address.assign(value.data() + kAddressAt, address_size);
  stored.member.endpoint.port = static_cast<std::uint16_t>(NumberAt(value, 4, 2));
  stored.member.zone = static_cast<std::uint16_t>(NumberAt(value, 2, 2));
  stored.member.upload_class = UploadClassFromWire(static_cast<std::uint8_t>(value[1]));
  stored.member.can_be_dialled = (flags & kFlagCanBeDialled) != 0;
  stored.joined_unix_ms = static_cast<std::int64_t>(joined);
  return stored;
}

std::string EncodeLongestWait(Duration wait) {
  std::string value;
  const std::int64_t wait_ms = std::clamp<std::int64_t>(wait.count() / 1000, 0, kWaitMsMax);
  AppendNumber(static_cast<std::uint64_t>(wait_ms), 8, value);
  return value;
}

std::optional<Duration> DecodeLongestWait(absl::string_view value) {
  if (value.size() != 8) return std::nullopt;
  const std::uint64_t wait_ms = NumberAt(value, 0, 8);
  if (wait_ms > std::uint64_t{kWaitMsMax}) return std::nullopt;
  return Milliseconds(static_cast<std::int64_t>(wait_ms));
}

}  // namespace shoal::store
