#include "tracker/membership/member_slab.h"

#include <cstring>
#include <utility>

namespace shoal::membership {

void MemberSlab::MakePlaces(Family& family, Chunk& chunk) {
  chunk.bytes = std::make_unique_for_overwrite<char[]>(kChunkSize * family.stride);
  for (std::uint32_t place = 0; place < kChunkSize; ++place) {
    CompactMember& free = In(family, chunk, place);
    free.swarm = kNoSwarm;
    free.entered = place + 1;  // of a free place: the next one
  }
  chunk.first_free = 0;
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
  if (chunk.bytes == nullptr) MakePlaces(family, chunk);
  const std::uint32_t place = chunk.first_free;
  CompactMember& added = In(family, chunk, place);
  chunk.first_free = static_cast<std::uint16_t>(added.entered);
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
    chunk.bytes.reset();
    return;
  }
  CompactMember& removed = At(slot);
  removed.swarm = kNoSwarm;
  removed.entered = chunk.first_free;
  chunk.first_free = static_cast<std::uint16_t>(slot % kChunkSize);
}

void MemberSlab::Sweep(std::size_t places, absl::FunctionRef<void(Slot)> visit) {
  for (; places > 0; --places, ++next_swept_) {
    Family* family = &families_[next_swept_ >> kFamilyShift];
    if ((next_swept_ & kPlaceMask) >= family->places()) {
      next_swept_ = (next_swept_ & ~kPlaceMask) ^ ~kPlaceMask;  // the other family's first
      family = &families_[next_swept_ >> kFamilyShift];
      if (family->places() == 0) continue;
    }
    const std::uint32_t place = next_swept_ & kPlaceMask;
    const Chunk& chunk = family->chunks[place / kChunkSize];
    if (chunk.bytes == nullptr) continue;
    if (In(*family, chunk, place % kChunkSize).swarm != kNoSwarm) visit(next_swept_);
  }
}

}  // namespace shoal::membership
