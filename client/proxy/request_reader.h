// Cuts the bytes of a connection into requests.
//
// Bounded: a head that grows beyond its limit is an error as soon as it does, as are bytes that no
// head can hold (control characters, line ends other than CR LF, folded lines); at most
// `limits.header_bytes` and what came with the last Append are kept. After an error the connection
// must end, for where the next request begins is not known.
//
// Threads: not thread-safe.
#ifndef SHOAL_CLIENT_PROXY_REQUEST_READER_H_
#define SHOAL_CLIENT_PROXY_REQUEST_READER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "client/proxy/limits.h"
#include "client/proxy/request.h"

namespace shoal::proxy {

class RequestReader {
 public:
  struct NeedMore {};
  // The addresses in a RawRequest are left for the caller to fill in.
  using Result = std::variant<NeedMore, RawRequest, RequestError>;

  explicit RequestReader(const Limits& limits);

  // Adds what was read. REQUIRES: !full().
  void Append(absl::string_view bytes) { buffer_.append(bytes.data(), bytes.size()); }
  // Takes the next request out. REQUIRES: no error was returned before.
  Result Next();

  // Whether a request has begun that Next could not give yet.
  bool has_partial_request() const { return !buffer_.empty(); }
  // Whether enough waits here: read no more until Next has taken some.
  bool full() const { return buffer_.size() >= header_bytes_; }

 private:
  // Looks at the bytes that came since the last call, each once: sets `end` to the bytes of the
  // head, its empty line included, if they are all there.
  std::optional<RequestError> Scan(std::size_t* end);

  const std::size_t header_bytes_;
  std::string buffer_;       // from the beginning of the next request on
  std::size_t scanned_ = 0;  // bytes of it that Scan has seen
};

}  // namespace shoal::proxy

#endif  // SHOAL_CLIENT_PROXY_REQUEST_READER_H_
