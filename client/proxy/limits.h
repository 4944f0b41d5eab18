// What a player may cost: every bound of the proxy, by name. The defaults suit one machine's or one
// household's players; a test sets small ones. Threads: values.
#ifndef SHOAL_CLIENT_PROXY_LIMITS_H_
#define SHOAL_CLIENT_PROXY_LIMITS_H_

#include <cstddef>

#include "common/time/time.h"

namespace shoal::proxy {

struct Limits {
  // ---- One request. Beyond a limit: the answer in brackets, then the connection is closed. ----

  // Bytes of the request line and all headers with their line ends [431]. Raise it for origins with
  // enormous cookies, to 60 KiB at most; a connection's buffer grows up to this and a read more.
  std::size_t header_bytes = 32 * 1024;
  // Header lines [431].
  std::size_t header_count = 100;
  // Bytes of the request target [414]. Signed URLs run to about 2 KiB.
  std::size_t target_bytes = 8 * 1024;
  // From the first byte of a request to the end of its headers [408]. Against clients that send a
  // byte now and then to keep a connection busy.
  Duration request_timeout = Seconds(10);

  // ---- One connection ----

  // Without a byte, before the first request or between two; then it is closed without a word.
  // Browsers open connections ahead of need and keep them, as nginx does, for about this long.
  Duration idle_timeout = Seconds(75);
  // While an answer is on its way and the player takes none of it. Pausing players stop reading in
  // mid-segment and go on where they were, so this is twice the minute after which web servers
  // commonly give up: a pause ends no sooner here than straight at the CDN. What such a player
  // costs meanwhile is bounded by `buffer_high_mark`. A request that the handler has not answered
  // yet is not cut: how long to hold one is the handler's to decide.
  Duration write_timeout = Seconds(120);
  // After the last answer, for the player to close first, so that no reset overtakes the answer.
  Duration linger_timeout = Seconds(2);
  // Bytes of an answer that wait for the player to take them: above the high mark Exchange::Write
  // answers false, at the low mark OnWritable is called. One Write may overshoot the mark.
  std::size_t buffer_high_mark = 256 * 1024;
  std::size_t buffer_low_mark = 64 * 1024;
  // A handler that goes on writing regardless: the connection is closed here. The largest single
  // Write or Respond must fit.
  std::size_t buffer_limit = 32 * 1024 * 1024;

  // ---- All connections. Beyond: 503 and closed, or closed at once if those are many, too. ----

  std::size_t connections = 512;
  // From one address. All players of this machine share one, a browser opens six.
  std::size_t connections_per_address = 128;
};

}  // namespace shoal::proxy

#endif  // SHOAL_CLIENT_PROXY_LIMITS_H_
