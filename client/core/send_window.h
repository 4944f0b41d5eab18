// How much Data may be sent and not acknowledged, so that the own line is never idle while there is
// something to send, and hardly anything stands in its queue.
//
//   window = own upload · (kQueue + kMessages messages + round trip beyond the own queue)
//
// What stands in the line delays all that this client sends: Data that others wait for, requests,
// news, TCP's acknowledgements of what it receives. At the least some must stand there, or the line
// falls idle between two acknowledgements. How long they take is another matter: they wait in the
// receivers' own lines, which may be as full. So the receiver of Data tells when it came, and the
// round trip is split into the delay of the own queue and the rest, as LEDBAT does (RFC 6817; there
// the delay steers the window, here the window follows from rate and round trip, both known). A
// receiver that lies about its clock can only make the rest seem nothing, or the whole round trip.
//
// Threads: not thread-safe.
#ifndef SHOAL_CLIENT_CORE_SEND_WINDOW_H_
#define SHOAL_CLIENT_CORE_SEND_WINDOW_H_

#include <algorithm>
#include <cstdint>

#include "client/core/types.h"
#include "common/time/time.h"

namespace shoal::core {

class SendWindow {
 public:
  static constexpr Duration kQueue = Milliseconds(40);
  static constexpr double kMessages = 1.5;  // of Data, in the queue besides
  static constexpr Duration kRoundTripAssumed = Milliseconds(100);
  static constexpr double kGain = 0.05;                       // of a new sample
  static constexpr Duration kLongest = Milliseconds(300);     // of upload
  static constexpr std::uint64_t kLeast = 8 * 1024;           // bytes
  static constexpr std::uint64_t kMost = 1024 * 1024;         // bytes: they wait in memory
  static constexpr Duration kMessageTime = Milliseconds(32);  // that a message takes on the line
  static constexpr std::uint32_t kMessageMin = 4 * 1024;      // bytes

  // Some Data was acknowledged `round_trip` after it was sent, of which it spent `queued` in queues
  // on its way to the receiver.
  void Sample(Duration round_trip, Duration queued) {
    const double beyond = std::max(0.0, ToSeconds(round_trip - queued));
    beyond_ += kGain * (beyond - beyond_);
    queued_ += kGain * (ToSeconds(queued) - queued_);
  }

  // How long what is sent stands in queues on its way: moving average.
  Duration queued() const { return Seconds(queued_); }

  // Of so much upload, in bytes per second. As long as it is not measured it may be far greater: then
  // the round trip counts as kRoundTripAssumed at least, so that a fast line shows itself.
  std::uint64_t Bytes(double upload, bool measured = true) const {
    const double least = measured ? 0 : ToSeconds(kRoundTripAssumed);
    const double time = ToSeconds(kQueue) + std::max(beyond_, least);
    const double bytes =
        std::min(upload * time + kMessages * MessageBytes(upload), upload * ToSeconds(kLongest));
    return std::clamp(static_cast<std::uint64_t>(bytes), kLeast, kMost);
  }

  // Payload of a message: so little that turns are short, so much that messages are few.
  static std::uint32_t MessageBytes(double upload) {
    const auto bytes = static_cast<std::uint64_t>(upload * ToSeconds(kMessageTime));
    return static_cast<std::uint32_t>(
        std::clamp<std::uint64_t>(bytes, kMessageMin, kDataPayloadMax));
  }

 private:
  double beyond_ = ToSeconds(kRoundTripAssumed);  // seconds: round trip beyond the own queue
  double queued_ = 0;                             // seconds
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_SEND_WINDOW_H_
