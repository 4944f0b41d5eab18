// Runs a curl multi handle on an io_context: curl says which sockets and which time-out it waits
// for; the loop waits and tells curl.
//
// Each of curl's sockets is watched through a duplicate of its descriptor, so that curl closes what
// it opened and this class what it duplicated, in whatever order they come to it.
//
// Ownership: borrows `io`. Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CDN_CURL_LOOP_H_
#define SHOAL_CLIENT_CDN_CURL_LOOP_H_

#include <curl/curl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>  // before Asio, which forgets to include it
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace shoal::cdn {

class CurlLoop {
 public:
  struct Finished {
    CURL* easy = nullptr;
    CURLcode code = CURLE_OK;
  };

  // `after` is called whenever curl has done something, from outside of curl: the time to look for
  // finished transfers and to add and remove handles.
  CurlLoop(boost::asio::io_context& io, std::size_t connections_kept_max,
           std::function<void()> after);
  // REQUIRES: all handles were removed; not called from `after`.
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  // REQUIRES of both: not called from one of curl's callbacks.
  CURLMcode Add(CURL* easy);
  void Remove(CURL* easy);

  // Transfers that ended since the last call. They stay added until Remove.
  std::vector<Finished> TakeFinished();

 private:
  // A watched socket. Handlers of waits share it and may run after the CurlLoop is gone; `open`
  // tells them.
  struct Watch {
    Watch(boost::asio::io_context& io, curl_socket_t s) : socket(s), descriptor(io) {}
    const curl_socket_t socket;  // curl's own
    boost::asio::posix::stream_descriptor descriptor;
    bool open = true;
    bool want_read = false;
    bool want_write = false;
    bool reading = false;  // a wait is under way
    bool writing = false;
  };

  static int OnSocket(CURL* easy, curl_socket_t socket, int what, void* self, void* unused);
  static int OnTimer(CURLM* multi, long timeout_ms, void* self);

  void SetWatch(curl_socket_t socket, int what);
  void CloseWatch(curl_socket_t socket);
  void Wait(const std::shared_ptr<Watch>& watch);
  void Act(curl_socket_t socket, int events);

  boost::asio::io_context& io_;
  const std::function<void()> after_;
  CURLM* const multi_;
  boost::asio::steady_timer timer_;
  absl::flat_hash_map<curl_socket_t, std::shared_ptr<Watch>> watches_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for the timer's handlers
};

}  // namespace shoal::cdn

#endif  // SHOAL_CLIENT_CDN_CURL_LOOP_H_
