// Which pieces this client fetches from the CDN on behalf of the swarm, and when: decided locally,
// from the segment list and the membership that the tracker handed out.
//
// A policy knows neither time nor progress. Whoever asks it does not seed when the piece is
// suppressed (somebody who can upload has it already), asks again when the membership changed, and
// tells it after each segment what became of the pieces, from which some policies learn.
//
// Threads: not thread-safe. One policy for each stream.
#ifndef SHOAL_CLIENT_CORE_ASSIGNMENT_H_
#define SHOAL_CLIENT_CORE_ASSIGNMENT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "client/core/config.h"
#include "client/core/types.h"
#include "common/base/ids.h"
#include "common/base/upload_class.h"
#include "common/time/time.h"

namespace shoal::core {

struct KnownMember {
  PeerId id;
  UploadClass upload_class = kUploadUnknown;
};

// What a client knows of its swarm.
struct SwarmView {
  PeerId self;
  UploadClass own_class = kUploadUnknown;  // as announced: others compute with the same
  std::span<const KnownMember> others;     // each once, in any order, without `self`
  std::uint32_t swarm_size = 1;            // as the tracker said, this client included
  bool all_known = false;                  // `others` is everybody else
  // Moving average of the share of this client's pieces that were handed off late; see LateShare.
  double late_share = 0;
};

// What became of one piece at this client, once its segment was played.
struct PieceOutcome {
  double obtained = 0;      // bytes obtained from peers ÷ piece size: the first ratio
  double sent = 0;          // bytes sent to peers ÷ piece size: the second ratio; may exceed 1
  bool handed_off = false;  // nobody had brought it in time
};

// Who seeded the piece of the same number of the segment before, or of the last one that was long
// enough to have it, as far as this client knows.
enum class SeededBefore : std::uint8_t {
  kUnknown,  // no such segment is known
  kNobody,   // nobody was heard of who has it
  kOthers,
  kSelf,  // this client, and it got all of it
};

// A piece to decide about.
struct PieceToAssign {
  SegmentKey segment;
  PieceIndex piece = 0;
  std::size_t pieces = 1;          // of the segment, as far as known
  Duration duration = Seconds(2);  // of the segment
  SeededBefore before = SeededBefore::kUnknown;
};

class AssignmentPolicy {
 public:
  virtual ~AssignmentPolicy() = default;

  // How long after the segment entered the window this client seeds the piece, unless it is
  // suppressed by then. Zero: at once. nullopt: never. `elapsed` is how long ago that was. A delay
  // longer than `elapsed` may be less than the true one, if that is cheaper to compute; whoever asks
  // must ask again when it is over, and does not have to if the piece came meanwhile.
  virtual std::optional<Duration> SeedDelay(const PieceToAssign& piece, const SwarmView& view,
                                            Duration elapsed) const = 0;

  // A segment was played: one outcome for each of its pieces.
  virtual void SegmentPlayed(std::span<const PieceOutcome>, const SwarmView&) {}

  // About how many clients seed a piece at once; for figures.
  virtual double Radius(const SwarmView& view) const = 0;
};

// Nobody seeds: every client takes what its player asks for from the CDN.
class OffPolicy final : public AssignmentPolicy {
 public:
  std::optional<Duration> SeedDelay(const PieceToAssign&, const SwarmView&,
                                    Duration) const override {
    return std::nullopt;
  }
  double Radius(const SwarmView&) const override { return 0; }
};

// `seed`: the only randomness of policies that need some.
std::unique_ptr<AssignmentPolicy> MakeAssignmentPolicy(AssignmentKind kind, std::uint64_t seed);

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_ASSIGNMENT_H_
