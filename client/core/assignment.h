// Which pieces this client fetches from the CDN on behalf of the swarm, and when: decided locally,
// from the segment list and the membership that the tracker handed out.
//
// A policy is a pure function: it knows neither time nor progress. Whoever asks it does not seed
// when the piece is suppressed (somebody who can upload has it already) and asks again when the
// membership changed.
//
// Threads: policies are immutable; any thread.
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

class AssignmentPolicy {
 public:
  virtual ~AssignmentPolicy() = default;

  // How long after the segment entered the window this client seeds the piece, unless it is
  // suppressed by then. Zero: at once. nullopt: never. `elapsed` is how long ago that was. A delay
  // longer than `elapsed` may be less than the true one, if that is cheaper to compute; whoever asks
  // must ask again when it is over, and does not have to if the piece came meanwhile.
  virtual std::optional<Duration> SeedDelay(const SegmentKey& segment, PieceIndex piece,
                                            const SwarmView& view, Duration elapsed) const = 0;

  // About how many clients seed a piece at once; for figures.
  virtual double Radius(const SwarmView& view) const = 0;
};

// Nobody seeds: every client takes what its player asks for from the CDN.
class OffPolicy final : public AssignmentPolicy {
 public:
  std::optional<Duration> SeedDelay(const SegmentKey&, PieceIndex,
                                    const SwarmView&, Duration) const override {
    return std::nullopt;
  }
  double Radius(const SwarmView&) const override { return 0; }
};

std::unique_ptr<AssignmentPolicy> MakeAssignmentPolicy(AssignmentKind kind);

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_ASSIGNMENT_H_
