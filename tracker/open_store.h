// The store that the settings choose, opened. Threads: any.
#ifndef SHOAL_TRACKER_OPEN_STORE_H_
#define SHOAL_TRACKER_OPEN_STORE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "tracker/config.h"
#include "tracker/store/membership_store.h"

namespace shoal {

// Logs what it opens, and a warning if that will not outlive the process. Errors say which
// directory it is about and what can be done.
absl::StatusOr<std::unique_ptr<store::MembershipStore>> OpenStore(const StoreChoice& choice);

}  // namespace shoal

#endif  // SHOAL_TRACKER_OPEN_STORE_H_
