#include "tracker/membership/member_slab.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace shoal::membership {

std::uint32_t MemberSlab::TakePlace(Family& family, Chunk& chunk) {
  if (chunk.first_free == kChunkSize) return chunk.used++;
  const std::uint32_t place = chunk.first_free;
  // Of a free place `entered` is the next free one.
  chunk.first_free = static_cast<std::uint16_t>(In(family, chunk, place).entered);
  return place;
}

Slot MemberSlab::Add(PackedMemberView member) {
  const std::uint32_t which = member.is_ipv6() ? 1 : 0;
  Family& family = families_[which];
  if (family.with_room.empty()) {
    family.with_room.push_back(static_cast<std::uint32_t>(family.chunks.size()));
    family.chunks.emplace_back();
  }
  const std::uint32_t number = family.with_room.back();
  Chunk& chunk = family.chunks[number];
  if (chunk.bytes == nullptr) {
    chunk.bytes = std::make_unique_for_overwrite<char[]>(kChunkSize * family.stride);
  }
  const std::uint32_t place = TakePlace(family, chunk);
  CompactMember& added = In(family, chunk, place);
  if (++chunk.members == kChunkSize) family.with_room.pop_back();
  ++size_;
  added = CompactMember{};
  std::memcpy(reinterpret_cast<char*>(&added) + sizeof(CompactMember), member.data(),
              member.size());
  return which << kFamilyShift | (number * kChunkSize + place);
}

void MemberSlab::Remove(Slot slot) {
  Family& family = families_[slot >> kFamilyShift];
  const std::uint32_t number = (slot & kPlaceMask) / kChunkSize;
  Chunk& chunk = family.chunks[number];
  if (chunk.members == kChunkSize) family.with_room.push_back(number);
  --size_;
  if (--chunk.members == 0) {
    chunk = Chunk{};
    return;
  }
  CompactMember& removed = At(slot);
  removed.swarm = kNoSwarm;
  removed.entered = chunk.first_free;
  chunk.first_free = static_cast<std::uint16_t>(slot % kChunkSize);
}

void MemberSlab::Sweep(std::size_t places, absl::FunctionRef<void(Slot)> visit) {
  if (size_ == 0) return;
  while (places > 0) {
    const Family& family = families_[next_swept_ >> kFamilyShift];
    const std::uint32_t place = next_swept_ & kPlaceMask;
    if (place >= family.places()) {
      next_swept_ = ~next_swept_ & ~kPlaceMask;  // the other family's first
      --places;
      continue;
    }
    const Chunk& chunk = family.chunks[place / kChunkSize];
    const std::uint32_t in_chunk = place % kChunkSize;
    if (in_chunk >= chunk.used) {  // nobody is in the rest of it
      const auto rest =
          static_cast<std::uint32_t>(std::min<std::size_t>(kChunkSize - in_chunk, places));
      next_swept_ += rest;
      places -= rest;
      continue;
    }
    if (In(family, chunk, in_chunk).swarm != kNoSwarm) visit(next_swept_);
    ++next_swept_;
    --places;
  }
}

}  // namespace shoal::membership
