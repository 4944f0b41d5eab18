// What is asked of the CDN and what comes back: one transfer's request, head, result and listener.
// Threads: values; listeners are called on the loop's thread.
#ifndef SHOAL_CLIENT_CDN_FETCH_H_
#define SHOAL_CLIENT_CDN_FETCH_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/cdn/content_range.h"
#include "common/base/byte_range.h"
#include "common/time/time.h"

namespace shoal::cdn {

// One transfer; unique in the process's CdnClient, never reused, never 0.
using TransferId = std::uint64_t;

// Header fields in order, names as they were written.
using Headers = std::vector<std::pair<std::string, std::string>>;

// The value of the first field of that name, in any case; null if there is none.
const std::string* FindHeader(const Headers& headers, absl::string_view name);

struct FetchRequest {
  // ByteRange::end for "to the end, however long".
  static constexpr std::uint64_t kToEnd = UINT64_MAX;

  std::string url;             // absolute, http or https
  std::string method = "GET";  // GET, HEAD or OPTIONS

  // Sent as they are, but for fields that only the connection may set (Host, Connection,
  // Content-Length, Transfer-Encoding, Upgrade, ...), which are left out, and Range and
  // Accept-Encoding where the members below decide them. A User-Agent here replaces the default.
  Headers headers;

  // Exactly these bytes. The server may ignore it and answer 200 with everything from byte 0; a 206
  // that is not about a part of this range, from its first byte on, is kBadAnswer.
  std::optional<ByteRange> range;

  // Offer gzip and deliver the body unpacked: for playlists. Ignored with `range`.
  bool accept_gzip = false;

  // Bytes of (unpacked) body at most; one more ends the transfer as kTooLarge.
  std::uint64_t body_limit = UINT64_MAX;

  // From the start of the connection, name look-up and TLS included, until it stands.
  Duration connect_timeout = Milliseconds(4000);
  // Without a header line or a byte of body from the server, once connected; also for the wait for
  // a free slot. Stands still while paused.
  Duration stall_timeout = Milliseconds(8000);

  // Redirects (301, 302, 303, 307, 308 with Location) followed at most; the next one ends the
  // transfer as kRefusedRedirect. 0: none is followed, a redirect is an answer like any other.
  int redirect_limit = 5;
  // Asked before each redirect is followed, with the absolute URL; false ends the transfer as
  // kRefusedRedirect. Unset: any http and https URL.
  std::function<bool(absl::string_view url)> may_follow;

  // Asked before a connection to this address (4 or 16 bytes, IPv4 never mapped into IPv6) is
  // opened or used for `url`, which is the request's or a redirect's. So that a name that resolves
  // to an address inside the owner's network leads nowhere. False for all of the host's addresses
  // ends the transfer as kRefusedAddress. Unset: any. Not asked behind CdnOptions::proxy.
  std::function<bool(absl::string_view url, absl::string_view address)> may_connect;
};

// Status line and header fields of the final answer: redirects that are followed are not shown.
struct ResponseHead {
  int status = 0;
  Headers headers;  // Content-Encoding is left out if `unpacked`
  std::string effective_url;
  std::string remote_address;  // 4 or 16 bytes, network order
  bool http2 = false;
  bool unpacked = false;  // it came in gzip and is delivered without

  // Bytes of body to come; nullopt if not known before the end. For HEAD, of the body that GET
  // would have.
  std::optional<std::uint64_t> content_length;
  // nullopt if absent or malformed. A 206 to FetchRequest::range always has one with a range.
  std::optional<ContentRange> content_range;
};

enum class FetchOutcome : std::uint8_t {
  kComplete,         // the whole answer, whatever its status
  kTruncated,        // the body ended before its announced end
  kTimedOut,         // no connection, or no byte, for too long
  kUnreachable,      // no connection, no trusted certificate, or no answer on it
  kTooLarge,         // the body went on after its announced end or body_limit; cut off there
  kBadAnswer,        // not HTTP, too many header fields, a 206 of another range, broken gzip
  kRefusedRedirect,  // may_follow said no, too many redirects, or to no http(s) URL
  kRefusedAddress,   // may_connect said no
  kInvalidRequest,   // the URL, method, range or a header field is no good; nothing was sent
};
absl::string_view FetchOutcomeName(FetchOutcome outcome);

struct FetchResult {
  FetchOutcome outcome = FetchOutcome::kComplete;
  // For logs: what went wrong, with the numbers. No query string or credentials. Empty if complete.
  std::string message;
  std::uint64_t bytes = 0;  // given to OnBody
};

// Who is told of a transfer. Calls come from the loop, never from within a call made to the
// CdnClient, so a listener may call anything of it. It must live until OnDone or Cancel.
class FetchListener {
 public:
  virtual ~FetchListener() = default;
  // Once, before any body; not at all if no answer came.
  virtual void OnHead(TransferId id, const ResponseHead& head) = 0;
  // The next bytes of the body, never empty; valid during the call only.
  virtual void OnBody(TransferId id, absl::string_view bytes) = 0;
  // Once, as the last call.
  virtual void OnDone(TransferId id, const FetchResult& result) = 0;
};

}  // namespace shoal::cdn

#endif  // SHOAL_CLIENT_CDN_FETCH_H_
