// Zones by a table of address blocks, written by the operator:
//
//   # comment
//   10.0.0.0/8        office
//   10.4.0.0/16       branch     # the longest prefix counts
//   2001:db8::/32     office     # equal names, one zone
//
// A block in CIDR notation (a single address needs no prefix length), then the name of its zone,
// which is one word. A name's number follows from the name, so that zones stay the same when lines
// are added; only of two names that would get the same number the later one in the alphabet gets
// another.
//
// Threads: any. Cost of Find: a binary search.
#ifndef SHOAL_TRACKER_SERVICE_ZONE_TABLE_H_
#define SHOAL_TRACKER_SERVICE_ZONE_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tracker/service/zone_finder.h"

namespace shoal::service {

class ZoneTable final : public ZoneFinder {
 public:
  // The table that `text` makes; kInvalidArgument names the line that is wrong, and why. `text`
  // without a block is wrong, too: it would be a file of another kind, or half of one.
  static absl::StatusOr<std::unique_ptr<ZoneTable>> Parse(absl::string_view text);

  std::optional<std::uint16_t> Find(absl::string_view address) const override;

  std::size_t zones() const { return zones_; }

 private:
  // 16 bytes in network order; IPv4 as IPv4-mapped IPv6, so that one order holds all.
  using Address = std::array<std::uint8_t, 16>;
  struct Block {
    Address first;
    Address last;
    std::uint16_t zone;
    std::size_t line;
  };
  // All addresses from `first` up to the next range's are in `zone`; 0: in none.
  struct Range {
    Address first;
    std::uint16_t zone;
  };

  static Address Mapped(absl::string_view address);
  void Begin(const Address& first, std::uint16_t zone);
  void BeginAfter(const Address& last, std::uint16_t zone);
  absl::Status Add(std::vector<Block> blocks);

  std::vector<Range> ranges_;
  std::size_t zones_ = 0;
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_ZONE_TABLE_H_
