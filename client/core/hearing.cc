#include "client/core/hearing.h"

#include <algorithm>

namespace shoal::core {
namespace {

Duration AgeOf(const PieceGossip& gossip) { return Milliseconds(50) * gossip.age_units; }

}  // namespace

void Hearing::HearClass(Link& link, UploadClass upload_class) {
  const bool could_upload = link.can_upload();
  link.peer.upload_class = upload_class;
  if (link.can_upload() != could_upload) ++s_.links_version;
  s_.members.SetClass(link.peer.id, upload_class);
}

void Hearing::Apply(Link& link, const SegmentProgress& news, Segment* segment) {
  PeerView::Known known{.can_upload = link.can_upload(), .place = link.place};
  if (segment != nullptr) {
    if (segment->holders.Current(s_.links_version, segment->pieces.size())) {
      known.holders = &segment->holders;
      known.held = known.holders->HeldBy(link.place);
    } else {
      segment->holders.Clear();
    }
  }
  const PeerView::Change change = link.view.Apply(news, known);
  if (change == PeerView::Change::kMore) {
    ++s_.links_version;
  } else if (change == PeerView::Change::kSegment && known.holders != nullptr) {
    if (PeerView::Held* held = link.view.Find(news.key)) {
      known.holders->Add({link.place, &link, held}, link.can_upload());
    } else {
      known.holders->Clear();
    }
  }
}

bool Hearing::Matters(const Segment& segment, const SegmentProgress& news) {
  if (!segment.entered || segment.complete()) return false;
  if (news.complete || news.dropped || segment.started_race) return true;
  return std::any_of(news.pieces.begin(), news.pieces.end(), [&](const PieceNews& piece) {
    if (piece.piece >= segment.pieces.size()) return false;
    const Piece& own = segment.pieces[piece.piece];
    return own.fetch == 0 && !segment.PieceComplete(piece.piece) &&
           piece.state != PieceState::kSeeding &&
           (own.link == 0 || piece.state == PieceState::kStalled);
  });
}

void Hearing::Heard(Segment& segment, PieceIndex index, TimePoint born) {
  if (index >= segment.pieces.size()) return;
  Piece& piece = segment.pieces[index];
  if (!piece.heard || *piece.heard < born) piece.heard = born;
  teller_.PassOn(segment, index, piece);
}

void Hearing::HearGossip(const Link& link, Segment& segment, const SegmentProgress& news) {
  if (link.can_upload()) {
    for (const PieceNews& piece : news.pieces) {
      if (Holders::Provides(piece.state)) {
        Heard(segment, piece.piece, s_.ctx.now);
      } else if (piece.state == PieceState::kStalled) {
        Unhear(segment, piece.piece);
      }
    }
    if (news.complete) {
      for (PieceIndex i = 0; i < segment.pieces.size(); ++i) Heard(segment, i, s_.ctx.now);
    }
  }
  for (const PieceGossip& gossip : news.gossip) {
    Heard(segment, gossip.piece, s_.ctx.now - AgeOf(gossip));
  }
}

void Hearing::Unhear(Segment& segment, PieceIndex index) {
  if (index >= segment.pieces.size() || s_.HoldersOf(segment).providers(index) > 0) return;
  segment.pieces[index].heard.reset();
}

}  // namespace shoal::core
