// Whether clients keep the cap that their owners set: what each sent in any second.
//
// A second is any twenty slots of 50 ms, so a window that lies otherwise is missed by less than a
// slot's worth. Viewers without a cap cost nothing.
//
// Threads: not thread-safe. Time: `now` never decreases.
#ifndef SHOAL_TESTS_SIM_WORLD_UPLOAD_WATCH_H_
#define SHOAL_TESTS_SIM_WORLD_UPLOAD_WATCH_H_

#include <array>
#include <cstdint>
#include <map>

#include "common/time/time.h"

namespace shoal::sim {

class UploadWatch {
 public:
  // Bytes per second; 0: none may be sent.
  void SetCap(std::uint32_t viewer, std::uint64_t cap) { watched_[viewer].cap = cap; }
  void Forget(std::uint32_t viewer) { watched_.erase(viewer); }

  // Returns what was sent in the second that ends now ÷ cap − 1; −1 for viewers without a cap. With
  // a cap of 0 anything is infinitely much, told as kForbidden.
  static constexpr double kForbidden = 1e9;
  double Sent(std::uint32_t viewer, std::uint32_t bytes, TimePoint now) {
    const auto found = watched_.find(viewer);
    if (found == watched_.end()) return -1;
    Watched& watched = found->second;
    if (watched.cap == 0) return kForbidden;
    const std::int64_t slot = now.time_since_epoch() / kSlot;
    for (std::int64_t s = watched.last + 1; s <= slot && s <= watched.last + kSlots; ++s) {
      std::uint32_t& old = watched.slots[static_cast<std::size_t>(s % kSlots)];
      watched.sum -= old;
      old = 0;
    }
    watched.last = slot;
    watched.slots[static_cast<std::size_t>(slot % kSlots)] += bytes;
    watched.sum += bytes;
    return static_cast<double>(watched.sum) / static_cast<double>(watched.cap) - 1;
  }

 private:
  static constexpr Duration kSlot = Milliseconds(50);
  static constexpr std::int64_t kSlots = 20;

  struct Watched {
    std::uint64_t cap = 0;
    std::array<std::uint32_t, kSlots> slots{};
    std::uint64_t sum = 0;
    std::int64_t last = 0;
  };

  std::map<std::uint32_t, Watched> watched_;
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_UPLOAD_WATCH_H_
