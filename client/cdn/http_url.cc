#include "client/cdn/http_url.h"

#include <curl/curl.h>

#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace shoal::cdn {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using CurlUrl = std::unique_ptr<CURLU, UrlDeleter>;

bool Set(CURLU* url, absl::string_view text) {
  // curl's interface ends at the first NUL and would see another URL than the caller.
  if (text.find('\0') != absl::string_view::npos) return false;
  return curl_url_set(url, CURLUPART_URL, std::string(text).c_str(), CURLU_URLENCODE) == CURLUE_OK;
}

std::optional<std::string> Get(CURLU* url, CURLUPart part, unsigned int flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return std::nullopt;
  std::string result(text);
  curl_free(text);
  return result;
}

}  // namespace

std::optional<HttpUrl> HttpUrl::Parse(absl::string_view text) {
  const CurlUrl url(curl_url());
  if (url == nullptr || !Set(url.get(), text)) return std::nullopt;
  curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  const auto scheme = Get(url.get(), CURLUPART_SCHEME);
  auto host = Get(url.get(), CURLUPART_HOST);
  auto path = Get(url.get(), CURLUPART_PATH);
  const auto port = Get(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  auto whole = Get(url.get(), CURLUPART_URL);
  if (!scheme || !host || !path || !port || !whole || host->empty()) return std::nullopt;
  if (*scheme != "http" && *scheme != "https") return std::nullopt;
  std::uint32_t number = 0;
  if (!absl::SimpleAtoi(*port, &number) || number == 0 || number > 65535) return std::nullopt;

  HttpUrl result;
  result.text_ = std::move(*whole);
  result.host_ = absl::AsciiStrToLower(*host);
  result.path_ = std::move(*path);
  result.port_ = static_cast<std::uint16_t>(number);
  result.https_ = *scheme == "https";
  return result;
}

std::optional<HttpUrl> HttpUrl::Resolve(absl::string_view reference) const {
  const CurlUrl url(curl_url());
  if (url == nullptr || !Set(url.get(), text_) || !Set(url.get(), reference)) return std::nullopt;
  const auto whole = Get(url.get(), CURLUPART_URL);
  if (!whole) return std::nullopt;
  return Parse(*whole);
}

bool HttpUrl::MayShareCredentials(const HttpUrl& next) const {
  if (host_ != next.host_) return false;
  if (https_ == next.https_ && port_ == next.port_) return true;
  return !https_ && port_ == 80 && next.https_ && next.port_ == 443;
}

std::string HttpUrl::HostKey() const {
  return absl::StrCat(https_ ? "https://" : "http://", host_, ":", port_);
}

std::string HttpUrl::PublicName() const { return absl::StrCat(HostKey(), path_); }

}  // namespace shoal::cdn
