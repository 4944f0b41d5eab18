// How members lie in a key-value store: format 1. Whoever changes it raises kFormatVersion.
//
// Numbers are little-endian. A store holds two kinds of keys, told apart by their first byte; the
// order of keys is that of their bytes, so that the members of a swarm lie together.
//
//   key "m", of a member of a swarm
//     offset  size
//          0     1  'm'
//          1    16  swarm id
//         17    16  peer id
//   its value
//          0     1  flags: bit 0 = the address is IPv6 (16 bytes), else IPv4 (4 bytes);
//                          bit 1 = the member can be dialled; others 0, ignored by readers
//          1     1  upload class (0 none, 1..30 = 2^n kbit/s, 31 not known)
//          2     2  zone; 0 = not known
//          4     2  port; 0 = does not listen
//          6     8  when it joined, milliseconds since the Unix epoch, below 2^48
//         14     4  or 16: address in network byte order
//
//   key "w", once
//          0     1  'w'
//   its value
//          0     8  within how long every member announces itself again, milliseconds, below 2^32
//
// Threads: any.
#ifndef SHOAL_TRACKER_STORE_MEMBER_ENCODING_H_
#define SHOAL_TRACKER_STORE_MEMBER_ENCODING_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/base/ids.h"
#include "common/time/time.h"
#include "tracker/store/membership_store.h"

namespace shoal::store {

inline constexpr int kFormatVersion = 1;

// All members' keys k: kFirstMemberKey <= k < kMemberKeysEnd.
inline constexpr char kFirstMemberKey[] = "m";
inline constexpr char kMemberKeysEnd[] = "n";
inline constexpr char kLongestWaitKey[] = "w";

std::string EncodeMemberKey(const SwarmId& swarm, const PeerId& peer);

// REQUIRES: the address has 4 or 16 bytes. A time outside the format's bounds becomes the nearest.
std::string EncodeMemberValue(const StoredMember& member);

// nullopt for what the encoders above do not make.
std::optional<StoredMember> DecodeMember(absl::string_view key, absl::string_view value);

std::string EncodeLongestWait(Duration wait);
std::optional<Duration> DecodeLongestWait(absl::string_view value);

}  // namespace shoal::store

#endif  // SHOAL_TRACKER_STORE_MEMBER_ENCODING_H_
