#include "client/hls/private_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace shoal::hls {
namespace {

// The addresses that share the first `prefix_bits` bits of `bytes`.
template <std::size_t N>
struct Block {
  std::array<std::uint8_t, N> bytes;
  unsigned prefix_bits;
};

// Whether the first `bits` bits of `address` are those of `bytes`.
bool SharesPrefix(absl::string_view address, const std::uint8_t* bytes, unsigned bits) {
  for (unsigned i = 0; i < bits; ++i) {
    const unsigned shift = 7 - i % 8;
    const auto byte = static_cast<std::uint8_t>(address[i / 8]);
    if (((byte ^ bytes[i / 8]) >> shift & 1) != 0) return false;
  }
  return true;
}

template <std::size_t N>
bool IsIn(absl::string_view address, const Block<N>& block) {
  return SharesPrefix(address, block.bytes.data(), block.prefix_bits);
}

constexpr Block<4> kNotPublicIpv4[] = {
    {{0, 0, 0, 0}, 8},        // this network
    {{10, 0, 0, 0}, 8},       // private
    {{100, 64, 0, 0}, 10},    // shared by carriers
    {{127, 0, 0, 0}, 8},      // loopback
    {{169, 254, 0, 0}, 16},   // link-local
    {{172, 16, 0, 0}, 12},    // private
    {{192, 0, 0, 0}, 24},     // protocol assignments
    {{192, 0, 2, 0}, 24},     // documentation
    {{192, 88, 99, 0}, 24},   // 6to4 relays, retired
    {{192, 168, 0, 0}, 16},   // private
    {{198, 18, 0, 0}, 15},    // benchmarking
    {{198, 51, 100, 0}, 24},  // documentation
    {{203, 0, 113, 0}, 24},   // documentation
    {{224, 0, 0, 0}, 4},      // multicast
    {{240, 0, 0, 0}, 4},      // reserved, broadcast
};

// Only 2000::/3 is public, less these.
constexpr Block<2> kGlobalUnicast{{0x20, 0x00}, 3};
constexpr Block<4> kNotPublicIpv6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 23},  // protocol assignments, Teredo among them
    {{0x20, 0x01, 0x0D, 0xB8}, 32},  // documentation
    {{0x3F, 0xFF, 0x00, 0x00}, 20},  // documentation
};

// Forms that carry an IPv4 address; what they reach is what that address reaches.
constexpr Block<12> kNat64{{0x00, 0x64, 0xFF, 0x9B}, 96};
constexpr Block<12> kMapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96};
constexpr Block<2> k6to4{{0x20, 0x02}, 16};

bool IsPrivateIpv4(absl::string_view address) {
  return std::any_of(std::begin(kNotPublicIpv4), std::end(kNotPublicIpv4),
                     [&](const Block<4>& block) { return IsIn(address, block); });
}

bool IsPrivateIpv6(absl::string_view address) {
  if (IsIn(address, kNat64) || IsIn(address, kMapped)) return IsPrivateIpv4(address.substr(12));
  if (IsIn(address, k6to4)) return IsPrivateIpv4(address.substr(2, 4));
  if (!IsIn(address, kGlobalUnicast)) return true;
  return std::any_of(std::begin(kNotPublicIpv6), std::end(kNotPublicIpv6),
                     [&](const Block<4>& block) { return IsIn(address, block); });
}

bool IsPrivateName(absl::string_view name) {
  if (name.find('.') == absl::string_view::npos) return true;
  for (absl::string_view suffix : {".localhost", ".local", ".internal", ".lan", ".home.arpa"}) {
    if (absl::EndsWith(name, suffix)) return true;
  }
  return false;
}

template <typename Address>
absl::string_view BytesOf(const Address& address) {
  return {reinterpret_cast<const char*>(&address), sizeof address};
}

}  // namespace

bool IsPrivateAddress(absl::string_view address) {
  if (address.size() == 4) return IsPrivateIpv4(address);
  if (address.size() == 16) return IsPrivateIpv6(address);
  return true;
}

bool IsPrivateHost(absl::string_view host) {
  const bool bracketed = absl::ConsumePrefix(&host, "[") && absl::ConsumeSuffix(&host, "]");
  std::string name = absl::AsciiStrToLower(host);
  // Not a host at all; inet_aton would read "8.8.8.8 and more".
  if (std::any_of(name.begin(), name.end(), [](char c) { return c <= ' '; })) return true;
  if (bracketed || name.find(':') != std::string::npos) {
    in6_addr address;
    // What is no address (a zone makes it link-local) is not known to be public.
    return inet_pton(AF_INET6, name.c_str(), &address) != 1 || IsPrivateAddress(BytesOf(address));
  }
  if (absl::EndsWith(name, ".")) name.pop_back();
  in_addr address;
  if (inet_aton(name.c_str(), &address) != 0) return IsPrivateAddress(BytesOf(address));
  return IsPrivateName(name);
}

}  // namespace shoal::hls
