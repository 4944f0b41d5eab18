// Runs the peer fuzzer's entry point over its corpus, in every build: what was found once stays
// fixed.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/peer_fuzzer.h"

namespace shoal::peer {
namespace {

std::vector<std::filesystem::path> CorpusFiles() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(SHOAL_PEER_CORPUS)) {
    files.push_back(entry.path());
  }
  return files;
}

std::string Content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(PeerCorpusTest, IsThere) { EXPECT_GE(CorpusFiles().size(), 5u); }

TEST(PeerCorpusTest, BreaksNoPromise) {
  for (const std::filesystem::path& file : CorpusFiles()) {
    SCOPED_TRACE(file);
    FuzzPeers(Content(file));
  }
}

// What a fuzzer does first, without a fuzzer: each byte changed.
TEST(PeerCorpusTest, BreaksNoPromiseWhenCorrupted) {
  for (const std::filesystem::path& file : CorpusFiles()) {
    SCOPED_TRACE(file);
    const std::string script = Content(file);
    for (std::size_t i = 0; i < script.size() && i < 400; ++i) {
      std::string changed = script;
      changed[i] = static_cast<char>(changed[i] ^ 0x11);
      FuzzPeers(changed);
    }
  }
}

}  // namespace
}  // namespace shoal::peer
