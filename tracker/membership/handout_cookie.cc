#include "tracker/membership/handout_cookie.h"

#include <cstring>

namespace shoal::membership {
namespace {

constexpr std::size_t kVersionAt = 8;

}  // namespace

std::uint32_t ClientOf(PackedMemberView member) {
  std::uint64_t words[2];
  static_assert(sizeof(words) == PeerId::kSize);
  std::memcpy(words, member.id_bytes().data(), sizeof(words));
  const std::uint64_t mixed = (words[0] + member.zone()) * 0x9e3779b97f4a7c15u ^ words[1];
  return static_cast<std::uint32_t>(mixed * 0xbf58476d1ce4e5b9u >> 40);
}

// In the byte order of the machine: only the process that made a cookie reads it.
std::string EncodeCookie(const CookieScope& scope, Version version) {
  std::string cookie(kHandoutCookieSize, '\0');
  std::memcpy(cookie.data(), &scope.process, 4);
  std::memcpy(cookie.data() + 4, &scope.incarnation, 4);
  std::memcpy(cookie.data() + kVersionAt, &version, 4);
  for (std::size_t i = 0; i < 3; ++i) {
    cookie[kVersionAt + 4 + i] = static_cast<char>(scope.client >> (8 * i) & 0xff);
  }
  return cookie;
}

std::optional<Version> DecodeCookie(absl::string_view cookie, const CookieScope& scope) {
  if (cookie.size() != kHandoutCookieSize) return std::nullopt;
  Version version = 0;
  std::memcpy(&version, cookie.data() + kVersionAt, sizeof(version));
  const std::string expected = EncodeCookie(scope, version);
  if (cookie != absl::string_view(expected)) return std::nullopt;
  return version;
}

}  // namespace shoal::membership
