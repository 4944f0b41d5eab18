// The transfers from the CDN that are under way for one stream: which bytes each is to bring, and
// what becomes of its answer. Adjacent pieces are one transfer, because CDNs bill requests too. No
// piece is asked for twice. Failures back off per segment; the decision to ask again lies with
// whoever asked.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_FETCHES_H_
#define SHOAL_CLIENT_CORE_FETCHES_H_

#include <cstdint>
#include <vector>

#include "absl/container/btree_map.h"
#include "client/core/intake.h"
#include "client/core/stream_state.h"

namespace shoal::core {

class Fetches {
 public:
  // A segment that failed is asked for again after this, doubled with each failure in a row.
  static constexpr Duration kRetryMin = Milliseconds(200);
  static constexpr Duration kRetryMax = Seconds(5);

  enum class Purpose : std::uint8_t { kSeed, kHandoff };

  struct Fetch {
    FetchId id = 0;
    std::uint64_t sequence = 0;
    std::uint64_t next = 0;  // offset in the segment of the next byte to come
    std::uint64_t end = 0;   // FetchFromCdn::kToEnd: as long as it is
    Purpose purpose = Purpose::kSeed;
    bool begun = false;     // a byte of the body came
    TimePoint last_byte{};  // meaningful once begun
  };

  Fetches(StreamState& state, Intake& intake) : s_(state), intake_(intake) {}

  // Asks for the missing bytes of these pieces (ascending; none has a fetch). Runs of pieces whose
  // missing bytes adjoin become one transfer each.
  void Ask(Segment& segment, const std::vector<PieceIndex>& pieces, Purpose purpose);
  // Asks for the whole segment, however long it is. REQUIRES: it has no fetch.
  void AskWhole(Segment& segment);

  // nullptr: not of this stream, or over.
  Fetch* Find(FetchId id);
  bool Busy(const Segment& segment) const;  // any transfer of the segment under way
  std::size_t Count(const Segment& segment, Purpose purpose) const;

  // Transfers whose body began and has brought nothing for CdnEstimate::StallPatience; says when to
  // look again for the others.
  std::vector<FetchId> Stalled();

  // The length became known: what the transfers of the segment bring is entered at its pieces.
  void PiecesChanged(Segment& segment);
  void OnBytes(Fetch& fetch, std::uint32_t size);
  // Books the end of a transfer; the pieces it did not bring are without a source again.
  void OnFinished(const Fetch& fetch, const CdnFinished& finished);

  void Cancel(FetchId id);
  void CancelSegment(const Segment& segment);
  void CancelAll();

  bool empty() const { return fetches_.empty(); }

 private:
  void Start(Segment& segment, Fetch fetch);
  void Release(const Fetch& fetch);
  bool NothingLeft(const Segment& segment, const Fetch& fetch) const;

  StreamState& s_;
  Intake& intake_;
  absl::btree_map<FetchId, Fetch> fetches_;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_FETCHES_H_
