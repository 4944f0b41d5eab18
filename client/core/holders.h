// Which linked peers said something of one segment, and how many of them hold each of its pieces:
// worked out when it is first asked for, and kept right from then on, so that a look need not ask
// every link about every piece.
//
// A peer counts as a holder of a piece that it has a byte of and whose bytes have not stopped
// coming. Whether the piece needs another seeder is another question: whoever has just asked the
// CDN for it will hold it soon.
//
// Whoever changes which links there are, which segments a peer speaks of or whether it uploads at
// all makes what was worked out before outdated, or keeps it right; see StreamState::HoldersOf.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_HOLDERS_H_
#define SHOAL_CLIENT_CORE_HOLDERS_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "client/core/messages.h"
#include "client/core/peer_view.h"
#include "client/core/types.h"

namespace shoal::core {

struct Link;

class Holders {
 public:
  struct Peer {
    std::size_t place = 0;  // of the link
    Link* link = nullptr;
    PeerView::Held* held = nullptr;
  };

  static bool Holds(PieceState state) {
    return state != PieceState::kNone && state != PieceState::kStalled &&
           state != PieceState::kSeeding;
  }
  static bool Provides(PieceState state) { return Holds(state) || state == PieceState::kSeeding; }

  // ---- Working it out ----
  // Whether it was worked out as of `version`, for that many pieces.
  bool Current(std::uint32_t version, std::size_t pieces) const {
    return version_ == version && counts_.size() == pieces;
  }
  // Begins anew: nobody speaks of the segment.
  void Begin(std::uint32_t version, std::size_t pieces);
  // In any order.
  void Add(const Peer& peer, bool can_upload);
  // Frees the memory; outdated from now on.
  void Clear();

  // ---- Keeping it right ----
  // The peer at the link in that place: counts what it holds (sign 1), or takes it back (-1).
  void Count(std::size_t place, const PeerView::Held& held, bool can_upload, int sign);
  // It holds something else of the piece than before.
  void Moved(std::size_t place, PieceIndex piece, PieceState from, PieceState to, bool can_upload);

  // ---- Asking ----
  // Those who said something of the segment, ordered by link.
  const std::vector<Peer>& peers() const { return peers_; }
  // What the peer at the link in that place said of it; nullptr: nothing.
  PeerView::Held* HeldBy(std::size_t place) const {
    return place < held_.size() ? held_[place] : nullptr;
  }
  // How many hold the piece. REQUIRES: piece < the number of pieces.
  std::size_t all(PieceIndex piece) const { return counts_[piece].all; }
  // Calls `visit(place)` for each link whose peer holds it, in order.
  template <typename Visit>
  void ForEachHolder(PieceIndex piece, Visit visit) const {
    for (std::uint64_t left = counts_[piece].first; left != 0; left &= left - 1) {
      visit(static_cast<std::size_t>(std::countr_zero(left)));
    }
    for (std::size_t place = kFirst; place < held_.size(); ++place) {
      if (held_[place] != nullptr && Holds(held_[place]->StateOf(piece))) visit(place);
    }
  }
  // How many of those who can upload hold it, or will soon.
  std::size_t providers(PieceIndex piece) const { return counts_[piece].providers; }

 private:
  static constexpr std::size_t kFirst = 64;

  struct Counts {
    std::uint16_t all = 0;
    std::uint16_t providers = 0;
    std::uint64_t first = 0;  // who of those at the first kFirst links holds it, by place

    void Add(std::size_t place, PieceState state, bool can_upload, int sign) {
      if (Holds(state)) {
        all = static_cast<std::uint16_t>(all + sign);
        if (place < kFirst) first ^= std::uint64_t{1} << place;
      }
      if (can_upload && Provides(state)) providers = static_cast<std::uint16_t>(providers + sign);
    }
  };

  std::vector<Peer> peers_;            // those who speak of it
  std::vector<PeerView::Held*> held_;  // by place of the link
  std::vector<Counts> counts_;         // by piece
  std::uint32_t version_ = 0;          // 0: never worked out
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_HOLDERS_H_
