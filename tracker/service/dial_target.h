// Who is to be dialled, to find out whether it can be. Threads: a value.
#ifndef SHOAL_TRACKER_SERVICE_DIAL_TARGET_H_
#define SHOAL_TRACKER_SERVICE_DIAL_TARGET_H_

#include <vector>

#include "common/base/endpoint.h"
#include "common/base/ids.h"

namespace shoal::service {

struct DialTarget {
  Endpoint endpoint;
  PeerId peer;
  std::vector<SwarmId> swarms;  // in which it matters
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_DIAL_TARGET_H_
