#include "tracker/service/zone_table.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/grpc/ip_address.h"

namespace shoal::service {
namespace {

struct Line {
  AddressBlock block;
  std::string zone;
  std::size_t number;
};

absl::Status Wrong(std::size_t line, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("line ", line, ": ", why));
}

absl::StatusOr<std::vector<Line>> ReadLines(absl::string_view text) {
  std::vector<Line> lines;
  std::size_t number = 0;
  for (absl::string_view rest : absl::StrSplit(text, '\n')) {
    ++number;
    rest = rest.substr(0, rest.find('#'));
    const std::vector<absl::string_view> words =
        absl::StrSplit(rest, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (words.empty()) continue;
    if (words.size() != 2) {
      return Wrong(number, absl::StrCat(words.size(), " words instead of a block and a zone"));
    }
    absl::StatusOr<AddressBlock> block = AddressBlock::Parse(words[0]);
    if (!block.ok()) return Wrong(number, block.status().message());
    lines.push_back({*std::move(block), std::string(words[1]), number});
  }
  return lines;
}

// By name. Of names with the same number the first in the alphabet keeps it.
absl::StatusOr<std::map<std::string, std::uint16_t>> NumbersOf(const std::vector<Line>& lines) {
  std::map<std::string, std::uint16_t> numbers;
  for (const Line& line : lines) numbers[line.zone] = 0;
  if (numbers.size() >= ZoneFinder::kZonesEnd - 1u) {
    return absl::InvalidArgumentError(
        absl::StrCat(numbers.size(), " zones, more than ", ZoneFinder::kZonesEnd - 2));
  }
  std::set<std::uint16_t> taken;
  for (auto& [name, zone] : numbers) {
    zone = ZoneNumberOf(name);
    while (!taken.insert(zone).second) {
      zone = zone + 1 == ZoneFinder::kZonesEnd ? 1 : static_cast<std::uint16_t>(zone + 1);
    }
  }
  return numbers;
}

}  // namespace

ZoneTable::Address ZoneTable::Mapped(absl::string_view address) {
  Address mapped{};
  if (address.size() == mapped.size()) {
    std::memcpy(mapped.data(), address.data(), mapped.size());
  } else {
    mapped[10] = mapped[11] = 0xff;
    std::memcpy(mapped.data() + 12, address.data(), std::min<std::size_t>(address.size(), 4));
  }
  return mapped;
}

absl::StatusOr<std::unique_ptr<ZoneTable>> ZoneTable::Parse(absl::string_view text) {
  const absl::StatusOr<std::vector<Line>> lines = ReadLines(text);
  if (!lines.ok()) return lines.status();
  if (lines->empty()) return absl::InvalidArgumentError("no block of addresses in it");
  const auto numbers = NumbersOf(*lines);
  if (!numbers.ok()) return numbers.status();
  std::vector<Block> blocks;
  for (const Line& line : *lines) {
    Block block{Mapped(line.block.network()), Mapped(line.block.network()), numbers->at(line.zone),
                line.number};
    const std::size_t bits_max = line.block.network().size() * 8;
    const std::size_t bits = static_cast<std::size_t>(line.block.prefix_bits()) + 128 - bits_max;
    for (std::size_t bit = bits; bit < 128; ++bit) {
      block.last[bit / 8] = static_cast<std::uint8_t>(block.last[bit / 8] | 0x80 >> bit % 8);
    }
    blocks.push_back(block);
  }
  auto table = std::make_unique<ZoneTable>();
  table->zones_ = numbers->size();
  if (absl::Status status = table->Add(std::move(blocks)); !status.ok()) return status;
  return table;
}

// Blocks lie within each other or apart, never across: so a stack of those that are open says in
// which an address is.
absl::Status ZoneTable::Add(std::vector<Block> blocks) {
  std::sort(blocks.begin(), blocks.end(), [](const Block& a, const Block& b) {
    return a.first != b.first ? a.first < b.first : b.last < a.last;
  });
  std::vector<const Block*> open;
  const auto close_innermost = [&] {
    const Block& closed = *open.back();
    open.pop_back();
    BeginAfter(closed.last, open.empty() ? std::uint16_t{0} : open.back()->zone);
  };
  for (const Block& block : blocks) {
    while (!open.empty() && open.back()->last < block.first) close_innermost();
    if (!open.empty() && open.back()->first == block.first && open.back()->last == block.last) {
      if (open.back()->zone == block.zone) continue;
      return Wrong(std::max(block.line, open.back()->line),
                   absl::StrCat("the block has another zone on line ",
                                std::min(block.line, open.back()->line)));
    }
    Begin(block.first, block.zone);
    open.push_back(&block);
  }
  while (!open.empty()) close_innermost();
  ranges_.shrink_to_fit();
  return absl::OkStatus();
}

void ZoneTable::Begin(const Address& first, std::uint16_t zone) {
  if (!ranges_.empty() && ranges_.back().first == first) {
    ranges_.back().zone = zone;
  } else {
    ranges_.push_back({first, zone});
  }
}

void ZoneTable::BeginAfter(const Address& last, std::uint16_t zone) {
  Address next = last;
  for (std::size_t at = next.size(); at-- > 0;) {
    if (++next[at] != 0) {
      Begin(next, zone);
      return;
    }
  }
  // Nothing comes after the last address of all.
}

std::optional<std::uint16_t> ZoneTable::Find(absl::string_view address) const {
  const auto next =
      std::upper_bound(ranges_.begin(), ranges_.end(), Mapped(address),
                       [](const Address& a, const Range& range) { return a < range.first; });
  if (next == ranges_.begin() || (next - 1)->zone == 0) return std::nullopt;
  return (next - 1)->zone;
}

}  // namespace shoal::service
