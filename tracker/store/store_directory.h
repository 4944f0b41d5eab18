// A directory that holds a tracker's members, and that says so by itself.
//
//   DIR/FORMAT    text, two lines: "shoal-tracker members", "format 1" (see member_encoding.h)
//   DIR/rocksdb   the database
//   DIR/broken-N  what --repair has set aside, N = 1, 2 …; may be deleted
//
// So that a tracker never writes into, let alone repairs, what is somebody else's, and can tell a
// database of a later format before it opens it. It names the addresses of viewers: only its owner
// may read it.
//
// Threads: any.
#ifndef SHOAL_TRACKER_STORE_STORE_DIRECTORY_H_
#define SHOAL_TRACKER_STORE_STORE_DIRECTORY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace shoal::store {

inline constexpr char kFormatFileName[] = "FORMAT";
inline constexpr char kDatabaseName[] = "rocksdb";

// Makes `directory`, if it is missing or empty, one as above without a database. kFailedPrecondition,
// naming it, if it holds something else or another format.
absl::Status PrepareStoreDirectory(const std::string& directory);

// Whether there are files of a database in `directory` that lack the one by which it is opened.
bool IsDatabaseHeadless(const std::string& directory);

// Moves the database out of the way; returns the path where it now is.
absl::StatusOr<std::string> SetDatabaseAside(const std::string& directory);

}  // namespace shoal::store

#endif  // SHOAL_TRACKER_STORE_STORE_DIRECTORY_H_
