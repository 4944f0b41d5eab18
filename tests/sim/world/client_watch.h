// The books of one client, kept from outside: what came in, what it keeps, what it asked for, whom
// it is linked to. After every event they must agree with what the core says of itself, and with its
// limits; see Viewer, which tells of every event and action.
//
//   bytes      what is stored comes from the event's own payload, no part of it twice; what is held is
//              what the core accounts for, and fits its cache
//   queues     pulls outstanding, bytes that a peer has not acknowledged, links
//
// Each call says what is wrong, or nothing. Cost: O(links) for messages, O(1) for all else.
//
// Threads: not thread-safe. Time: `now` never decreases.
#ifndef SHOAL_TESTS_SIM_WORLD_CLIENT_WATCH_H_
#define SHOAL_TESTS_SIM_WORLD_CLIENT_WATCH_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "client/core/actions.h"
#include "client/core/config.h"
#include "client/core/events.h"
#include "client/core/mesh.h"
#include "client/core/puller.h"
#include "client/core/send_window.h"
#include "client/core/uploader.h"
#include "common/time/time.h"

namespace shoal::sim {

class ClientWatch {
 public:
  // A pull that brought nothing for longer is over for the core, too, though nothing was to be seen:
  // its piece came whole from elsewhere.
  static constexpr Duration kForgotten = core::Puller::kTimeout + Milliseconds(200);
  static constexpr std::uint64_t kUnackedMax = core::SendWindow::kMost;  // bytes, each link

  explicit ClientWatch(const core::CoreConfig& config)
      : cache_max_(config.cache_bytes),
        links_max_(static_cast<std::size_t>(config.links * core::Mesh::kAcceptedMax *
                                            core::Mesh::kStrongMax) +
                   core::Mesh::kDialsMax) {}

  // The core is about to handle it.
  void Begin(const core::Event& event, TimePoint now);

  // The core stored payload [skip, skip + size) of the event; `completes`: its piece is whole now.
  std::string Stored(std::uint32_t skip, std::uint32_t size, bool completes);
  std::string Sent(core::LinkId link, std::uint32_t size);
  // Any message but Data. `streams`: how many the core follows.
  std::string Sent(core::LinkId link, const core::LinkMessage& message, std::size_t streams,
                   TimePoint now);
  void Closed(core::LinkId link);

  // All that came of the event is done. `held`: bytes in the cache; `said`: those of which the core
  // says so.
  std::string End(std::uint64_t held, std::uint64_t said, std::size_t streams) const;

 private:
  struct Pull {
    core::LinkId link = 0;
    core::PullId pull = 0;
    TimePoint last{};  // asked, or brought something
  };
  struct Link {
    core::LinkId id = 0;
    std::uint64_t unacked = 0;
  };

  Link* Find(core::LinkId link);
  void OnMessage(core::LinkId link, const core::LinkMessage& message, TimePoint now);
  void Over(core::LinkId link, core::PullId pull);

  const std::uint64_t cache_max_;
  const std::size_t links_max_;

  std::vector<Link> links_;
  std::vector<Pull> pulls_;
  // Of the event being handled.
  std::uint32_t stored_until_ = 0;
  core::LinkId data_link_ = 0;
  core::PullId data_pull_ = 0;
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_WORLD_CLIENT_WATCH_H_
