#include "client/cdn/fetch.h"

#include "absl/strings/match.h"

namespace shoal::cdn {

const std::string* FindHeader(const Headers& headers, absl::string_view name) {
  for (const auto& header : headers) {
    if (absl::EqualsIgnoreCase(header.first, name)) return &header.second;
  }
  return nullptr;
}

absl::string_view FetchOutcomeName(FetchOutcome outcome) {
  switch (outcome) {
    case FetchOutcome::kComplete:
      return "complete";
    case FetchOutcome::kTruncated:
      return "truncated";
    case FetchOutcome::kTimedOut:
      return "timed out";
    case FetchOutcome::kUnreachable:
      return "unreachable";
    case FetchOutcome::kTooLarge:
      return "too large";
    case FetchOutcome::kBadAnswer:
      return "bad answer";
    case FetchOutcome::kRefusedRedirect:
      return "refused redirect";
    case FetchOutcome::kRefusedAddress:
      return "refused address";
    case FetchOutcome::kInvalidRequest:
      return "invalid request";
  }
  return "unknown";
}

}  // namespace shoal::cdn
