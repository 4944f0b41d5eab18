// Where the tracker gets the zones of its members from: a file that the operator names and may
// replace while the tracker runs, else the prefixes of their addresses.
//
// The file is a table of address blocks (see ZoneTable) or a database in MaxMind's format (see
// ZoneDatabase); which of them, its contents tell. Addresses that it does not know have zones by
// their prefixes.
//
// Threads: any.
#ifndef SHOAL_TRACKER_SERVICE_ZONE_SOURCE_H_
#define SHOAL_TRACKER_SERVICE_ZONE_SOURCE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "tracker/service/zone_finder.h"

namespace shoal::service {

class ZoneSource {
 public:
  // Reads no file yet. `path`: empty for none.
  explicit ZoneSource(std::string path) : path_(std::move(path)) {}

  // Reads the file, anew if it was read before. On an error, which names the file and what is wrong
  // with it, what was read before goes on to count. Takes as long as reading does; ZoneOf does not
  // wait for it.
  absl::Status Reload();

  // Of an address of 4 or 16 bytes; 0: not known.
  std::uint16_t ZoneOf(absl::string_view address) const;

  const std::string& path() const { return path_; }

 private:
  const std::string path_;
  mutable absl::Mutex mu_;
  std::shared_ptr<const ZoneFinder> finder_ ABSL_GUARDED_BY(mu_);
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_ZONE_SOURCE_H_
