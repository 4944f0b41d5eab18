// Members and ids for tests, made from small numbers.
#ifndef SHOAL_TESTS_UNIT_TRACKER_MEMBERSHIP_MEMBERS_H_
#define SHOAL_TESTS_UNIT_TRACKER_MEMBERSHIP_MEMBERS_H_

#include <cstdint>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/base/member.h"
#include "common/base/packed_member.h"

namespace shoal::membership {

template <class Id>
Id IdOf(std::uint32_t number) {
  std::string bytes(Id::kSize, '\0');
  for (int i = 0; i < 4; ++i) bytes[i] = static_cast<char>(number >> (24 - 8 * i));
  return *Id::FromBytes(bytes);
}

inline PeerId Peer(std::uint32_t number) { return IdOf<PeerId>(number); }
inline SwarmId SwarmOf(std::uint32_t number) { return IdOf<SwarmId>(number); }

// A strong member of unknown zone at 10.x.y.z:7000, the address following from the number.
inline Member StrongMember(std::uint32_t number) {
  const std::string address = {10, static_cast<char>(number >> 16), static_cast<char>(number >> 8),
                               static_cast<char>(number)};
  return {.id = Peer(number), .endpoint = {address, 7000}, .upload_class = 12};
}

inline Member StrongMember(std::uint32_t number, std::uint16_t zone) {
  Member member = StrongMember(number);
  member.zone = zone;
  return member;
}

inline Member WeakMember(std::uint32_t number) {
  Member member = StrongMember(number);
  member.can_be_dialled = false;
  return member;
}

// Those of a handout's packed members, which must be well formed.
inline std::vector<Member> Unpacked(absl::string_view packed) {
  std::vector<Member> members;
  for (std::size_t at = 1; at < packed.size();) {
    const PackedMemberView member(packed.data() + at);
    members.push_back(member.Unpacked());
    at += member.size();
  }
  return members;
}

inline std::vector<PeerId> UnpackedIds(absl::string_view packed) {
  std::vector<PeerId> ids;
  for (std::size_t at = 0; at < packed.size(); at += PeerId::kSize) {
    ids.push_back(*PeerId::FromBytes(packed.substr(at, PeerId::kSize)));
  }
  return ids;
}

inline std::set<PeerId> IdsOf(const std::vector<Member>& members) {
  std::set<PeerId> ids;
  for (const Member& member : members) ids.insert(member.id);
  return ids;
}

}  // namespace shoal::membership

#endif  // SHOAL_TESTS_UNIT_TRACKER_MEMBERSHIP_MEMBERS_H_
