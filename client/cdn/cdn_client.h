// Fetches from the CDN: HTTP/1.1, and HTTP/2 where TLS negotiates it, over connections that are
// kept and shared by transfers.
//
//   CdnClient cdn(io, {});
//   TransferId id = cdn.Start({.url = "https://cdn.example/a.ts", .range = ByteRange{0, 9}}, &l);
//   ... l.OnHead(id, ...), l.OnBody(id, ...), l.OnDone(id, ...)
//
// It fetches and reports; whether to try again is for others to decide. It keeps no cookies, sends
// no credentials but those in FetchRequest::headers, and drops Authorization and Cookie for good
// when a redirect leads to another host or port, or from https to http.
//
// Ownership: borrows `io`, which must outlive it, and the listeners. Destroying it ends all
//            transfers without a further call to anybody; REQUIRES: not from a listener's callback.
// Threads:   the loop's thread only; it never blocks (names are looked up in threads of curl's).
// Errors:    are FetchResults.
#ifndef SHOAL_CLIENT_CDN_CDN_CLIENT_H_
#define SHOAL_CLIENT_CDN_CDN_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "client/cdn/fetch.h"
#include "client/cdn/options.h"

namespace boost::asio {
class io_context;
}

namespace shoal::cdn {

// Plain numbers; all only grow unless they say otherwise.
struct CdnFigures {
  std::size_t active = 0;         // now: transfers under way
  std::size_t waiting = 0;        // now: for a free slot
  std::uint64_t requests = 0;     // sent, each followed redirect counted as a further one
  std::uint64_t connections = 0;  // opened or tried
  std::uint64_t redirects = 0;    // followed
  std::uint64_t body_bytes = 0;   // given to listeners
  std::uint64_t failures = 0;     // transfers that ended as anything but kComplete
};

class CdnClient {
 public:
  CdnClient(boost::asio::io_context& io, CdnOptions options);
  ~CdnClient();
  CdnClient(const CdnClient&) = delete;
  CdnClient& operator=(const CdnClient&) = delete;

  // Begins a transfer. `listener` hears of it later, never from within this call.
  // REQUIRES: listener is not null.
  TransferId Start(FetchRequest request, FetchListener* listener);

  // Ends the transfer; its listener is not called again, and may be destroyed at once. May be
  // called from any listener's callback. No effect if `id` has ended.
  void Cancel(TransferId id);

  // Stops OnBody, and by and by the sender, until Resume: for listeners that cannot take more.
  // Bytes that have come already are held (at most what one read from the connection gives, and
  // with HTTP/2 what was on its way). OnHead, and OnDone once all of the body was given, still come.
  // No effect if `id` has ended.
  void Pause(TransferId id);
  void Resume(TransferId id);

  // Transfers that have neither ended nor been cancelled.
  std::size_t active() const;
  CdnFigures figures() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace shoal::cdn

#endif  // SHOAL_CLIENT_CDN_CDN_CLIENT_H_
