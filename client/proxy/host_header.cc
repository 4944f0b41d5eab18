#include "client/proxy/host_header.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace shoal::proxy {
namespace {

constexpr std::size_t kHostNameMax = 253;  // RFC 1035, 2.3.4, without the final dot

// The address in its usual notation; nullopt if `text` is none of that family.
std::optional<std::string> CanonicalAddress(int family, const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  std::array<char, INET6_ADDRSTRLEN> printed{};
  if (inet_pton(family, text.c_str(), address.data()) != 1) return std::nullopt;
  if (!inet_ntop(family, address.data(), printed.data(), printed.size())) return std::nullopt;
  return std::string(printed.data());
}

// false unless `text` is empty or a number of at most five digits within a port's range.
bool ParsePort(absl::string_view text, std::optional<std::uint16_t>* port) {
  if (text.empty()) return true;  // "host:" is allowed and means the default
  std::uint32_t number = 0;
  if (text.size() > 5 || !std::all_of(text.begin(), text.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(text, &number) || number > 65535) {
    return false;
  }
  *port = static_cast<std::uint16_t>(number);
  return true;
}

bool IsHostName(absl::string_view name) {
  return !name.empty() && name.size() <= kHostNameMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' ||
                  c == '_';
         });
}

}  // namespace

std::optional<HostAndPort> ParseHostAndPort(absl::string_view value) {
  HostAndPort parsed;
  if (absl::StartsWith(value, "[")) {
    const std::size_t bracket = value.find(']');
    if (bracket == absl::string_view::npos) return std::nullopt;
    const auto address = CanonicalAddress(AF_INET6, std::string(value.substr(1, bracket - 1)));
    if (!address) return std::nullopt;
    parsed.host = *address;
    parsed.is_ip_literal = true;
    value.remove_prefix(bracket + 1);
    if (value.empty()) return parsed;
    if (!absl::ConsumePrefix(&value, ":") || !ParsePort(value, &parsed.port)) return std::nullopt;
    return parsed;
  }
  const std::size_t colon = value.find(':');
  const absl::string_view host = value.substr(0, colon);
  if (!IsHostName(host)) return std::nullopt;
  if (colon != absl::string_view::npos && !ParsePort(value.substr(colon + 1), &parsed.port)) {
    return std::nullopt;
  }
  parsed.host = absl::AsciiStrToLower(host);
  parsed.is_ip_literal = CanonicalAddress(AF_INET, parsed.host).has_value();
  return parsed;
}

bool IsLocalHostHeader(absl::string_view host_header, absl::string_view listening_host) {
  const auto parsed = ParseHostAndPort(host_header);
  if (!parsed) return false;
  if (parsed->is_ip_literal) return true;
  const absl::string_view name = absl::StripSuffix(parsed->host, ".");
  if (name == "localhost" || absl::EndsWith(name, ".localhost")) return true;
  return !listening_host.empty() &&
         absl::EqualsIgnoreCase(name, absl::StripSuffix(listening_host, "."));
}

}  // namespace shoal::proxy
