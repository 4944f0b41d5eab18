// A small deterministic world around several ClientCores: a live stream, a CDN, a tracker, uplinks,
// and players that behave like hls.js. Time passes only in Run.
//
// Every action is checked as it is carried out: bytes are stored once and contiguously, only held
// bytes are sent, nothing is fetched twice at the same time. A violation fails the running test.
#ifndef SHOAL_TESTS_UNIT_CLIENT_CORE_VIRTUAL_SWARM_H_
#define SHOAL_TESTS_UNIT_CLIENT_CORE_VIRTUAL_SWARM_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "client/core/client_core.h"
#include "common/random/random.h"

namespace shoal::core {

struct WorldConfig {
  std::uint64_t segment_bytes = 500'000;
  Duration segment_duration = Seconds(2);
  std::uint64_t listed = 6;             // segments in the live window
  double uplink = 5e6 / 8;              // bytes per second, each client
  Duration latency = Milliseconds(10);  // between clients, one way
  Duration cdn_first_byte = Milliseconds(20);
  double cdn_rate = 10e6;        // bytes per second, each transfer
  std::size_t handout_max = 50;  // members that the tracker hands out
  CoreConfig core;
  std::uint64_t seed = 1;
};

struct PlayerResult {
  std::uint64_t segments = 0;
  std::uint64_t stalls = 0;
  Duration stalled{};
  Duration startup{};
};

class VirtualSwarm {
 public:
  explicit VirtualSwarm(const WorldConfig& config);
  ~VirtualSwarm();

  // A client with its player starts at `at`; returns its index.
  std::size_t Join(TimePoint at);
  // Like SIGKILL: it just stops.
  void Kill(std::size_t client, TimePoint at);
  // Like SIGTERM: it says goodbye.
  void Leave(std::size_t client, TimePoint at);
  // While the CDN is down every transfer fails with this status (0: unreachable).
  void FailCdn(TimePoint from, TimePoint to, int status);
  // While the tracker is down announces fail.
  void FailTracker(TimePoint from, TimePoint to);

  void Run(TimePoint until);

  // Share of bytes handed to players that came from the CDN.
  double cdn_share() const;
  // Distinct segment bytes handed to players ÷ all of them, or what the uplinks cannot carry.
  double floor() const;
  PlayerResult player(std::size_t client) const;
  CoreFigures figures(std::size_t client) const;
  std::uint64_t cdn_requests() const { return cdn_requests_; }
  std::uint64_t segments_served() const;
  // A digest of every action so far: equal worlds give equal ones.
  std::uint64_t trace() const { return trace_; }

 private:
  struct Node;
  struct Player;
  void At(TimePoint time, std::function<void()> what);
  void Feed(std::size_t node, const Event& event);
  void Carry(std::size_t node, const Action& action, const Event& event);
  void Arm(std::size_t node);
  void Note(std::size_t node, const Action& action);
  void LoadPlaylist(std::size_t node, Duration after);
  PlaylistLoaded Playlist() const;
  void StartFetch(std::size_t node, const FetchFromCdn& fetch);
  void ContinueFetch(std::size_t node, FetchId id, std::uint64_t offset, std::uint64_t end);
  void OpenLink(std::size_t from, const Dial& dial);
  void SendOverLink(std::size_t node, LinkId link, std::uint32_t bytes, LinkMessage message);
  void DropLink(std::size_t node, LinkId link, ByeReason reason);
  void PlayerStep(std::size_t node);
  void Deliver(std::size_t node);
  bool Down(const std::vector<std::pair<TimePoint, TimePoint>>& outages) const;
  static PeerId IdOf(std::size_t node);
  static SegmentKey KeyOf(std::uint64_t sequence);

  WorldConfig config_;
  Random random_;
  TimePoint now_{};
  std::uint64_t order_ = 0;
  std::uint64_t trace_ = 0;
  std::map<std::pair<TimePoint, std::uint64_t>, std::function<void()>> agenda_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::map<LinkId, std::pair<std::size_t, LinkId>> far_end_;
  LinkId last_link_ = 0;
  RequestId last_request_ = 0;
  std::uint64_t cdn_bytes_ = 0;
  std::uint64_t cdn_requests_ = 0;
  int cdn_status_ = 0;
  std::vector<std::pair<TimePoint, TimePoint>> cdn_outages_;
  std::vector<std::pair<TimePoint, TimePoint>> tracker_outages_;
};

}  // namespace shoal::core

#endif  // SHOAL_TESTS_UNIT_CLIENT_CORE_VIRTUAL_SWARM_H_
