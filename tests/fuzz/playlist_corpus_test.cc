// Runs the fuzzer's entry point over its corpus, in every build: what was found once stays fixed.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/playlist_fuzzer.h"

namespace shoal::hls {
namespace {

std::vector<std::filesystem::path> CorpusFiles() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(SHOAL_PLAYLIST_CORPUS)) {
    files.push_back(entry.path());
  }
  return files;
}

std::string Content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(PlaylistCorpusTest, IsThere) { EXPECT_GE(CorpusFiles().size(), 10u); }

TEST(PlaylistCorpusTest, BreaksNoPromise) {
  for (const std::filesystem::path& file : CorpusFiles()) {
    SCOPED_TRACE(file);
    FuzzPlaylist(Content(file));
  }
}

// What a fuzzer does first, without a fuzzer: each prefix, and each byte changed.
TEST(PlaylistCorpusTest, BreaksNoPromiseWhenCutOrCorrupted) {
  for (const std::filesystem::path& file : CorpusFiles()) {
    SCOPED_TRACE(file);
    const std::string text = Content(file);
    for (std::size_t i = 0; i < text.size(); ++i) {
      FuzzPlaylist(text.substr(0, i));
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ 0x11);
      FuzzPlaylist(changed);
    }
  }
}

}  // namespace
}  // namespace shoal::hls
