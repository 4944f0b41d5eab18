// What one peer holds of one segment, by what it said, in the room of two pointers: a client keeps some
// hundreds of these, and looks into them with each message.
// Threads: values.
#ifndef SHOAL_CLIENT_CORE_PEER_HOLDING_H_
#define SHOAL_CLIENT_CORE_PEER_HOLDING_H_

#include <algorithm>
#include <cstdint>
#include <utility>

#include "client/core/messages.h"
#include "client/core/types.h"

namespace shoal::core {

class PeerHolding {
 public:
  // So many pieces, all of a usual segment, need no memory beside.
  static constexpr PieceIndex kPiecesInline = 16;

  PeerHolding() = default;
  PeerHolding(PeerHolding&& other) noexcept { Swap(other); }
  PeerHolding& operator=(PeerHolding&& other) noexcept {
    Swap(other);
    return *this;
  }
  ~PeerHolding() { Clear(); }

  PieceState StateOf(PieceIndex piece) const {
    if (complete) return PieceState::kComplete;
    if (piece >= room_) return PieceState::kNone;
    return static_cast<PieceState>(*WordOf(piece) >> ShiftOf(piece) & kMask);
  }
  // What StateOf says while not complete. REQUIRES: piece < kPiecesPerSegmentMax.
  void Set(PieceIndex piece, PieceState state) {
    if (piece >= room_) Grow(piece + 1);
    std::uint64_t& word = *WordOf(piece);
    word = (word & ~(kMask << ShiftOf(piece))) | std::uint64_t{static_cast<std::uint8_t>(state)}
                                                     << ShiftOf(piece);
  }
  // Nothing is held of any piece.
  void Clear() {
    if (room_ > kPiecesInline) delete[] many_;
    room_ = kPiecesInline;
    few_ = 0;
  }

  std::uint32_t length = 0;  // as the peer said; 0: it does not know
  bool complete = false;
  bool dropped = false;  // of use as a place only

 private:
  // Each piece has four bits of a word.
  static constexpr PieceIndex kPerWord = 16;
  static constexpr std::uint64_t kMask = 0xF;
  static_assert(kPiecesPerSegmentMax <= UINT16_MAX);

  static int ShiftOf(PieceIndex piece) { return static_cast<int>(piece % kPerWord * 4); }
  std::uint64_t* WordOf(PieceIndex piece) {
    return room_ <= kPiecesInline ? &few_ : &many_[piece / kPerWord];
  }
  const std::uint64_t* WordOf(PieceIndex piece) const {
    return room_ <= kPiecesInline ? &few_ : &many_[piece / kPerWord];
  }
  void Grow(PieceIndex pieces) {
    const PieceIndex wanted =
        std::min(std::max(pieces, 2 * PieceIndex{room_}), kPiecesPerSegmentMax);
    const PieceIndex words = (wanted + kPerWord - 1) / kPerWord;
    auto* const grown = new std::uint64_t[words]();
    std::copy_n(WordOf(0), room_ / kPerWord, grown);
    Clear();
    many_ = grown;
    room_ = static_cast<std::uint16_t>(words * kPerWord);
  }
  void Swap(PeerHolding& other) {
    std::swap(few_, other.few_);
    std::swap(room_, other.room_);
    std::swap(length, other.length);
    std::swap(complete, other.complete);
    std::swap(dropped, other.dropped);
  }

  std::uint16_t room_ = kPiecesInline;  // pieces; a multiple of kPerWord
  union {
    std::uint64_t few_ = 0;
    std::uint64_t* many_;  // own, if room_ > kPiecesInline
  };
};
static_assert(sizeof(PeerHolding) == 16);

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_PEER_HOLDING_H_
