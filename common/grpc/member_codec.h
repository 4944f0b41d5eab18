// The packed form of members in a handout, and of peer ids, as proto/shoal/v1/tracker.proto lays
// them out byte by byte. Packed because fifty nested messages cost the tracker up to half as much
// again as one bytes field.
//
// Readers take bytes from anywhere: whatever they contain, the answer is members within the limits
// or a status that names the fault and where it is.
//
// Threads: any.
#ifndef SHOAL_COMMON_GRPC_MEMBER_CODEC_H_
#define SHOAL_COMMON_GRPC_MEMBER_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/ids.h"
#include "common/base/member.h"
#include "common/base/packed_member.h"

namespace shoal {

// Members in one handout at most; more are refused.
inline constexpr std::size_t kHandoutMembersMax = 51;
inline constexpr std::size_t kPackedHandoutSizeMax = 1 + kHandoutMembersMax * kPackedMemberIpv6Size;

// Appends the version byte and `members` to `out`. A member whose address has neither 4 nor 16
// bytes is left out: nobody could reach it. REQUIRES: at most kHandoutMembersMax members.
void AppendPackedMembers(std::span<const Member> members, std::string& out);
std::string PackMembers(std::span<const Member> members);

// The members in the order in which they were packed. An empty field (which is how protobuf sends
// an absent one) holds no members. Port 0 makes a member one that cannot be dialled, whatever its
// flags say; an IPv4-mapped IPv6 address becomes IPv4. Ids may repeat: that is the caller's affair.
absl::StatusOr<std::vector<Member>> UnpackMembers(absl::string_view packed);

// Peer ids of 16 bytes, one after the other, without a version byte.
std::string PackPeerIds(std::span<const PeerId> ids);
// At most kHandoutMembersMax ids.
absl::StatusOr<std::vector<PeerId>> UnpackPeerIds(absl::string_view packed);

}  // namespace shoal

#endif  // SHOAL_COMMON_GRPC_MEMBER_CODEC_H_
