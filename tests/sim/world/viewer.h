// One viewer: a player, its client's core, and what stands around the core in the product
// (client/runtime): the services for playlists and segments, the fetcher, the routers of links and
// announces. Carries out actions, tells the core what comes of them, and nothing else.
//
//   player ──asks──▶ Viewer ──events──▶ ClientCore ──actions──▶ Viewer ──▶ Links, CdnModel, …
//
// Every action is checked as it is carried out, and the client's books after every event; see
// ClientWatch and Accounts::Violation.
//
// What it does as the runtime does: a playlist younger than 250 ms is shown again, else loaded; a
// stream is opened when its playlist came for a player. A segment goes to the player once its
// request is released and all its bytes are held, at the speed of the loopback. Timers fire a
// millisecond after they were set at the earliest. Events that come up while one is handled wait.
//
// Ownership: borrows `parts`. Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_WORLD_VIEWER_H_
#define SHOAL_TESTS_SIM_WORLD_VIEWER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/core/client_core.h"
#include "common/time/time.h"
#include "tests/sim/scenario.h"
#include "tests/sim/world/accounts.h"
#include "tests/sim/world/agenda.h"
#include "tests/sim/world/cdn_model.h"
#include "tests/sim/world/client_watch.h"
#include "tests/sim/world/held_segments.h"
#include "tests/sim/world/links.h"
#include "tests/sim/world/media.h"
#include "tests/sim/world/player.h"
#include "tests/sim/world/population.h"
#include "tests/sim/world/trace.h"
#include "tests/sim/world/tracker_model.h"

namespace shoal::sim {

// What all viewers share. All but `scenario` and `media` change.
struct ViewerParts {
  const Scenario& scenario;
  const Media& media;
  Agenda& agenda;
  Links& links;
  CdnModel& cdn;
  TrackerModel& tracker;
  Accounts& accounts;
  Trace& trace;
};

class Viewer {
 public:
  // Of a playlist, as client/runtime/playlist_service.h has them.
  static constexpr Duration kFreshFor = Milliseconds(250);
  static constexpr int kStaleTargetDurations = 3;
  static constexpr Duration kShortestSleep = Milliseconds(1);
  static constexpr double kLoopback = 1e9;  // bytes per second to the player
  static constexpr Duration kLoopbackDelay = Microseconds(200);
  // A stall says nothing against the client if the CDN was at fault within this time before.
  static constexpr Duration kExcused = Seconds(15);
  static constexpr Duration kFirstByteHealthy = Milliseconds(300);
  // A core may have moved its upload's bounds by so much in a second.
  static constexpr double kOverCapMax = 0.05;

  Viewer(const ViewerParts& parts, std::uint32_t index, const Profile& profile);
  ~Viewer();

  // ---- Its life ----
  void Join();
  // Says goodbye and is gone.
  void Leave();
  // Is gone.
  void Vanish();
  bool present() const { return core_ != nullptr; }

  // ---- What the world tells it; ignored when it is gone ----
  void OnWake(std::uint32_t generation);
  void OnPlayerWake(std::uint32_t generation);
  void OnServed(std::uint64_t request);
  void OnPlaylist(std::uint32_t followed, std::uint64_t made);
  void OnCdnHead(const TransferName& name, std::uint64_t total_length, Duration first_byte);
  void OnCdnBytes(const TransferName& name, std::uint32_t size);
  void OnCdnFinished(const TransferName& name, core::FetchOutcome outcome, int http_status,
                     std::uint64_t total_length);
  bool Follows(std::uint32_t rendition) const;
  void OnLinkOpened(core::LinkId link, std::uint32_t rendition, std::uint32_t peer,
                    const PeerId& peer_id, UploadClass peer_class, bool dialled);
  void OnDialFailed(std::uint32_t rendition, const PeerId& peer, core::ByeReason reason);
  // Any other event as it is.
  void Feed(const core::Event& event);

  UploadClass upload_class() const;
  const Profile& profile() const { return profile_; }
  Player& player() { return *player_; }
  core::CoreFigures Figures() const { return core_->Figures(); }
  // Tells the accounts how it stands with stalls, and of one that goes on though it must not.
  void ReportStalls();

  // Carries out one action that came of an event with a payload of so many bytes. Public for tests,
  // which give it actions that no core may want.
  void Execute(core::Action&& action, std::uint32_t payload);

 private:
  // A playlist that a player asked for.
  struct Followed {
    std::uint32_t rendition = 0;
    core::StreamId stream = 0;  // 0: the core does not follow it
    bool loading = false;
    bool player_waits = false;
    std::optional<TimePoint> loaded_at;  // of `listing`
    Listing listing;
  };
  // What the player waits for.
  struct Request {
    core::RequestId id = 0;  // 0: nothing
    core::SegmentRef segment;
    std::uint32_t rendition = 0;
    bool released = false;
    bool relayed = false;
    bool written = false;
    bool stall_told = false;
  };

  void Handle(const core::Event& event);
  void Arm();
  Followed& FollowedFor(std::uint32_t rendition);
  Followed* FindStream(core::StreamId stream);

  void DrivePlayer();
  void AskPlaylist(std::uint32_t rendition);
  void Load(Followed& followed);
  void AskSegment(std::uint32_t rendition, std::uint64_t sequence);
  void AbortRequest();
  void Deliver();
  void Relay();
  void FailRequest(int http_status);
  void Served(core::RequestId request);
  void CheckStall(Duration stall);
  void CheckBooks();
  void End();

  void Do(const core::FetchPlaylist& action);
  void Do(const core::FetchFromCdn& action);
  void Do(const core::StoreBytes& action, std::uint32_t payload);
  void Do(const core::Dial& action);
  void Do(core::SendMessage&& action);
  void Do(const core::SendData& action);
  void Do(const core::Announce& action);
  void Do(const core::CloseStream& action);
  std::uint64_t LengthOf(const core::SegmentRef& segment);
  void Require(const std::string& wrong);
  TimePoint now() const { return parts_.agenda.now(); }

  // What each event touches lies side by side.
  std::unique_ptr<core::ClientCore> core_;  // while present
  const ViewerParts& parts_;
  const std::uint32_t index_;
  std::uint32_t streams_ = 0;  // that the core follows
  bool handling_ = false;
  bool driving_ = false;
  Timer wake_;
  std::vector<core::Event> waiting_;
  HeldSegments held_;
  std::optional<ClientWatch> watch_;  // while present
  Request request_;
  std::vector<Followed> followed_;

  const Profile profile_;
  std::optional<Player> player_;
  core::StreamId last_stream_ = 0;
  core::RequestId last_request_ = 0;
  Timer player_wake_;
  TimePoint excused_until_{};
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_VIEWER_H_
