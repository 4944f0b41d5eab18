#include "tests/bench/announce_load/viewer_crowd.h"

#include <algorithm>
#include <bit>

namespace shoal::bench {
namespace {

constexpr std::uint32_t kFirstSequence = 1000;

}  // namespace

std::uint32_t ViewerCrowd::EdgeAt(TimePoint now) const {
  return kFirstSequence + static_cast<std::uint32_t>((now - begin_) / kSegmentDuration);
}

const std::vector<SegmentNews>& ViewerCrowd::Report(std::size_t index, TimePoint now) {
  Viewer& viewer = viewers_[index];
  if (!viewer.began) {
    viewer.began = now;
    viewer.first = viewer.next_want = EdgeAt(now) + 1 - kSegmentsBehind;
  }
  WantNewSegments(viewer, now);
  TakeArrivals(viewer, now);
  TakeOverdue(viewer, now);
  news_.clear();
  for (Shelf& shelf : viewer.shelves) {
    if (!shelf.is_wanted) continue;
    shelf.said = shelf.held;
    shelf.said_wanted = true;
    SegmentNews news{.sequence = shelf.sequence, .held = shelf.held & ~shelf.known};
    if (!shelf.known_wanted) {
      news.length = kSegmentLength;
      news.needed_in = std::max(shelf.needed_at - now, Duration(0));
    }
    if (news.held != 0 || news.length != 0) news_.push_back(news);
  }
  return news_;
}

void ViewerCrowd::OnAnswered(std::size_t index) {
  for (Shelf& shelf : viewers_[index].shelves) {
    shelf.known = shelf.said;
    shelf.known_wanted = shelf.said_wanted;
  }
}

void ViewerCrowd::OnUnknown(std::size_t index) {
  for (Shelf& shelf : viewers_[index].shelves) {
    shelf.said = shelf.known = 0;
    shelf.said_wanted = shelf.known_wanted = false;
  }
}

void ViewerCrowd::Fetch(std::size_t index, std::uint32_t sequence, PieceMap pieces,
                        std::optional<std::size_t> source, TimePoint now) {
  Viewer& viewer = viewers_[index];
  ForEachPiece(pieces & AllPieces(kSegmentLength), [&](std::uint32_t piece) {
    if (source) {
      const Shelf& shelf = ShelfOf(viewers_[*source], sequence);
      if (shelf.sequence != sequence || (shelf.held & Bit(piece)) == 0) {
        ++figures_.wrong_orders;
        return;
      }
    }
    TimePoint& free_at = source ? viewers_[*source].upload_free_at : viewer.download_free_at;
    const double rate = source ? kUploadBytesPerS : kCdnBytesPerS;
    free_at = std::max(free_at, now) + Seconds(PieceSize(kSegmentLength, piece) / rate);
    viewer.arrivals.push_back({free_at, sequence, piece, !source});
  });
}

void ViewerCrowd::WantNewSegments(Viewer& viewer, TimePoint now) {
  for (const std::uint32_t edge = EdgeAt(now); viewer.next_want <= edge; ++viewer.next_want) {
    ShelfOf(viewer, viewer.next_want) = {
        .sequence = viewer.next_want,
        .is_wanted = true,
        .needed_at =
            *viewer.began + kStartUp + (viewer.next_want - viewer.first) * kSegmentDuration};
  }
}

void ViewerCrowd::TakeArrivals(Viewer& viewer, TimePoint now) {
  std::erase_if(viewer.arrivals, [&](const Arrival& arrival) {
    if (arrival.at > now) return false;
    Shelf& shelf = ShelfOf(viewer, arrival.sequence);
    const bool is_new =
        shelf.sequence == arrival.sequence && (shelf.held & Bit(arrival.piece)) == 0;
    // What comes too late, the viewer has taken from the CDN meanwhile: see TakeOverdue.
    if (!is_new || arrival.at > shelf.needed_at) return true;
    shelf.held |= Bit(arrival.piece);
    ++(arrival.from_cdn ? figures_.pieces_from_cdn : figures_.pieces_from_peers);
    return true;
  });
}

void ViewerCrowd::TakeOverdue(Viewer& viewer, TimePoint now) {
  for (Shelf& shelf : viewer.shelves) {
    if (!shelf.is_wanted || shelf.needed_at > now) continue;
    const PieceMap missing = AllPieces(kSegmentLength) & ~shelf.held;
    const auto count = static_cast<std::uint64_t>(std::popcount(missing));
    shelf.held |= missing;
    figures_.pieces_from_cdn += count;
    figures_.pieces_late += count;
  }
}

}  // namespace shoal::bench
