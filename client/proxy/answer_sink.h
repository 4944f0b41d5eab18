// Where an Exchange puts its answer: the connection, or a test's fake. Handlers never see it.
// Threads: loop thread only.
#ifndef SHOAL_CLIENT_PROXY_ANSWER_SINK_H_
#define SHOAL_CLIENT_PROXY_ANSWER_SINK_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace shoal::proxy {

class Exchange;

// Bytes that stay where they are until they are sent, kept alive by their owner.
struct SharedBytes {
  std::shared_ptr<const void> owner;
  absl::string_view bytes;

  static SharedBytes Own(std::string text) {
    auto owned = std::make_shared<const std::string>(std::move(text));
    const absl::string_view view = *owned;
    return {std::move(owned), view};
  }
};

class AnswerSink {
 public:
  virtual ~AnswerSink() = default;

  // Sends `bytes` after those before. Calls Exchange::HandleSent from the loop, never from here.
  virtual void Send(SharedBytes bytes) = 0;
  // Bytes given to Send that the kernel has not taken yet.
  virtual std::size_t unsent_bytes() const = 0;
  // The answer is complete: once all is sent, call exchange->HandleServed(), then read the next
  // request, or close if !exchange->keeps_connection().
  virtual void EndAnswer(std::shared_ptr<Exchange> exchange) = 0;
  // The answer cannot be completed: discard what is unsent and reset the connection, so that the
  // player cannot take what it got for the whole. The exchange hears nothing more.
  virtual void Reset() = 0;
  // The exchange was dropped before its answer began: answer 500 on its behalf and close.
  virtual void AnswerDropped() = 0;
  // Runs `task` from the loop.
  virtual void Post(std::function<void()> task) = 0;
};

}  // namespace shoal::proxy

#endif  // SHOAL_CLIENT_PROXY_ANSWER_SINK_H_
