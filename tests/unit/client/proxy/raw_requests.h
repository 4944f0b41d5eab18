// Requests for tests: one good picture, forked for each bad line.
#ifndef SHOAL_TESTS_UNIT_CLIENT_PROXY_RAW_REQUESTS_H_
#define SHOAL_TESTS_UNIT_CLIENT_PROXY_RAW_REQUESTS_H_

#include <string>
#include <utility>
#include <variant>

#include "client/proxy/request.h"

namespace shoal::proxy {

inline RawRequest GoodRequest() {
  RawRequest raw;
  raw.method = "GET";
  raw.target = "/live/720p/seg-1.ts?token=a";
  raw.headers = {{"Host", "127.0.0.1:8080"}, {"User-Agent", "player/1"}};
  raw.remote_address = "127.0.0.1";
  raw.local_address = "127.0.0.1";
  raw.local_port = 8080;
  raw.listening_host = "viewer.lan";
  return raw;
}

inline RawRequest GoodRequestWith(const std::string& name, const std::string& value) {
  RawRequest raw = GoodRequest();
  raw.headers.Add(name, value);
  return raw;
}

inline RawRequest GoodRequestFor(const std::string& target) {
  RawRequest raw = GoodRequest();
  raw.target = target;
  return raw;
}

// REQUIRES: `raw` passes the checks.
inline Request Checked(RawRequest raw) {
  return std::get<Request>(Request::Make(std::move(raw), Limits{}));
}

}  // namespace shoal::proxy

#endif  // SHOAL_TESTS_UNIT_CLIENT_PROXY_RAW_REQUESTS_H_
