// Where members are kept so that a tracker which restarts still knows them.
//
// The table that answers announces is Membership, in memory. A store is what that table persists
// through: it is loaded once at the start, and changes are written behind, in batches, a fraction
// of a second after they happened. Losing the last batch costs little: its members announce again.
// Every implementation passes the contract tests in tests/unit/tracker/store.
//
// Times are milliseconds since the Unix epoch, since the process's own clock means nothing after a
// restart.
#ifndef SHOAL_TRACKER_STORE_MEMBERSHIP_STORE_H_
#define SHOAL_TRACKER_STORE_MEMBERSHIP_STORE_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/base/ids.h"
#include "common/base/member.h"

namespace shoal::store {

struct StoredMember {
  SwarmId swarm;
  Member member;
  std::int64_t joined_unix_ms = 0;
  std::int64_t expires_unix_ms = 0;

  friend bool operator==(const StoredMember&, const StoredMember&) = default;
};

struct PutMember {
  StoredMember member;  // replaces what is stored of that member of that swarm
};

struct RemoveMember {
  SwarmId swarm;
  PeerId peer;  // need not be stored
};

using StoreChange = std::variant<PutMember, RemoveMember>;

// Threads: Apply and Load are called by one thread at a time.
class MembershipStore {
 public:
  virtual ~MembershipStore() = default;

  // Carries out `changes` in their order: all of them or, on an error, none. Once it has returned,
  // Load tells of them, also to a process that is started after this one was killed, if
  // outlives_process().
  virtual absl::Status Apply(const std::vector<StoreChange>& changes) = 0;

  // Calls `visit` with every member stored, expired or not, each once, in any order. Entries that
  // cannot be read are skipped; an error means that the store as a whole cannot be. `visit` must
  // not call the store.
  virtual absl::Status Load(absl::FunctionRef<void(const StoredMember&)> visit) const = 0;

  // False if nothing is left of it when the process ends: writing to it then serves nothing.
  virtual bool outlives_process() const = 0;
};

}  // namespace shoal::store

#endif  // SHOAL_TRACKER_STORE_MEMBERSHIP_STORE_H_
