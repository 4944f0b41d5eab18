#include "client/cdn/curl_loop.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <mutex>

namespace shoal::cdn {
namespace {

CURLM* NewMulti() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  return curl_multi_init();
}

}  // namespace

CurlLoop::CurlLoop(boost::asio::io_context& io, std::size_t connections_kept_max,
                   std::function<void()> after)
    : io_(io), after_(std::move(after)), multi_(NewMulti()), timer_(io) {
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::OnSocket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::OnTimer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, long{CURLPIPE_MULTIPLEX});
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(connections_kept_max));
}

CurlLoop::~CurlLoop() {
  *alive_ = false;
  // Closing its connections, curl may still report sockets that it no longer watches.
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, nullptr);
  curl_multi_cleanup(multi_);
  while (!watches_.empty()) CloseWatch(watches_.begin()->first);
}

CURLMcode CurlLoop::Add(CURL* easy) { return curl_multi_add_handle(multi_, easy); }

void CurlLoop::Remove(CURL* easy) { curl_multi_remove_handle(multi_, easy); }

std::vector<CurlLoop::Finished> CurlLoop::TakeFinished() {
  std::vector<Finished> finished;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg == CURLMSG_DONE) {
      finished.push_back({message->easy_handle, message->data.result});
    }
  }
  return finished;
}

int CurlLoop::OnSocket(CURL* easy, curl_socket_t socket, int what, void* self, void* unused) {
  auto* loop = static_cast<CurlLoop*>(self);
  if (what == CURL_POLL_REMOVE) {
    loop->CloseWatch(socket);
  } else {
    loop->SetWatch(socket, what);
  }
  return 0;
}

int CurlLoop::OnTimer(CURLM* multi, long timeout_ms, void* self) {
  auto* loop = static_cast<CurlLoop*>(self);
  if (timeout_ms < 0) {
    loop->timer_.cancel();
    return 0;
  }
  // Also for 0: curl must not be entered from its own callback.
  loop->timer_.expires_after(std::chrono::milliseconds(timeout_ms));
  loop->timer_.async_wait([loop, alive = loop->alive_](const boost::system::error_code& error) {
    if (!error && *alive) loop->Act(CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

void CurlLoop::SetWatch(curl_socket_t socket, int what) {
  std::shared_ptr<Watch>& watch = watches_[socket];
  if (watch == nullptr) watch = std::make_shared<Watch>(io_, socket);
  if (!watch->descriptor.is_open()) {
    // Out of descriptors, nothing can be watched, and the transfer ends by its time-out.
    const int duplicate = fcntl(socket, F_DUPFD_CLOEXEC, 0);
    boost::system::error_code error;
    if (duplicate >= 0) watch->descriptor.assign(duplicate, error);
    if (error) close(duplicate);
  }
  watch->want_read = (what & CURL_POLL_IN) != 0;
  watch->want_write = (what & CURL_POLL_OUT) != 0;
  Wait(watch);
}

void CurlLoop::CloseWatch(curl_socket_t socket) {
  const auto it = watches_.find(socket);
  if (it == watches_.end()) return;
  it->second->open = false;
  boost::system::error_code ignored;
  it->second->descriptor.close(ignored);
  watches_.erase(it);
}

void CurlLoop::Wait(const std::shared_ptr<Watch>& watch) {
  using Descriptor = boost::asio::posix::stream_descriptor;
  if (!watch->descriptor.is_open()) return;
  const auto wait = [this, &watch](bool Watch::*wanted, bool Watch::*waiting,
                                   Descriptor::wait_type type, int event) {
    if (!((*watch).*wanted) || (*watch).*waiting) return;
    (*watch).*waiting = true;
    watch->descriptor.async_wait(
        type, [this, watch, wanted, waiting, event](const boost::system::error_code& error) {
          (*watch).*waiting = false;
          if (!watch->open) return;  // and perhaps *this is gone
          if ((*watch).*wanted) Act(watch->socket, error ? CURL_CSELECT_ERR : event);
          if (watch->open && !error) Wait(watch);
        });
  };
  wait(&Watch::want_read, &Watch::reading, Descriptor::wait_read, CURL_CSELECT_IN);
  wait(&Watch::want_write, &Watch::writing, Descriptor::wait_write, CURL_CSELECT_OUT);
}

void CurlLoop::Act(curl_socket_t socket, int events) {
  int running = 0;
  curl_multi_socket_action(multi_, socket, events, &running);
  after_();
}

}  // namespace shoal::cdn
