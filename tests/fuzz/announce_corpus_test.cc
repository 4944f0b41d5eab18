// Runs the announce fuzzer's entry point over its corpus, in every build: what was found once stays
// fixed.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/announce_fuzzer.h"

namespace shoal::service {
namespace {

std::vector<std::filesystem::path> CorpusFiles() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(SHOAL_ANNOUNCE_CORPUS)) {
    files.push_back(entry.path());
  }
  return files;
}

std::string Content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(AnnounceCorpusTest, IsThere) { EXPECT_GE(CorpusFiles().size(), 5u); }

TEST(AnnounceCorpusTest, BreaksNoPromise) {
  for (const std::filesystem::path& file : CorpusFiles()) {
    SCOPED_TRACE(file);
    FuzzAnnounces(Content(file));
  }
}

// What a fuzzer does first, without a fuzzer: every third byte changed.
TEST(AnnounceCorpusTest, BreaksNoPromiseWhenCorrupted) {
  for (const std::filesystem::path& file : CorpusFiles()) {
    SCOPED_TRACE(file);
    const std::string script = Content(file);
    for (std::size_t i = 0; i < script.size() && i < 400; i += 3) {
      std::string changed = script;
      changed[i] = static_cast<char>(changed[i] ^ 0x11);
      FuzzAnnounces(changed);
    }
  }
}

}  // namespace
}  // namespace shoal::service
