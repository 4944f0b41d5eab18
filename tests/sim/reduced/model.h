// Swarms of a million, by a model of less than the whole: what the cores of the viewers decide is
// computed, but most of what they are made of is left out.
//
// The same as in the exact model (tests/sim/world): population, lines, latencies, loss, lengths of
// segments; the CDN, with its slow start; the tracker's membership and whom it hands out; the
// assignment policy, the poller, the share of late pieces, the upload meter and the estimate of the
// CDN, which are the product's own classes; all delays and limits that client/core names (telling,
// gossip, holding back, pulls, rejects, back-off, windows of uploads, hand-offs, margins).
//
// Left out, or simpler:
//   - the audience has settled and stays; one rendition, live; nothing fails but packets
//   - pieces travel in sixteenths; of a peer's progress quarters are not told
//   - of the members a client knows, those that it is linked to stand for all
//   - a player asks for each segment at the same moment after it was listed, too, and always has the
//     same in its buffer then; nobody stalls
//   - what comes from peers passes the down line at once
//   - decisions are taken when something happened, not at the looks of each core every 10 and 50 ms
//   - what happens within 4 ms comes out viewer by viewer (see Wheel), and the CDN's up to 4 ms late
//   - nobody loses its turn for silence, is shunned, or lets uploads rest
//
// A viewer takes 7 KB, or more if some have many links. Deterministic: same scenario, same result.
// See README.md beside the exact model for how the two compare.
//
// Ownership: copies the scenario. Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_REDUCED_MODEL_H_
#define SHOAL_TESTS_SIM_REDUCED_MODEL_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "tests/sim/reduced/deadlines.h"
#include "tests/sim/reduced/downloads.h"
#include "tests/sim/reduced/fetches.h"
#include "tests/sim/reduced/playlists.h"
#include "tests/sim/reduced/seeding.h"
#include "tests/sim/reduced/state.h"
#include "tests/sim/reduced/teller.h"
#include "tests/sim/reduced/uplinks.h"
#include "tests/sim/scenario.h"

namespace shoal::sim::reduced {

// Of the measured segments.
struct Figures {
  double copies_per_piece = 0;  // bytes from the CDN ÷ bytes of the segments
  double seeded_per_piece = 0;  // fetched for the swarm
  double handed_off_per_piece = 0;
  double cdn_share = 0;          // copies ÷ viewers
  double delay_median_s = 0;     // until a viewer has a piece, after it was listed
  double delay_99_s = 0;         // the same for 99 % of them
  double links = 0;              // of a viewer, mean
  std::uint64_t incomplete = 0;  // segments that a viewer did not have whole in the end
  std::uint64_t events = 0;      // whole run
};

class ReducedModel final : private CdnListener {
 public:
  // kUnimplemented, naming it, if the scenario has something that the model has not.
  static absl::Status Check(const Scenario& scenario);

  // REQUIRES: Check(scenario) is OK.
  explicit ReducedModel(const Scenario& scenario);

  // What one segment cost, by its number, counted from 0.
  using OnSegment = std::function<void(std::uint64_t number, const Segment& segment)>;

  // Lets `warm_up` segments pass, then measures `measured`. Once. `on_segment` hears of each of
  // them when its books are closed, some segments later.
  Figures Run(std::uint32_t warm_up, std::uint32_t measured, OnSegment on_segment = nullptr);

 private:
  // CdnListener
  void OnCdnHead(const TransferName& name, std::uint64_t total_length,
                 Duration first_byte) override;
  void OnCdnBytes(const TransferName& name, std::uint32_t size) override;
  void OnCdnFinished(const TransferName& name, core::FetchOutcome outcome, int http_status,
                     std::uint64_t total_length) override;
  void OnCdnSent(std::uint32_t viewer, std::uint32_t bytes) override {}

  void BuildViewers();
  void MeasureFirstSegment();
  void Link(const Graph& graph);
  void OnListed(const Event& event);
  void Enter(std::uint32_t viewer, std::uint64_t number);
  double DelayOf(double share) const;
  // Closes the books of the segment in the slot, whose number is given.
  void Close(unsigned slot, std::uint64_t number);
  void Forget(unsigned slot);
  void Look(std::uint32_t viewer);
  void Dispatch(const Event& event);
  // Fetches into the caches what the event will need.
  void Prepare(const Event& event);

  const Scenario scenario_;
  State s_;
  Fetches fetches_{s_, *this};
  Playlists playlists_{s_, fetches_};
  Teller teller_{s_};
  Uplinks uplinks_{s_};
  Downloads downloads_{s_, teller_, uplinks_};
  Seeding seeding_{s_, teller_, fetches_};
  Deadlines deadlines_{s_, downloads_, fetches_, uplinks_};
  // Which segments are measured, by their number, counted from 0.
  std::uint64_t from_ = 0;
  std::uint64_t to_ = 0;
  OnSegment on_segment_;
  std::uint64_t bytes_ = 0;
  std::uint64_t cdn_bytes_ = 0;
  std::uint64_t pieces_ = 0;
  Figures figures_;
};

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_SIM_REDUCED_MODEL_H_
