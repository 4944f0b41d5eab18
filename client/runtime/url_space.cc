#include "client/runtime/url_space.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/hls/private_address.h"

namespace shoal::runtime {

UrlSpace::UrlSpace(const hls::Url& origin)
    : origin_(origin), origin_is_private_(hls::IsPrivateHost(origin.host())) {}

absl::StatusOr<hls::Url> UrlSpace::UpstreamOf(absl::string_view target) const {
  if (!absl::StartsWith(target, kOwnPrefix)) {
    return hls::Url::Parse(absl::StrCat(origin_.Origin(), target));
  }
  if (!absl::StartsWith(target, kOtherHostPrefix)) {
    return absl::NotFoundError("nothing of that name here");
  }
  target.remove_prefix(kOtherHostPrefix.size());
  const std::size_t digits = target.find('/');
  std::size_t number = 0;
  if (digits == absl::string_view::npos || !absl::SimpleAtoi(target.substr(0, digits), &number) ||
      number == 0 || number > others_.size()) {
    return absl::NotFoundError("no such host: the origin has named none of that number");
  }
  return hls::Url::Parse(absl::StrCat(others_[number - 1].Origin(), target.substr(digits)));
}

std::optional<std::string> UrlSpace::TargetOf(const hls::Url& url) {
  if (IsOrigin(url)) {
    // What lies below our own prefix at the origin cannot be reached through us.
    if (absl::StartsWith(url.path(), kOwnPrefix)) return std::nullopt;
    return url.Target();
  }
  const std::string origin = url.Origin();
  auto it = numbers_.find(origin);
  if (it == numbers_.end()) {
    if (others_.size() >= kOtherHostsMax) return std::nullopt;
    if (!origin_is_private_ && hls::IsPrivateHost(url.host())) return std::nullopt;
    others_.push_back(url);
    it = numbers_.emplace(origin, others_.size()).first;
  }
  return absl::StrCat(kOtherHostPrefix, it->second, url.Target());
}

void UrlSpace::Guard(cdn::FetchRequest* request) {
  request->may_follow = [this](absl::string_view url) { return MayFollow(url); };
  request->may_connect = [this](absl::string_view url, absl::string_view address) {
    return MayConnect(url, address);
  };
}

bool UrlSpace::MayFollow(absl::string_view url) {
  const absl::StatusOr<hls::Url> parsed = hls::Url::Parse(url);
  return parsed.ok() && TargetOf(*parsed).has_value();
}

bool UrlSpace::MayConnect(absl::string_view url, absl::string_view address) {
  const bool is_private = hls::IsPrivateAddress(address);
  const absl::StatusOr<hls::Url> parsed = hls::Url::Parse(url);
  if (!parsed.ok()) return false;
  if (IsOrigin(*parsed)) {
    origin_is_private_ = origin_is_private_ || is_private;
    return true;
  }
  return !is_private || origin_is_private_;
}

}  // namespace shoal::runtime
