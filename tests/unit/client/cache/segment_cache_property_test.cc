// Random operations on a SegmentCache and on a model that keeps every byte by itself: both must
// agree after each. A failure prints the seed; SHOAL_SEED=<seed> in the environment repeats it.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>

#include "client/cache/segment_cache.h"
#include "common/random/random.h"
#include "gtest/gtest.h"

namespace shoal::cache {
namespace {

constexpr std::uint64_t kSpan = 3 * kBlockSize;
constexpr std::uint64_t kLimitBlocks = 8;
const std::string kNothing(kBlockSize, '\0');

// Every byte of every segment by offset, 0 where none is held: slow, and too simple to be wrong.
class Model {
 public:
  bool Store(const core::SegmentRef& segment, std::uint64_t offset, const std::string& bytes) {
    auto grown = segments_;
    std::string& held = grown.try_emplace(segment, kSpan, '\0').first->second;
    for (std::uint64_t i = 0; i < bytes.size(); ++i) {
      if (held[offset + i] == '\0') held[offset + i] = bytes[i];
    }
    if (Blocks(grown) > kLimitBlocks) return false;
    segments_ = std::move(grown);
    return true;
  }
  std::string Run(const core::SegmentRef& segment, std::uint64_t offset) const {
    const auto it = segments_.find(segment);
    if (it == segments_.end()) return "";
    return it->second.substr(offset, it->second.find('\0', offset) - offset);
  }
  void Drop(const core::SegmentRef& segment) { segments_.erase(segment); }
  void DropStream(core::StreamId stream) {
    std::erase_if(segments_, [&](const auto& entry) { return entry.first.stream == stream; });
  }
  std::uint64_t BytesHeld() const {
    std::uint64_t bytes = 0;
    for (const auto& [ref, held] : segments_) {
      bytes += held.size() - static_cast<std::uint64_t>(std::count(held.begin(), held.end(), '\0'));
    }
    return bytes;
  }
  std::size_t Segments() const { return segments_.size(); }
  std::uint64_t Blocks() const { return Blocks(segments_); }

 private:
  using Contents = std::map<core::SegmentRef, std::string>;

  static std::uint64_t Blocks(const Contents& segments) {
    std::uint64_t blocks = 0;
    for (const auto& [ref, held] : segments) {
      for (std::uint64_t begin = 0; begin < kSpan; begin += kBlockSize) {
        if (held.compare(begin, kBlockSize, kNothing) != 0) ++blocks;
      }
    }
    return blocks;
  }

  Contents segments_;
};

std::string ReadRun(const SegmentCache& cache, const core::SegmentRef& segment,
                    std::uint64_t offset) {
  std::string bytes;
  for (;;) {
    const absl::string_view view = cache.Read(segment, offset + bytes.size(), UINT64_MAX);
    if (view.empty()) return bytes;
    bytes.append(view.data(), view.size());
  }
}

std::uint64_t Seed() {
  const char* seed = std::getenv("SHOAL_SEED");
  return seed == nullptr ? 20240611 : std::strtoull(seed, nullptr, 10);
}

TEST(SegmentCacheProperty, AgreesWithAModelThatKeepsEveryByte) {
  SCOPED_TRACE(testing::Message() << "seed=" << Seed() << "; repeat: SHOAL_SEED=" << Seed()
                                  << " client_cache_test"
                                     " --gtest_filter=SegmentCacheProperty.*");
  Random random(Seed());
  SegmentCache cache(kLimitBlocks / 2 * kBlockSize);
  Model model;
  int refused = 0;
  for (int step = 0; step < 300; ++step) {
    const core::SegmentRef segment{.stream = static_cast<std::uint32_t>(random.Below(2)),
                                   .sequence = random.Below(3)};
    if (random.Below(20) == 0) {
      cache.DropStream(segment.stream);
      model.DropStream(segment.stream);
    } else if (random.Below(12) == 0) {
      cache.Drop(segment);
      model.Drop(segment);
    } else {
      // Few different places and sizes, so that edges meet; a new letter each time, so that a byte
      // tells which call brought it.
      const std::uint64_t offset = random.Below(11) * (kBlockSize / 4);
      const std::string bytes(1 + random.Below(3) * (kBlockSize / 5) + random.Below(2),
                              static_cast<char>('a' + step % 26));
      const bool stored = cache.Store(segment, offset, bytes).ok();
      ASSERT_EQ(stored, model.Store(segment, offset, bytes)) << "step " << step;
      refused += stored ? 0 : 1;
    }
    if (step % 20 == 0) {  // counting takes long
      ASSERT_EQ(cache.bytes_held(), model.BytesHeld()) << "step " << step;
    }
    ASSERT_EQ(cache.figures().segments, model.Segments()) << "step " << step;
    ASSERT_EQ(cache.figures().bytes_in_use, model.Blocks() * kBlockSize) << "step " << step;
    const std::uint64_t at = random.Below(12) * (kBlockSize / 4);
    ASSERT_EQ(ReadRun(cache, segment, at), model.Run(segment, at)) << "step " << step;
    ASSERT_EQ(cache.RunEnd(segment, at) - at, model.Run(segment, at).size()) << "step " << step;
  }
  EXPECT_GT(refused, 0) << "the run never met the memory limit";
}

}  // namespace
}  // namespace shoal::cache
