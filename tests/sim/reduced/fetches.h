// Transfers from the CDN: the exact model's CDN, whose bytes are entered at the pieces that they are
// of. Adjacent pieces are one transfer, as in client/core/fetches.h.
//
// Ownership: owns the CDN and its agenda; the listener hears of transfers from CdnModel::Handle only.
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_REDUCED_FETCHES_H_
#define SHOAL_TESTS_SIM_REDUCED_FETCHES_H_

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "tests/sim/reduced/state.h"
#include "tests/sim/world/agenda.h"
#include "tests/sim/world/cdn_model.h"

namespace shoal::sim::reduced {

class Fetches {
 public:
  Fetches(State& state, CdnListener& listener)
      : s_(state), cdn_(state.scenario, agenda_, state.network, state.media, listener) {}

  // What of the CDN's happens up to `time`. Calls `on_playlist(viewer, segments listed)`.
  template <typename OnPlaylist>
  void RunUntil(TimePoint time, OnPlaylist on_playlist) {
    Agenda::Entry entry;
    while (agenda_.Take(time, &entry)) {
      s_.now = ToMicros(agenda_.now().time_since_epoch());
      if (entry.what != Happening::kPlaylist) {
        cdn_.Handle(entry);
        continue;
      }
      const auto made = TimePoint(Microseconds(static_cast<std::int64_t>(entry.c) - 1));
      on_playlist(entry.a, static_cast<std::uint32_t>(made.time_since_epoch() /
                                                      s_.media.segment_duration()));
    }
  }

  void LoadPlaylist(std::uint32_t viewer) { cdn_.AskPlaylist(viewer, 0); }
  // Asks for what is missing of these pieces, all of one segment; none has a source.
  void Ask(std::uint32_t viewer, Mask pieces);

  void OnHead(const TransferName& name);
  // Calls `took(viewer, piece, chunks)` for what is now held of pieces that come from there.
  template <typename Took>
  void OnBytes(const TransferName& name, std::uint32_t size, Took took) {
    const auto found = fetches_.find(name.id);
    if (found == fetches_.end()) return;
    Fetch& fetch = found->second;
    s_.viewers[name.viewer].cdn.Received(name.id, size, ToTime(s_.now));
    Segment& segment = s_.segments[fetch.slot];
    if (segment.sequence != fetch.sequence) return;  // its books are closed
    segment.cdn_bytes += size;
    std::uint64_t next = fetch.next;
    const std::uint64_t end = fetch.next += size;
    while (next < end) {
      const auto index = static_cast<unsigned>(next / core::kPieceSize);
      const std::uint64_t begin = std::uint64_t{index} * core::kPieceSize;
      const unsigned number = fetch.slot * kPiecesMax + index;
      const std::uint64_t piece_end = begin + s_.PieceSize(number);
      next = std::min(end, piece_end);
      const auto chunks =
          static_cast<unsigned>(next == piece_end ? s_.Chunks(number) : (next - begin) / kChunk);
      const Piece& piece = s_.piece(name.viewer, number);
      if (piece.source == kCdn && chunks > piece.chunks) took(name.viewer, number, chunks);
    }
  }
  void OnFinished(const TransferName& name);

 private:
  struct Fetch {
    std::uint64_t sequence = 0;
    std::uint64_t next = 0;  // offset in the segment of the next byte to come
    unsigned slot = 0;
  };

  State& s_;
  Agenda agenda_;
  CdnModel cdn_;
  std::uint64_t last_ = 0;
  absl::flat_hash_map<std::uint64_t, Fetch> fetches_;  // under way; never iterated
};

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_FETCHES_H_
