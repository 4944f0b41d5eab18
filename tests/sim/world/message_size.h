// How many bytes what links say takes on the wire, without making them: exactly what client/peer's
// converter makes of it in the encoding of proto/shoal/v1/peer.proto (proto3, absent when zero).
// A unit test compares the two.
//
// Threads: any.
#ifndef SHOAL_TESTS_SIM_WORLD_MESSAGE_SIZE_H_
#define SHOAL_TESTS_SIM_WORLD_MESSAGE_SIZE_H_

#include <cstdint>

#include "client/core/messages.h"
#include "common/base/upload_class.h"

namespace shoal::sim {

// gRPC's prefix of a message (5 bytes) and the head of the HTTP/2 frame it goes in (9).
inline constexpr std::uint32_t kFraming = 14;

struct WireSize {
  std::uint32_t messages = 1;  // a long Progress goes as several
  std::uint32_t bytes = 0;     // serialised, all together

  std::uint32_t framed() const { return bytes + messages * kFraming; }
};

// Of Data with its payload.
WireSize SizeOf(const core::LinkMessage& message);
WireSize SizeOf(const core::Data& data);

WireSize SizeOfHello(UploadClass upload_class, std::uint16_t port);
// Without detail.
WireSize SizeOfBye(core::ByeReason reason);

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_MESSAGE_SIZE_H_
