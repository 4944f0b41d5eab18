// One request and the answer to it, which the handler writes at its own pace.
//
//   void OnRequest(std::shared_ptr<Exchange> exchange) {
//     exchange->OnClosed([this](CloseReason) { … stop working on it … });
//     if (!exchange->SendHead(200, {{"Content-Type", "video/mp2t"}}, size).ok()) …
//     bool more = exchange->Write(std::move(bytes));     // false: wait for OnWritable
//     exchange->Finish();
//   }
//
// Added to the head: Date and Server unless given, Connection, and what delimits the body: the
// length if given, else chunks (HTTP/1.1) or the end of the connection (1.0). For HEAD, 204 and 304
// the same calls are made and the body is not sent, so a handler need not tell them apart.
//
// A body shorter or longer than announced, Abort(), or dropping the last reference before Finish()
// resets the connection: the player sees a failure, never a wrong answer. Dropped before SendHead,
// the player is answered 500.
//
// Ownership: shared by its handler; the connection holds it only after Finish(), until all is sent.
// Callbacks are released once the exchange has ended, so they may hold the exchange itself.
// Threads:   loop thread only. Callbacks come from the loop, never from inside a call made here.
// Errors:    after the player has gone all calls are harmless and do nothing.
#ifndef SHOAL_CLIENT_PROXY_EXCHANGE_H_
#define SHOAL_CLIENT_PROXY_EXCHANGE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/proxy/answer_sink.h"
#include "client/proxy/headers.h"
#include "client/proxy/limits.h"
#include "client/proxy/request.h"

namespace shoal::proxy {

// Why an answer was not completed, other than by the handler's own doing.
enum class CloseReason {
  kPlayerLeft,     // the player closed the connection, or its half of it
  kTimedOut,       // it took nothing of the answer for limits.write_timeout
  kServerStopped,  // ProxyServer::Stop ran out of patience
  kWrongLength,    // more or less was written than announced
  kOverrun,        // limits.buffer_limit: the handler ignored Write's answer
  kMisuse,         // calls out of order: a defect of the handler
};
absl::string_view ToString(CloseReason reason);

class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  // Made by the connection, or by a test with a sink of its own.
  Exchange(Request request, const Limits& limits, std::weak_ptr<AnswerSink> sink);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  const Request& request() const { return request_; }

  // ---- The answer ----

  // Sends status line and headers. Headers about the connection and the framing (Connection,
  // Keep-Alive, Transfer-Encoding, Content-Length, Trailer, TE, Upgrade, Proxy-…) are passed over:
  // they are set here, so an upstream's headers can be given as they came.
  // Errors: kInvalidArgument, and nothing is sent, if a name or value holds bytes that it may not
  // (CR, LF, NUL …) or `status` is not within 200 … 599; kFailedPrecondition if a head was sent.
  [[nodiscard]] absl::Status SendHead(int status, const Headers& headers,
                                      std::optional<std::uint64_t> content_length);
  // Sends further bytes of the body. False: enough is waiting for the player; write no more before
  // OnWritable is called (this write is kept). True too after the end, so that writers run out.
  // Bytes of more than the announced length are not sent; the connection is reset instead.
  // REQUIRES: SendHead was called, Finish was not.
  bool Write(std::string bytes);
  // The same without a copy. `owner` keeps the bytes alive and unchanged until they are sent.
  bool Write(std::shared_ptr<const void> owner, absl::string_view bytes);
  // The body is complete. Again: no effect. REQUIRES: SendHead was called.
  void Finish();
  // The answer cannot be completed: resets the connection. No callback is called any more.
  void Abort();

  // Head, body and end in one, for small answers. If a header may not be sent, the answer is a 500
  // that says so. REQUIRES: SendHead was not called.
  void Respond(int status, absl::string_view content_type, std::string body, Headers headers = {});
  // Respond with one line of text/plain that names the problem; never to be cached.
  void RespondError(int status, absl::string_view message);

  // ---- What becomes of it. Each replaces the callback before. ----

  // The low mark is reached after a Write that answered false. As often as that happens.
  void OnWritable(std::function<void()> callback) { on_writable_ = std::move(callback); }
  // All of the answer was handed to the player's connection. At most once, never with OnClosed.
  void OnServed(std::function<void()> callback) { on_served_ = std::move(callback); }
  // The answer will not be completed. At most once; not after Abort().
  void OnClosed(std::function<void(CloseReason)> callback) { on_closed_ = std::move(callback); }

  // ---- Looking ----

  bool head_sent() const { return state_ != State::kNew; }
  // Ended, well or not: nothing that is written now arrives.
  bool ended() const { return state_ == State::kEnded; }
  // Bytes of the body that were written, and those of the whole answer that still wait here.
  std::uint64_t body_bytes() const { return body_bytes_; }
  std::size_t unsent_bytes() const;
  // False for HEAD, and for a status without a body: what is written is not sent.
  bool sends_body() const { return sends_body_; }

  // ---- Called by the sink, from the loop ----

  // Some bytes were sent.
  void HandleSent();
  // All was, after EndAnswer.
  void HandleServed();
  // The connection is no more.
  void HandleClosed(CloseReason reason);
  // Whether the connection can take another request after this answer.
  bool keeps_connection() const { return keeps_connection_; }
  // The answer must be the connection's last, if its head is not sent yet.
  void DisallowKeepAlive() { may_keep_connection_ = false; }

 private:
  enum class State { kNew, kBody, kFinished, kEnded };
  enum class Framing { kNone, kLength, kChunked, kUntilClose };

  bool WriteBytes(SharedBytes bytes);
  void SendFramed(SharedBytes bytes);
  // Resets the connection and tells the handler, from the loop, why.
  void Fail(CloseReason reason);
  void End();

  // Constant after construction.
  const Request request_;
  const std::size_t high_mark_;
  const std::size_t low_mark_;
  const std::size_t buffer_limit_;
  const std::weak_ptr<AnswerSink> sink_;

  State state_ = State::kNew;
  Framing framing_ = Framing::kNone;
  bool sends_body_ = true;
  bool may_keep_connection_ = true;
  bool keeps_connection_ = false;
  bool wants_writable_ = false;  // a Write answered false since OnWritable was last called
  std::optional<std::uint64_t> content_length_;
  std::uint64_t body_bytes_ = 0;
  std::function<void()> on_writable_;
  std::function<void()> on_served_;
  std::function<void(CloseReason)> on_closed_;
};

}  // namespace shoal::proxy

#endif  // SHOAL_CLIENT_PROXY_EXCHANGE_H_
