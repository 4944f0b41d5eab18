#include "client/core/intake.h"

namespace shoal::core {

std::uint32_t Intake::Take(Segment& segment, PieceIndex index, const Bytes& bytes) {
  Piece& piece = segment.pieces[index];
  const std::uint32_t end = bytes.offset + bytes.size;
  if (bytes.offset > piece.progress || end <= piece.progress) {
    s_.figures.bytes_wasted += bytes.size;
    return 0;
  }
  const std::uint32_t known = piece.progress - bytes.offset;
  const std::uint32_t fresh = bytes.size - known;
  s_.figures.bytes_wasted += known;
  s_.ctx.Do(StoreBytes{.segment = s_.Ref(segment),
                       .offset = segment.PieceOffset(index) + piece.progress,
                       .skip = bytes.skip + known,
                       .size = fresh});
  const PieceState before = segment.StateOf(index);
  segment.SetProgress(index, end, s_.ctx.now);
  piece.told_stalled = false;
  s_.ctx.cache_bytes += fresh;
  s_.ctx.uploader.BytesArrived();
  if (segment.StateOf(index) != before) {
    // What this client has and can pass on is first-hand news for the others.
    if (s_.ctx.uploader.upload_class() != kUploadNone) piece.heard = s_.ctx.now;
    teller_.PieceChanged(segment, index, before);
  }
  return fresh;
}

}  // namespace shoal::core
