// What a client sends back of its last handout, so that it can be told only what has changed since.
//
// The tracker keeps nothing for it: a cookie names the moment of the swarm at which the handout was
// made, and as handouts follow from the swarm, that tells what was in it (see Swarm). A cookie is
// good for the process that gave it, as long as its swarm lasts, and for the client that got it
// while its zone stays the same. It holds no secret; who makes up one gets a wrong answer itself.
//
// Threads: values.
#ifndef SHOAL_TRACKER_MEMBERSHIP_HANDOUT_COOKIE_H_
#define SHOAL_TRACKER_MEMBERSHIP_HANDOUT_COOKIE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/base/packed_member.h"
#include "tracker/membership/member_slab.h"

namespace shoal::membership {

// For whom a cookie is good.
struct CookieScope {
  std::uint32_t process = 0;      // by chance
  std::uint32_t incarnation = 0;  // of the swarm: how many there were before
  std::uint32_t client = 0;       // see ClientOf

  friend bool operator==(const CookieScope&, const CookieScope&) = default;
};

// A hash of the member's id and zone. Not a secret one: it would give away where members stand.
std::uint32_t ClientOf(PackedMemberView member);

// 15 bytes and not 16: so many fit into a std::string without a further allocation.
//
//   offset  size
//        0     4  process
//        4     4  incarnation
//        8     4  version of the swarm
//       12     3  client, its lower bits
inline constexpr std::size_t kHandoutCookieSize = 15;

std::string EncodeCookie(const CookieScope& scope, Version version);

// nullopt for anything but a cookie of that scope.
std::optional<Version> DecodeCookie(absl::string_view cookie, const CookieScope& scope);

}  // namespace shoal::membership

#endif  // SHOAL_TRACKER_MEMBERSHIP_HANDOUT_COOKIE_H_
