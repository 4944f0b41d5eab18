#include "tracker/service/caller_address.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace shoal::service {
namespace {

// The entries of several header values, read from the last to the first.
class EntriesFromTheEnd {
 public:
  explicit EntriesFromTheEnd(std::span<const absl::string_view> values) : values_(values) {}

  // False if there is no further entry.
  bool Next(absl::string_view& entry) {
    if (!in_value_) {
      if (values_.empty()) return false;
      rest_ = values_.back();
      values_ = values_.first(values_.size() - 1);
    }
    const std::size_t comma = rest_.rfind(',');
    in_value_ = comma != absl::string_view::npos;
    entry = absl::StripAsciiWhitespace(in_value_ ? rest_.substr(comma + 1) : rest_);
    if (in_value_) rest_ = rest_.substr(0, comma);
    return true;
  }

 private:
  std::span<const absl::string_view> values_;
  absl::string_view rest_;  // what is left of the value being read
  bool in_value_ = false;
};

// Some proxies append the port, too.
absl::StatusOr<std::string> ParseEntry(absl::string_view entry) {
  absl::StatusOr<std::string> address = ParseAddress(entry);
  if (address.ok() || entry.find(':') == absl::string_view::npos) return address;
  absl::StatusOr<Endpoint> endpoint = ParseEndpoint(entry);
  if (endpoint.ok()) return endpoint->address;
  return address;
}

}  // namespace

absl::StatusOr<std::string> CallerAddress::Find(
    absl::string_view peer_uri, std::span<const absl::string_view> forwarded_for) const {
  absl::StatusOr<Endpoint> peer = ParsePeerUri(peer_uri);
  if (!peer.ok()) return peer.status();
  std::string address = std::move(peer->address);
  EntriesFromTheEnd entries(forwarded_for);
  absl::string_view entry;
  for (int hop = 0; hop < kHopsMax && IsTrusted(address) && entries.Next(entry); ++hop) {
    absl::StatusOr<std::string> forwarded = ParseEntry(entry);
    if (!forwarded.ok() || IsUnspecified(*forwarded)) {
      return absl::InvalidArgumentError(
          absl::StrCat("x-forwarded-for from ", FormatAddress(address), " is not an address: \"",
                       entry.substr(0, 60), "\""));
    }
    address = *std::move(forwarded);
  }
  return address;
}

bool CallerAddress::IsTrusted(absl::string_view address) const {
  return std::any_of(trusted_proxies_.begin(), trusted_proxies_.end(),
                     [&](const AddressBlock& block) { return block.Contains(address); });
}

}  // namespace shoal::service
