#include "tracker/store/store_directory.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/atomic_file.h"
#include "tracker/store/member_encoding.h"

namespace shoal::store {
namespace {

namespace fs = std::filesystem;

constexpr char kFirstLine[] = "shoal-tracker members\n";

absl::Status Failed(absl::string_view what, const std::string& path, const std::error_code& error) {
  return absl::ErrnoToStatus(error.value(), absl::StrCat("cannot ", what, " ", path));
}

// Whether nobody would miss what is in it: nothing, or what a file system or a tracker that was
// killed while it began put there.
absl::StatusOr<bool> IsAsGoodAsEmpty(const std::string& directory) {
  std::error_code error;
  fs::directory_iterator entries(directory, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    if (name != "lost+found" && !absl::StartsWith(name, absl::StrCat(kFormatFileName, "."))) {
      return false;
    }
  }
  if (error) return Failed("list", directory, error);
  return true;
}

absl::Status CheckFormat(const std::string& directory, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream stream;
  stream << file.rdbuf();
  const std::string contents = stream.str();
  absl::string_view rest = contents;
  int version = 0;
  if (!absl::ConsumePrefix(&rest, kFirstLine) || !absl::ConsumePrefix(&rest, "format ") ||
      !absl::SimpleAtoi(rest, &version) || version < 1) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is not what shoal-tracker writes: ", directory,
                     " belongs to something else, or is damaged; name another directory"));
  }
  if (version != kFormatVersion) {
    return absl::FailedPreconditionError(absl::StrCat(directory, " is of format ", version,
                                                      ", but this shoal-tracker knows only ",
                                                      kFormatVersion, "; name another directory"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status PrepareStoreDirectory(const std::string& directory) {
  std::error_code error;
  const std::string format_path = absl::StrCat(directory, "/", kFormatFileName);
  if (fs::exists(format_path, error)) return CheckFormat(directory, format_path);
  if (fs::create_directories(directory, error) && !error) {
    fs::permissions(directory, fs::perms::owner_all, error);
  }
  if (error) return Failed("make the directory", directory, error);
  const absl::StatusOr<bool> empty = IsAsGoodAsEmpty(directory);
  if (!empty.ok()) return empty.status();
  if (!*empty) {
    return absl::FailedPreconditionError(
        absl::StrCat(directory, " holds something other than a shoal-tracker's members (it has no ",
                     kFormatFileName, " file); name another directory"));
  }
  return WriteFileAtomically(format_path, absl::StrCat(kFirstLine, "format ", kFormatVersion, "\n"),
                             0600);
}

bool IsDatabaseHeadless(const std::string& directory) {
  const std::string database = absl::StrCat(directory, "/", kDatabaseName);
  std::error_code error;
  if (fs::exists(absl::StrCat(database, "/CURRENT"), error)) return false;
  // One that was killed while it made a database has written neither of these yet.
  fs::directory_iterator entries(database, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const fs::path kind = entries->path().extension();
    if (kind == ".sst" || kind == ".log") return true;
  }
  return false;
}

absl::StatusOr<std::string> SetDatabaseAside(const std::string& directory) {
  std::error_code error;
  std::string path;
  int number = 1;
  do {
    path = absl::StrCat(directory, "/broken-", number++);
  } while (fs::exists(path, error));
  fs::rename(absl::StrCat(directory, "/", kDatabaseName), path, error);
  if (error) return Failed("move the database to", path, error);
  return path;
}

}  // namespace shoal::store
