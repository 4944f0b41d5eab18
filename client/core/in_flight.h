// The Data sent on one link and not acknowledged yet, in order: tells when it was sent what is
// acknowledged now.
//
// Threads: not thread-safe. Time: `now` never decreases.
#ifndef SHOAL_CLIENT_CORE_IN_FLIGHT_H_
#define SHOAL_CLIENT_CORE_IN_FLIGHT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "client/core/types.h"
#include "common/time/time.h"

namespace shoal::core {

class InFlight {
 public:
  // More messages than this are counted as parts of the one before them.
  static constexpr std::size_t kMessagesMax = 512;

  // `bytes` of a pull go out now.
  void Sent(PullId pull, std::uint64_t bytes, TimePoint now) {
    if (messages_.size() < kMessagesMax) {
      messages_.push_back({pull, bytes, now});
    } else {
      messages_.back().bytes += bytes;
    }
  }

  // The receiver has `bytes` more. When the last message was sent of which it has all now, if it has
  // all of any that it did not have before.
  std::optional<TimePoint> Acked(std::uint64_t bytes) {
    std::optional<TimePoint> sent;
    std::size_t whole = 0;
    for (; whole < messages_.size() && messages_[whole].bytes <= bytes; ++whole) {
      bytes -= messages_[whole].bytes;
      sent = messages_[whole].sent;
    }
    messages_.erase(messages_.begin(), messages_.begin() + static_cast<std::ptrdiff_t>(whole));
    if (!messages_.empty()) messages_.front().bytes -= bytes;
    return sent;
  }

  // The last `bytes` of a pull never left.
  void TakeBack(PullId pull, std::uint64_t bytes) {
    for (auto message = messages_.rbegin(); message != messages_.rend() && bytes > 0; ++message) {
      if (message->pull != pull) continue;
      const std::uint64_t taken = std::min(message->bytes, bytes);
      message->bytes -= taken;
      bytes -= taken;
    }
    std::erase_if(messages_, [](const Message& message) { return message.bytes == 0; });
  }

  bool empty() const { return messages_.empty(); }

 private:
  struct Message {
    PullId pull;
    std::uint64_t bytes;  // not acknowledged; never 0
    TimePoint sent;
  };

  std::vector<Message> messages_;  // the oldest first
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_IN_FLIGHT_H_
