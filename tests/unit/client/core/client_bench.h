// One ClientCore, driven by hand: for tests of what a client does with what its player, its CDN and
// single peers do. Sorts the actions that come of each event; time passes only in Pass.
#ifndef SHOAL_TESTS_UNIT_CLIENT_CORE_CLIENT_BENCH_H_
#define SHOAL_TESTS_UNIT_CLIENT_CORE_CLIENT_BENCH_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/core/client_core.h"

namespace shoal::core {

class ClientBench : public testing::Test {
 protected:
  static constexpr StreamId kStream = 3;

  static SegmentKey Key(std::uint64_t sequence);

  // ---- Acts ----
  // A client without tracker follows a stream.
  void Start(CoreConfig config = {});
  // The same; its playlist lists segments [0, segments), and the player asks for segment 0 by
  // request 1.
  void StartPlaying(std::uint64_t segments = 1, const CoreConfig& config = {});
  // Feeds an event and sorts what comes of it.
  ActionList Feed(const Event& event);
  // Lets time pass, waking the core whenever it wants.
  void Pass(Duration time);
  void Load(std::uint64_t first, std::uint64_t count, bool ended);
  void Ask(RequestId request, std::uint64_t sequence);
  // The CDN answers every open transfer (of that segment) in full.
  void AnswerAll(std::uint64_t length, std::optional<std::uint64_t> only = {});
  // The CDN begins to answer the first open transfer: `size` bytes of a segment of `length`.
  FetchId Begin(std::uint64_t length, std::uint32_t size);
  // It ends that transfer.
  void End(FetchId fetch, FetchOutcome outcome, int status = 0);
  // It fails every open transfer (of that segment).
  void FailAll(FetchOutcome outcome, int status, std::optional<std::uint64_t> only = {});
  // A peer links up.
  void Link(LinkId link);
  ActionList Hear(LinkId link, LinkMessage message);
  // The peer says that it has so much of these pieces of a segment.
  void HearHeld(LinkId link, std::uint64_t sequence, std::uint64_t length, PieceNewsList pieces);
  // The peer says that it has all of it.
  void HearComplete(LinkId link, std::uint64_t sequence, std::uint64_t length);
  // The peer serves every open pull in full, given that segments have `length` bytes.
  void ServePulls(std::uint64_t length);

  // ---- Claims ----
  StreamFigures Figures() const { return core_->Figures().streams.at(0); }
  // The open transfer of a segment; nullptr: none.
  const FetchFromCdn* Open(std::uint64_t sequence) const;

  TimePoint now_{Seconds(1000)};
  std::optional<ClientCore> core_;
  std::map<FetchId, FetchFromCdn> open_;
  std::map<std::pair<LinkId, PullId>, Pull> pulls_;  // open ones
  std::vector<std::pair<LinkId, SegmentProgress>> told_;
  std::deque<std::pair<LinkId, std::uint32_t>> unacked_;  // Data sent, for the test to acknowledge
  std::map<std::uint64_t, std::uint64_t> stored_;         // bytes, by segment
  std::vector<std::uint64_t> dropped_;
  std::map<RequestId, std::string> answers_;
  int polls_ = 0;
  bool closed_ = false;
};

}  // namespace shoal::core

#endif  // SHOAL_TESTS_UNIT_CLIENT_CORE_CLIENT_BENCH_H_
