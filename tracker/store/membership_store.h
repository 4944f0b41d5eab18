// Where members are kept so that a tracker which restarts still knows them.
//
// The table that answers announces is Membership, in memory, and that is the truth. A store is what
// that table persists through: it is loaded once after the start, and changes are written behind,
// in batches, a fraction of a second after they happened. Losing the last batch costs little: its
// members announce again. Every implementation passes the contract tests in
// tests/unit/tracker/store.
//
// When a member expires is not stored: it moves with each announce, and most announces change
// nothing else. What is stored instead, once for all, is how long it may take until every member
// has announced itself again.
#ifndef SHOAL_TRACKER_STORE_MEMBERSHIP_STORE_H_
#define SHOAL_TRACKER_STORE_MEMBERSHIP_STORE_H_

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/ids.h"
#include "common/base/member.h"
#include "common/time/time.h"

namespace shoal::store {

struct StoredMember {
  SwarmId swarm;
  Member member;
  // Milliseconds since the Unix epoch, since the process's own clock means nothing after a restart.
  // To be told to people only: the wall clock may have been wrong, or set since.
  std::int64_t joined_unix_ms = 0;

  friend bool operator==(const StoredMember&, const StoredMember&) = default;
};

struct PutMember {
  StoredMember member;  // replaces what is stored of that member of that swarm
};

struct RemoveMember {
  SwarmId swarm;
  PeerId peer;  // need not be stored
};

// Within how long every member will have announced itself again, if it still stands. Whole
// milliseconds, not negative.
struct SetLongestWait {
  Duration wait{};
};

using StoreChange = std::variant<PutMember, RemoveMember, SetLongestWait>;

// Threads: Apply is called by one thread at a time; another may Load meanwhile.
class MembershipStore {
 public:
  virtual ~MembershipStore() = default;

  // Carries out `changes` in their order: all of them or, on an error, none. Once it has returned,
  // Load tells of them, also to a process that is started after this one was killed, if
  // outlives_process(). An error need not last: kResourceExhausted says that there is no room.
  virtual absl::Status Apply(const std::vector<StoreChange>& changes) = 0;

  // Calls `visit` with every member stored, each once, in any order, until it returns false.
  // Entries that cannot be read are skipped; an error means that the rest cannot be: kDataLoss if
  // what is stored has been damaged. Tells of changes that are applied meanwhile, or does not.
  // `visit` must not call the store.
  virtual absl::Status Load(absl::FunctionRef<bool(const StoredMember&)> visit) const = 0;

  // The last SetLongestWait; nullopt if there was none.
  virtual absl::StatusOr<std::optional<Duration>> LongestWait() const = 0;

  // False if nothing is left of it when the process ends: writing to it then serves nothing.
  virtual bool outlives_process() const = 0;
};

}  // namespace shoal::store

#endif  // SHOAL_TRACKER_STORE_MEMBERSHIP_STORE_H_
