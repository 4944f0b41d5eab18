// Zones by a database in MaxMind's format (https://maxmind.github.io/MaxMind-DB/), of any vendor.
//
// Of an address's entry the first of these that is there makes its zone: the autonomous system
// (`autonomous_system_number`, as in GeoLite2-ASN), the city (`city.geoname_id`), the first
// subdivision and the country (`subdivisions.0.iso_code`, `country.iso_code`), the country alone.
// Who shares a provider is nearer than who shares a country.
//
// Zones are numbers below 2^15 that follow from it; it does little harm that two may be equal.
//
// Threads: any.
#ifndef SHOAL_TRACKER_SERVICE_ZONE_DATABASE_H_
#define SHOAL_TRACKER_SERVICE_ZONE_DATABASE_H_

#include <maxminddb.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tracker/service/zone_finder.h"

namespace shoal::service {

class ZoneDatabase final : public ZoneFinder {
 public:
  // Maps the file into memory: whoever replaces it must do so by renaming another one over it.
  static absl::StatusOr<std::unique_ptr<ZoneDatabase>> Open(const std::string& path);

  ~ZoneDatabase() override { MMDB_close(&database_); }

  std::optional<std::uint16_t> Find(absl::string_view address) const override;

 private:
  ZoneDatabase() = default;

  MMDB_s database_{};  // closing what was never opened does nothing
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_ZONE_DATABASE_H_
