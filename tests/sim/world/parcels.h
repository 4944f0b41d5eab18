// Messages on their way that are not Data, each by a number that is used again once it is delivered.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_WORLD_PARCELS_H_
#define SHOAL_TESTS_SIM_WORLD_PARCELS_H_

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "client/core/messages.h"
#include "common/base/upload_class.h"
#include "tests/sim/world/message_size.h"

namespace shoal::sim {

enum class ParcelKind : std::uint8_t { kHello, kBye, kCore };

struct Parcel {
  core::LinkMessage message;
  ParcelKind kind = ParcelKind::kCore;
  core::ByeReason reason = core::ByeReason::kUnspecified;
  UploadClass upload_class = kUploadUnknown;
  WireSize size;
};

class Parcels {
 public:
  std::uint32_t Add(Parcel&& parcel) {
    if (free_.empty()) {
      parcels_.push_back(std::move(parcel));
      return static_cast<std::uint32_t>(parcels_.size() - 1);
    }
    const std::uint32_t number = free_.back();
    free_.pop_back();
    parcels_[number] = std::move(parcel);
    return number;
  }
  // Stays where it is while others come and go.
  Parcel& operator[](std::uint32_t number) { return parcels_[number]; }
  const Parcel& operator[](std::uint32_t number) const { return parcels_[number]; }
  void Free(std::uint32_t number) { free_.push_back(number); }

 private:
  std::deque<Parcel> parcels_;
  std::vector<std::uint32_t> free_;
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_PARCELS_H_
