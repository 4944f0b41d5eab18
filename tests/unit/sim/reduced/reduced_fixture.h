// A small world for tests of the reduced model's parts: viewer 0, at 100 kB/s, is linked to viewers 1
// and 2; nothing is lost, all is 10 ms away; one segment of ten pieces is under way.
#ifndef SHOAL_TESTS_UNIT_SIM_REDUCED_REDUCED_FIXTURE_H_
#define SHOAL_TESTS_UNIT_SIM_REDUCED_REDUCED_FIXTURE_H_

#include <gtest/gtest.h>

#include <vector>

#include "tests/sim/reduced/state.h"

namespace shoal::sim::reduced {

class ReducedFixture : public testing::Test {
 protected:
  ReducedFixture() : state_(Prepared()) {
    state_.viewers.resize(3);
    state_.pieces.resize(3 * kPieces);
    state_.upload_classes.resize(3, kUploadUnknown);
    state_.AddLinks(2);
    state_.end(0, 0) = {.peer = 1, .back = 0, .peer_uploads = true};
    state_.end(0, 1) = {.peer = 2, .back = 0, .peer_uploads = true};
    state_.end(1, 0) = {.peer = 0, .back = 0, .peer_uploads = true};
    state_.end(2, 0) = {.peer = 0, .back = 1, .peer_uploads = true};
    for (Viewer& viewer : state_.viewers) {
      state_.network.AddViewer(100e3, 10e6);
      viewer.links = 1;
      viewer.uploads = true;
      viewer.assumed = 100e3;
      viewer.entered = viewer.missing = kTenPieces;
    }
    state_.viewers[0].links = 2;
    state_.segments[0] = {.sequence = 1000, .length = 10 * core::kPieceSize, .pieces = 10};
    state_.now = 1'000'000;
  }

  // What lies ahead, in order of time.
  std::vector<Event> Ahead() {
    std::vector<Event> ahead;
    Event event;
    while (state_.wheel.Take(1u << 31, &event)) ahead.push_back(event);
    return ahead;
  }
  std::vector<Event> Ahead(Kind kind) {
    std::vector<Event> ahead = Ahead();
    std::erase_if(ahead, [kind](const Event& event) { return event.kind != kind; });
    return ahead;
  }

  static constexpr Mask kTenPieces = 0x3ff;
  Scenario scenario_;
  State state_;

 private:
  const Scenario& Prepared() {
    scenario_.network.latency_min = scenario_.network.latency_max = Milliseconds(10);
    scenario_.network.loss = 0;
    return scenario_;
  }
};

}  // namespace shoal::sim::reduced

#endif  // SHOAL_TESTS_UNIT_SIM_REDUCED_REDUCED_FIXTURE_H_
