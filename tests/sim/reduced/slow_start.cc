#include "tests/sim/reduced/slow_start.h"

#include <algorithm>
#include <deque>

#include "tests/sim/world/cdn_model.h"

namespace shoal::sim::reduced {

std::vector<Arrival> SlowStart(Duration first_byte, double down, std::uint64_t length) {
  std::vector<Arrival> arrivals;
  std::deque<Arrival> acks;
  Duration now = first_byte;
  Duration line_free = now;
  std::uint64_t window = CdnModel::kInitialWindow;
  std::uint64_t unacked = 0;
  std::uint64_t sent = 0;
  while (true) {
    while (unacked < window && sent < length) {
      const auto bytes = static_cast<std::uint32_t>(
          std::min({std::uint64_t{CdnModel::kChunk}, window - unacked, length - sent}));
      line_free = std::max(line_free, now) + Seconds(bytes / down);
      arrivals.push_back({line_free, bytes});
      acks.push_back({line_free + first_byte / 2, bytes});
      unacked += bytes;
      sent += bytes;
    }
    if (sent == length) return arrivals;
    now = acks.front().at;
    unacked -= acks.front().bytes;
    window += acks.front().bytes;
    acks.pop_front();
  }
}

}  // namespace shoal::sim::reduced
