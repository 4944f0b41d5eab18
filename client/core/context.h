// What all streams of one client share: its settings, identity, estimates of the network, upload
// budget, randomness, the present, and the list of actions being collected.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_CONTEXT_H_
#define SHOAL_CLIENT_CORE_CONTEXT_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "client/core/actions.h"
#include "client/core/cdn_estimate.h"
#include "client/core/config.h"
#include "client/core/uploader.h"
#include "common/base/ids.h"
#include "common/random/random.h"
#include "common/time/time.h"

namespace shoal::core {

// What each event touches comes first, so that it lies side by side.
struct Context {
  // Of the event being handled.
  static constexpr std::size_t kActionsExpected = 8;
  TimePoint now{};
  ActionList actions;

  std::uint64_t cache_bytes = 0;  // held by all streams
  CoreConfig config;              // constant after construction
  Uploader uploader;
  Random random;
  CdnEstimate cdn;
  FetchId last_fetch = 0;
  PeerId self;  // constant after construction

  // Whether links are sought and peers heard at all.
  bool swarming() const { return config.assignment != AssignmentKind::kOff; }

  template <typename T>
  void Do(T action) {
    if (actions.capacity() == 0) actions.reserve(kActionsExpected);
    actions.emplace_back(std::move(action));
  }
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_CONTEXT_H_
