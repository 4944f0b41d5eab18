// One transfer: sets up its curl handle, judges what comes back, tells the listener.
//
// Ownership: owns the curl handle; borrows the rest. Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CDN_TRANSFER_H_
#define SHOAL_CLIENT_CDN_TRANSFER_H_

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "client/cdn/cdn_client.h"
#include "client/cdn/fetch.h"
#include "client/cdn/head_reader.h"
#include "client/cdn/http_url.h"
#include "client/cdn/options.h"

namespace shoal::cdn {

using SteadyTime = std::chrono::steady_clock::time_point;

// Bytes of a redirect's own body that are read to keep its connection; more closes it.
inline constexpr std::uint64_t kRedirectBodyMax = 16 * 1024;

class Transfer {
 public:
  struct ShareDeleter {
    void operator()(CURLSH* share) const { curl_share_cleanup(share); }
  };
  // What all transfers share; outlives them.
  struct Shared {
    CdnOptions options;
    CdnFigures figures;
    std::unique_ptr<CURLSH, ShareDeleter> sessions;  // TLS sessions
  };

  // REQUIRES: `url` is CheckRequest(request)'s.
  Transfer(TransferId id, FetchRequest request, HttpUrl url, FetchListener* listener,
           Shared* shared);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // The transfer that a handle belongs to.
  static Transfer* Of(CURL* easy);

  TransferId id() const { return id_; }
  FetchListener* listener() const { return listener_; }
  CURL* easy() const { return easy_; }
  const HttpUrl& url() const { return url_; }

  // Makes the handle ready to be added to the loop, for the request's URL or a redirect's.
  void Prepare(SteadyTime now);

  // From now on the listener is left alone; curl is told to stop when it next calls.
  void Detach() { listener_ = nullptr; }
  bool detached() const { return listener_ == nullptr; }

  // Notes why the transfer fails; the first reason stays.
  void Fail(FetchOutcome outcome, std::string message);

  // To be called when curl is done with the handle. True if a redirect has to be followed: Prepare
  // and add again. Otherwise result() is final.
  bool Finish(CURLcode code);
  FetchResult& result() { return result_; }

  // Running (from Prepare on) or waiting for a slot: says which time-out counts.
  bool running() const { return running_; }
  void SetStopped() { running_ = false; }
  void SetWaiting(SteadyTime now) { since_ = now; }

  // True if one of its time-outs is over at `now`: take it from curl and call Finish.
  bool CheckTimeouts(SteadyTime now);
  // The latest time at which CheckTimeouts must be called next, so that it is never late.
  SteadyTime NextCheck(SteadyTime now) const;

  void Pause() { paused_ = true; }
  void Unpause(SteadyTime now);
  // Lets curl go on after Unpause, and may call the listener. An error ends the transfer.
  // REQUIRES: not called from one of curl's callbacks.
  CURLcode ReleaseHeldBytes();

 private:
  static std::size_t OnHeaderLine(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t OnBodyBytes(char* bytes, std::size_t size, std::size_t count, void* self);
  static curl_socket_t OnOpenSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int OnConnected(void* self, char* remote_address, char* local_address, int remote_port,
                         int local_port);

  void SetCallbacks();
  void SetHeaders();

  // The answer's head is complete. False: stop the transfer.
  bool TakeHead();
  bool IsFollowedRedirect() const;
  bool TakeRedirect();
  // True unless the answer is no answer to the range that was asked for.
  bool CheckRange(const ResponseHead& head);
  bool TakeBody(absl::string_view bytes);
  bool MayConnect(absl::string_view address);
  FetchOutcome OutcomeOf(CURLcode code) const;

  struct SlistDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  // Constant after construction.
  const TransferId id_;
  const FetchRequest request_;
  Shared* const shared_;
  CURL* const easy_;

  FetchListener* listener_;
  HttpUrl url_;  // of the request now under way
  int redirects_ = 0;
  bool drop_credentials_ = false;
  FetchResult result_;
  bool failed_ = false;
  bool running_ = false;
  bool paused_ = false;
  bool held_ = false;   // curl keeps bytes until Resume
  SteadyTime since_{};  // running: the last byte or, unconnected, the start; waiting: its start

  // Of the request now under way; made anew by Prepare.
  std::unique_ptr<curl_slist, SlistDeleter> sent_headers_;
  std::array<char, CURL_ERROR_SIZE> curl_message_{};
  HeadReader head_;
  std::string remote_address_;
  bool connected_ = false;
  bool address_refused_ = false;
  std::optional<HttpUrl> next_url_;         // the redirect to follow
  std::uint64_t discarded_ = 0;             // of the redirect's body
  std::uint64_t body_end_ = UINT64_MAX;     // the listener gets no byte from here on
  std::optional<std::uint64_t> body_size_;  // what a 206 said to bring
};

}  // namespace shoal::cdn

#endif  // SHOAL_CLIENT_CDN_TRANSFER_H_
