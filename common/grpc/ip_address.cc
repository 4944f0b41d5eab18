#include "common/grpc/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace shoal {
namespace {

constexpr absl::string_view kMappedPrefix("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
// The longest text of an IPv6 address has 45 characters; what is longer is nonsense.
constexpr std::size_t kAddressTextMax = 64;

// Foreign text in an error message: cut to a length that suits a log line.
std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", text.substr(0, 80), text.size() > 80 ? "...\"" : "\"");
}

std::optional<std::string> ParseFamily(int family, const char* text) {
  char bytes[sizeof(in6_addr)];
  if (inet_pton(family, text, bytes) != 1) return std::nullopt;
  return std::string(bytes, family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr));
}

// Only digits: SimpleAtoi would take signs and blanks, too.
std::optional<std::uint16_t> ParsePort(absl::string_view text) {
  std::uint32_t port = 0;
  if (text.empty() || text.size() > 5) return std::nullopt;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    port = port * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

// gRPC writes peers as URIs, in which brackets and the scope's percent sign are escaped.
std::string WithoutEscapes(absl::string_view uri) {
  std::string text;
  for (std::size_t i = 0; i < uri.size(); ++i) {
    const absl::string_view escape = uri.substr(i, 3);
    if (absl::EqualsIgnoreCase(escape, "%5B")) {
      text.push_back('[');
    } else if (absl::EqualsIgnoreCase(escape, "%5D")) {
      text.push_back(']');
    } else if (escape == "%25") {
      text.push_back('%');
    } else {
      text.push_back(uri[i]);
      continue;
    }
    i += 2;
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> ParseAddress(absl::string_view text) {
  absl::string_view bare = text;
  const bool bracketed = absl::ConsumePrefix(&bare, "[");
  if (bracketed != absl::ConsumeSuffix(&bare, "]")) {
    return absl::InvalidArgumentError(absl::StrCat(Quoted(text), " is not an IP address"));
  }
  if (const std::size_t scope = bare.find('%'); scope != absl::string_view::npos) {
    bare = bare.substr(0, scope);
  }
  if (bare.size() <= kAddressTextMax && bare.find('\0') == absl::string_view::npos) {
    const std::string terminated(bare);
    if (!bracketed) {
      if (auto address = ParseFamily(AF_INET, terminated.c_str())) return *std::move(address);
    }
    if (auto address = ParseFamily(AF_INET6, terminated.c_str())) {
      return AddressWithoutMapping(*address);
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(Quoted(text), " is not an IP address"));
}

absl::StatusOr<Endpoint> ParseEndpoint(absl::string_view text) {
  const std::size_t colon = text.rfind(':');
  const absl::string_view host = text.substr(0, colon == text.npos ? text.size() : colon);
  const bool brackets_missing =
      host.find(':') != absl::string_view::npos && !absl::StartsWith(host, "[");
  if (colon == absl::string_view::npos || brackets_missing) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quoted(text), " is not an endpoint such as 10.1.2.3:80 or [::1]:80"));
  }
  const std::optional<std::uint16_t> port = ParsePort(text.substr(colon + 1));
  if (!port) {
    return absl::InvalidArgumentError(absl::StrCat(Quoted(text), " has no port of 0 to 65535"));
  }
  absl::StatusOr<std::string> address = ParseAddress(host);
  if (!address.ok()) return address.status();
  return Endpoint{*std::move(address), *port};
}

absl::StatusOr<Endpoint> ParsePeerUri(absl::string_view uri) {
  absl::string_view rest = uri;
  if (absl::ConsumePrefix(&rest, "ipv4:")) return ParseEndpoint(rest);
  if (absl::ConsumePrefix(&rest, "ipv6:")) return ParseEndpoint(WithoutEscapes(rest));
  return absl::InvalidArgumentError(absl::StrCat("peer ", Quoted(uri), " has no IP address"));
}

std::string AddressWithoutMapping(absl::string_view address) {
  if (address.size() == 16) absl::ConsumePrefix(&address, kMappedPrefix);
  return std::string(address);
}

std::string FormatAddress(absl::string_view address) {
  if (address.size() == 4) {  // inet_ntop takes ten times as long
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(address[i]) + 0u; };
    return absl::StrCat(byte(0), ".", byte(1), ".", byte(2), ".", byte(3));
  }
  if (address.size() != 16) return "-";
  char text[INET6_ADDRSTRLEN];
  inet_ntop(AF_INET6, address.data(), text, sizeof(text));
  return text;
}

std::string FormatEndpoint(const Endpoint& endpoint) {
  const bool ipv6 = endpoint.address.size() == 16;
  return absl::StrCat(ipv6 ? "[" : "", FormatAddress(endpoint.address), ipv6 ? "]:" : ":",
                      endpoint.port);
}

bool IsLoopback(absl::string_view address) {
  if (address.size() == 4) return address[0] == 127;
  return address == absl::string_view("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
}

bool IsUnspecified(absl::string_view address) {
  return (address.size() == 4 || address.size() == 16) &&
         std::all_of(address.begin(), address.end(), [](char byte) { return byte == 0; });
}

absl::StatusOr<AddressBlock> AddressBlock::Parse(absl::string_view text) {
  const std::size_t slash = text.find('/');
  absl::StatusOr<std::string> network = ParseAddress(text.substr(0, slash));
  if (!network.ok()) return network.status();
  const int bits_max = static_cast<int>(network->size()) * 8;
  int bits = bits_max;
  if (slash != absl::string_view::npos) {
    const std::optional<std::uint16_t> prefix = ParsePort(text.substr(slash + 1));
    if (!prefix || *prefix > bits_max) {
      return absl::InvalidArgumentError(
          absl::StrCat(Quoted(text), " has no prefix length of 0 to ", bits_max));
    }
    bits = *prefix;
  }
  AddressBlock block(*std::move(network), bits);
  for (int bit = bits; bit < bits_max; ++bit) {
    if (block.network_[static_cast<std::size_t>(bit / 8)] & (0x80 >> bit % 8)) {
      return absl::InvalidArgumentError(
          absl::StrCat(Quoted(text), " has bits set beyond its prefix length"));
    }
  }
  return block;
}

bool AddressBlock::Contains(absl::string_view address) const {
  if (address.size() != network_.size()) return false;
  const std::size_t whole = static_cast<std::size_t>(prefix_bits_ / 8);
  if (std::memcmp(address.data(), network_.data(), whole) != 0) return false;
  const int rest = prefix_bits_ % 8;
  if (rest == 0) return true;
  return ((address[whole] ^ network_[whole]) & (0xff00 >> rest) & 0xff) == 0;
}

std::string AddressBlock::ToString() const {
  return absl::StrCat(FormatAddress(network_), "/", prefix_bits_);
}

}  // namespace shoal
