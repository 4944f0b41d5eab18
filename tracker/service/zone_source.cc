#include "tracker/service/zone_source.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tracker/membership/zone.h"
#include "tracker/service/zone_table.h"
#ifdef SHOAL_WITH_MAXMINDDB
#include "tracker/service/zone_database.h"
#endif

namespace shoal::service {
namespace {

// What begins the description at the end of every database, as the format says.
constexpr absl::string_view kDatabaseMark = "\xab\xcd\xefMaxMind.com";

absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) {
    const int error = errno;
    return absl::NotFoundError(error != 0 ? std::strerror(error) : "is empty or no file");
  }
  return std::move(text).str();
}

absl::StatusOr<std::unique_ptr<ZoneFinder>> ReadZones(const std::string& path) {
  absl::StatusOr<std::string> text = ReadWhole(path);
  if (!text.ok()) return text.status();
  if (!absl::StrContains(*text, kDatabaseMark)) return ZoneTable::Parse(*text);
#ifdef SHOAL_WITH_MAXMINDDB
  return ZoneDatabase::Open(path);
#else
  return absl::UnimplementedError("this tracker was built without libmaxminddb");
#endif
}

}  // namespace

absl::Status ZoneSource::Reload() {
  if (path_.empty()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<ZoneFinder>> finder = ReadZones(path_);
  if (!finder.ok()) {
    return absl::Status(finder.status().code(),
                        absl::StrCat(path_, ": ", finder.status().message()));
  }
  std::shared_ptr<const ZoneFinder> fresh = *std::move(finder);
  absl::MutexLock lock(&mu_);
  finder_.swap(fresh);  // the old one goes after the lock
  return absl::OkStatus();
}

std::uint16_t ZoneSource::ZoneOf(absl::string_view address) const {
  const std::uint16_t by_prefix = membership::ZoneOfAddress(address);
  if (path_.empty()) return by_prefix;
  std::shared_ptr<const ZoneFinder> finder;
  {
    absl::ReaderMutexLock lock(&mu_);
    finder = finder_;
  }
  const std::optional<std::uint16_t> zone =
      finder == nullptr ? std::nullopt : finder->Find(address);
  if (zone) return *zone;
  // Half of the numbers are the file's; that two prefixes may share a zone does little harm.
  if (by_prefix == 0) return 0;
  return static_cast<std::uint16_t>(by_prefix % ZoneFinder::kZonesEnd + ZoneFinder::kZonesEnd);
}

}  // namespace shoal::service
