// Puts the parts of a simulation together, lets time pass, and passes on what the network, the CDN
// and the tracker have to say to the viewer that it is about.
//
// Ownership: owns everything; copies the scenario. Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_WORLD_WORLD_H_
#define SHOAL_TESTS_SIM_WORLD_WORLD_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "common/time/time.h"
#include "tests/sim/result.h"
#include "tests/sim/scenario.h"
#include "tests/sim/world/accounts.h"
#include "tests/sim/world/agenda.h"
#include "tests/sim/world/cdn_model.h"
#include "tests/sim/world/links.h"
#include "tests/sim/world/media.h"
#include "tests/sim/world/network_model.h"
#include "tests/sim/world/population.h"
#include "tests/sim/world/trace.h"
#include "tests/sim/world/tracker_model.h"
#include "tests/sim/world/viewer.h"

namespace shoal::sim {

class World final : private LinkListener, private CdnListener, private TrackerListener {
 public:
  explicit World(const Scenario& scenario);
  ~World() override;
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void RunUntil(TimePoint time);
  TimePoint now() const { return agenda_.now(); }
  const Scenario& scenario() const { return scenario_; }

  // All viewers leave; what came of it. Once, last.
  Result Sum();

  // Those that have joined or will; gone ones are kept, without their cores.
  Viewer& viewer(std::uint32_t index) { return *viewers_[index]; }
  std::size_t viewers() const { return viewers_.size(); }
  const Accounts& accounts() const { return accounts_; }

 private:
  void Add(TimePoint joins);
  void Dispatch(const Agenda::Entry& entry);
  void Join(std::uint32_t viewer);
  void Depart(std::uint32_t viewer, bool abruptly);
  void Tick();

  // LinkListener
  bool OnHello(std::uint32_t viewer, std::uint32_t rendition) override;
  void OnLinkOpened(std::uint32_t viewer, core::LinkId link, std::uint32_t rendition,
                    std::uint32_t peer, UploadClass peer_class, bool dialled) override;
  void OnDialFailed(std::uint32_t viewer, std::uint32_t rendition, std::uint32_t peer,
                    core::ByeReason reason) override;
  void OnLinkMessage(std::uint32_t viewer, core::LinkId link, core::LinkMessage&& message) override;
  void OnLinkClosed(std::uint32_t viewer, core::LinkId link, core::ByeReason reason) override;
  UploadClass ClassOf(std::uint32_t viewer) const override;
  void OnSent(std::uint32_t viewer, const WireSize& size, std::uint32_t payload) override;
  void OnOverflow(std::uint32_t viewer, std::uint64_t bytes) override;

  // CdnListener
  void OnCdnHead(const TransferName& name, std::uint64_t total_length,
                 Duration first_byte) override;
  void OnCdnBytes(const TransferName& name, std::uint32_t size) override;
  void OnCdnFinished(const TransferName& name, core::FetchOutcome outcome, int http_status,
                     std::uint64_t total_length) override;
  void OnCdnSent(std::uint32_t viewer, std::uint32_t bytes) override;

  // TrackerListener
  void OnAnnounceAnswered(std::uint32_t viewer, core::AnnounceAnswered answer) override;
  void OnAnnounceFailed(std::uint32_t viewer) override;

  const Scenario scenario_;
  const Media media_;
  Agenda agenda_;
  Population population_;
  NetworkModel network_;
  Links links_;
  CdnModel cdn_;
  TrackerModel tracker_;
  Accounts accounts_;
  Trace trace_;
  const ViewerParts parts_;
  std::vector<std::unique_ptr<Viewer>> viewers_;
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_WORLD_H_
