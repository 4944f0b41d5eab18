// The members of all swarms, as compactly as they can be: 42 bytes each at an IPv4 address, 54 at
// an IPv6 one. What finds them again (see MemberRing) takes about ten bytes more in each of two
// circles.
//
// A member lies where it is until it is removed; its *slot* names the place in 4 bytes. Places are
// made in chunks of four thousand, and a chunk whose last member goes is given back. Of a chunk the
// system's memory is touched only as far as members have lain in it: a slab with few members is
// small.
//
// Threads: not thread-safe. Reproducible: the same calls use the same slots.
#ifndef SHOAL_TRACKER_MEMBERSHIP_MEMBER_SLAB_H_
#define SHOAL_TRACKER_MEMBERSHIP_MEMBER_SLAB_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "common/base/packed_member.h"

namespace shoal::membership {

// Where a member lies: the highest bit tells those at IPv6 addresses from the others.
using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = ~Slot{0};

// A count of the changes of one swarm: it names a moment of the swarm. Wraps around; two versions
// are compared by IsAfter, which is right while they are less than 2^31 changes apart.
using Version = std::uint32_t;
inline bool IsAfter(Version a, Version b) { return static_cast<std::int32_t>(a - b) > 0; }

// A member of one swarm. The packed member follows it in memory.
struct [[gnu::packed]] CompactMember {
  std::uint32_t swarm : 31;  // its number; kNoSwarm: nobody is here
  // It is a member no more, but still stands in its circles, so that it can be told who was handed
  // out before.
  std::uint32_t has_left : 1;
  Version entered;  // the first version of the swarm that has it
  union {
    std::int32_t joined_s;  // when the client joined, in seconds of the timeline
    Version left;           // if has_left: the first version that does not have it
  };
  std::uint32_t due;  // when it is to go, in ticks; see Membership

  PackedMemberView packed() const {
    return PackedMemberView(reinterpret_cast<const char*>(this) + sizeof(*this));
  }
  // Whether the swarm of version `version` had it.
  bool IsIn(Version version) const {
    return !IsAfter(entered, version) && (has_left == 0 || IsAfter(left, version));
  }
};
static_assert(sizeof(CompactMember) == 16 && alignof(CompactMember) == 1);

inline constexpr std::uint32_t kNoSwarm = (std::uint32_t{1} << 31) - 1;

class MemberSlab {
 public:
  MemberSlab() = default;
  MemberSlab(const MemberSlab&) = delete;
  MemberSlab& operator=(const MemberSlab&) = delete;

  // A place with the packed member, 26 or 38 bytes, in it; the rest is the caller's to set.
  // REQUIRES: fewer than 2^31 - 1 of its address family.
  Slot Add(PackedMemberView member);
  void Remove(Slot slot);

  CompactMember& At(Slot slot) { return const_cast<CompactMember&>(std::as_const(*this).At(slot)); }
  const CompactMember& At(Slot slot) const {
    const Family& family = families_[slot >> kFamilyShift];
    const Slot place = slot & kPlaceMask;
    return *reinterpret_cast<const CompactMember*>(family.chunks[place / kChunkSize].bytes.get() +
                                                   (place % kChunkSize) * family.stride);
  }

  // Members, and places for them.
  std::size_t size() const { return size_; }
  std::size_t places() const { return families_[0].places() + families_[1].places(); }

  // Looks at the next `places` places, going round for ever, and calls `visit` with each member
  // there. `visit` may remove members, but not add any.
  void Sweep(std::size_t places, absl::FunctionRef<void(Slot)> visit);

 private:
  // So many places of either family are whole pages of the system's memory.
  static constexpr std::uint32_t kChunkSize = 4096;
  static constexpr int kFamilyShift = 31;
  static constexpr Slot kPlaceMask = (Slot{1} << kFamilyShift) - 1;

  struct Chunk {
    std::unique_ptr<char[]> bytes;  // nullptr: all its places are free
    std::uint16_t members = 0;
    std::uint16_t used = 0;                 // places that a member has lain in, the first ones
    std::uint16_t first_free = kChunkSize;  // of those; kChunkSize: none
  };
  struct Family {
    std::size_t stride;
    std::vector<Chunk> chunks;
    std::vector<std::uint32_t> with_room;  // numbers of chunks, each that has any once

    std::size_t places() const { return chunks.size() * kChunkSize; }
  };

  // A place that nobody is at. REQUIRES: there is one.
  static std::uint32_t TakePlace(Family& family, Chunk& chunk);
  static CompactMember& In(const Family& family, const Chunk& chunk, std::uint32_t place) {
    return *reinterpret_cast<CompactMember*>(chunk.bytes.get() + place * family.stride);
  }

  std::array<Family, 2> families_ = {Family{sizeof(CompactMember) + kPackedMemberIpv4Size, {}, {}},
                                     Family{sizeof(CompactMember) + kPackedMemberIpv6Size, {}, {}}};
  std::size_t size_ = 0;
  Slot next_swept_ = 0;
};

}  // namespace shoal::membership

#endif  // SHOAL_TRACKER_MEMBERSHIP_MEMBER_SLAB_H_
