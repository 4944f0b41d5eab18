#include "common/base/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace shoal {
namespace {

std::string Read(const std::string& path) {
  std::stringstream contents;
  contents << std::ifstream(path).rdbuf();
  return contents.str();
}

class AtomicFileTest : public ::testing::Test {
 protected:
  AtomicFileTest() {
    folder_ = ::testing::TempDir() + "atomic_file_test";
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
  }
  ~AtomicFileTest() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
};

TEST_F(AtomicFileTest, ReplacesTheFileAndLeavesNoOther) {
  const std::string path = folder_ + "/ports";
  ASSERT_TRUE(WriteFileAtomically(path, "first").ok());
  ASSERT_TRUE(WriteFileAtomically(path, "second").ok());
  EXPECT_EQ(Read(path), "second");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(AtomicFileTest, SetsTheMode) {
  const std::string path = folder_ + "/key";
  ASSERT_TRUE(WriteFileAtomically(path, "secret", 0600).ok());
  struct stat status;
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(AtomicFileTest, NamesThePathOnFailure) {
  const absl::Status status = WriteFileAtomically(folder_ + "/none/ports", "x");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(status.message().find("/none/ports"), std::string::npos);
}

TEST_F(AtomicFileTest, LeavesNothingWhereItCannotRename) {
  const std::string path = folder_ + "/taken";
  std::filesystem::create_directories(path + "/inside");
  EXPECT_FALSE(WriteFileAtomically(path, "x").ok());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

}  // namespace
}  // namespace shoal
