// Answering players with what the CDN answers: what Relay does, as the other services see it.
// Threads: loop thread only.
#ifndef SHOAL_CLIENT_RUNTIME_PASS_THROUGH_H_
#define SHOAL_CLIENT_RUNTIME_PASS_THROUGH_H_

#include <functional>
#include <memory>
#include <string>

#include "client/hls/url.h"
#include "client/proxy/exchange.h"
#include "common/base/byte_range.h"

namespace shoal::runtime {

class PassThrough {
 public:
  virtual ~PassThrough() = default;

  // Called once when the pass-through is over: true if the whole answer was handed to the exchange,
  // whatever its status. May be empty.
  using OnEnd = std::function<void(bool complete)>;

  // Answers the exchange from `url`. An answer that is a playlist is treated as one.
  virtual void Start(std::shared_ptr<proxy::Exchange> exchange, const hls::Url& url,
                     OnEnd on_end) = 0;

  // The same, but whatever comes is passed on as it is.
  virtual void StartPlain(std::shared_ptr<proxy::Exchange> exchange, const hls::Url& url) = 0;

  // Goes on with an answer whose head was sent: the bytes `range` of the resource at `url`, if its
  // strong ETag still is `etag` (unless empty). If not they do not belong to what the player has:
  // its connection is reset.
  virtual void Continue(std::shared_ptr<proxy::Exchange> exchange, const hls::Url& url,
                        const ByteRange& range, const std::string& etag, OnEnd on_end) = 0;
};

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_PASS_THROUGH_H_
