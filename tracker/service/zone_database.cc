#include "tracker/service/zone_database.h"

#include <netinet/in.h>

#include <cstring>

#include "absl/strings/str_cat.h"

namespace shoal::service {
namespace {

using Path = const char* const[];

constexpr Path kAutonomousSystem = {"autonomous_system_number", nullptr};
constexpr Path kCity = {"city", "geoname_id", nullptr};
constexpr Path kSubdivision = {"subdivisions", "0", "iso_code", nullptr};
constexpr Path kCountry = {"country", "iso_code", nullptr};

// The value at `path` as text; nullopt if there is none, or it is of another kind.
std::optional<std::string> ValueAt(MMDB_entry_s& entry, const char* const* path) {
  MMDB_entry_data_s data{};
  if (MMDB_aget_value(&entry, &data, path) != MMDB_SUCCESS || !data.has_data) return std::nullopt;
  switch (data.type) {
    case MMDB_DATA_TYPE_UTF8_STRING:
      return std::string(data.utf8_string, data.data_size);
    case MMDB_DATA_TYPE_UINT16:
      return absl::StrCat(data.uint16);
    case MMDB_DATA_TYPE_UINT32:
      return absl::StrCat(data.uint32);
    default:
      return std::nullopt;
  }
}

std::optional<std::string> NameOf(MMDB_entry_s& entry) {
  if (const auto system = ValueAt(entry, kAutonomousSystem)) return absl::StrCat("as", *system);
  if (const auto city = ValueAt(entry, kCity)) return absl::StrCat("city", *city);
  const auto country = ValueAt(entry, kCountry);
  if (!country) return std::nullopt;
  return absl::StrCat(*country, "-", ValueAt(entry, kSubdivision).value_or(""));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ZoneDatabase>> ZoneDatabase::Open(const std::string& path) {
  std::unique_ptr<ZoneDatabase> database(new ZoneDatabase);
  const int error = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &database->database_);
  if (error != MMDB_SUCCESS) {
    database->database_ = {};  // what opening has taken it has given back
    return absl::InvalidArgumentError(MMDB_strerror(error));
  }
  return database;
}

std::optional<std::uint16_t> ZoneDatabase::Find(absl::string_view address) const {
  sockaddr_storage socket_address{};
  if (address.size() == 16) {
    auto& ipv6 = reinterpret_cast<sockaddr_in6&>(socket_address);
    ipv6.sin6_family = AF_INET6;
    std::memcpy(&ipv6.sin6_addr, address.data(), address.size());
  } else {
    auto& ipv4 = reinterpret_cast<sockaddr_in&>(socket_address);
    ipv4.sin_family = AF_INET;
    std::memcpy(&ipv4.sin_addr, address.data(), address.size());
  }
  int error = MMDB_SUCCESS;
  MMDB_lookup_result_s found =
      MMDB_lookup_sockaddr(&database_, reinterpret_cast<const sockaddr*>(&socket_address), &error);
  if (error != MMDB_SUCCESS || !found.found_entry) return std::nullopt;
  const std::optional<std::string> name = NameOf(found.entry);
  if (!name) return std::nullopt;
  return ZoneNumberOf(*name);
}

}  // namespace shoal::service
