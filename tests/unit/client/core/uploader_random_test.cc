// Whatever links and lines do: UploadBench checks every Data; here, that nothing is forgotten.

#include <cstdint>
#include <optional>

#include "client/core/uploader.h"
#include "common/random/random.h"
#include "gtest/gtest.h"
#include "tests/unit/client/core/upload_bench.h"

namespace shoal::core {
namespace {

constexpr std::uint64_t kSeeds = 60;
constexpr int kSteps = 400;
constexpr LinkId kLinks = 8;
constexpr std::uint64_t kSegments = 3;
constexpr PieceIndex kPiecesEach = 6;

class RandomUpload {
 public:
  explicit RandomUpload(std::uint64_t seed)
      : random_(seed), cap_(PickCap()), bench_(cap_), silent_(1 + random_.Below(kLinks)) {
    bench_.line_rate = random_.Uniform(20'000.0, 5e6);
    bench_.delay = random_.Uniform(Milliseconds(1), Milliseconds(80));
    bench_.slow[1 + random_.Below(kLinks)] = random_.Uniform(5'000.0, 1e5);
    if (random_.Below(2) == 0) bench_.silent.insert(silent_);
    for (std::uint64_t sequence = 0; sequence < kSegments; ++sequence) {
      for (PieceIndex piece = 0; piece < kPiecesEach; ++piece) Advance(sequence, piece, 0);
    }
  }

  void Step() {
    const LinkId link = 1 + random_.Below(kLinks);
    const std::uint64_t sequence = random_.Below(kSegments);
    switch (random_.Below(12)) {
      case 0:
        bench_.Cancel(link, 1 + static_cast<PullId>(random_.Below(last_pull_ + 1)));
        break;
      case 1:
        if (random_.Below(5) == 0) bench_.LinkGone(link);
        break;
      case 2:
        if (random_.Below(5) == 0) bench_.Drop(sequence);
        break;
      case 3:
      case 4:
      case 5:
        bench_.Ask(link, ++last_pull_, sequence, AnyPiece(), AnyOffset());
        break;
      default:
        Advance(sequence, AnyPiece(), AnyOffset());
    }
    bench_.Run(random_.Uniform(Microseconds(1), Milliseconds(40)));
  }

  // Nothing more is asked for, everything arrives, everybody acknowledges: all that was accepted
  // must be served.
  void Finish() {
    bench_.silent.clear();
    for (std::uint64_t sequence = 0; sequence < kSegments; ++sequence) {
      for (PieceIndex piece = 0; piece < kPiecesEach; ++piece) Advance(sequence, piece, kPieceSize);
    }
    bench_.AckAll(silent_);
    // All that can be queued, at the rate of the slowest part.
    const double slowest = std::min({bench_.line_rate, bench_.slow.begin()->second,
                                     static_cast<double>(cap_.value_or(UINT32_MAX))});
    const auto queued = static_cast<double>(bench_.uploader.queued_bytes() + SendWindow::kMost);
    bench_.Run(Seconds(5 + 2 * queued / slowest));
    EXPECT_EQ(bench_.live_pulls(), 0u);
    EXPECT_EQ(bench_.uploader.queued_bytes(), 0u);
    EXPECT_EQ(bench_.uploader.unacked_bytes(), 0u);
    EXPECT_EQ(bench_.uploader.NextWakeup(), std::nullopt);
    if (cap_) {
      EXPECT_LE(static_cast<double>(bench_.MostSentWithin(Seconds(1))),
                1.05 * static_cast<double>(*cap_));
    }
  }

  std::uint64_t bytes_sent() const { return bench_.uploader.figures().bytes_sent; }

 private:
  std::optional<std::uint64_t> PickCap() {
    if (random_.Below(2) == 0) return std::nullopt;
    return Uploader::kCapMin + random_.Below(1'000'000);
  }
  PieceIndex AnyPiece() { return static_cast<PieceIndex>(random_.Below(kPiecesEach)); }
  std::uint32_t AnyOffset() { return static_cast<std::uint32_t>(random_.Below(kPieceSize)); }
  // Bytes of a piece arrive; they never vanish.
  void Advance(std::uint64_t sequence, PieceIndex piece, std::uint32_t bytes) {
    std::uint32_t& progress = progress_[{sequence, piece}];
    progress = std::max(progress, bytes);
    bench_.held.Set(sequence, piece, progress);
  }

  Random random_;
  const std::optional<std::uint64_t> cap_;
  UploadBench bench_;
  const LinkId silent_;
  PullId last_pull_ = 0;
  std::map<std::pair<std::uint64_t, PieceIndex>, std::uint32_t> progress_;
};

TEST(UploaderRandom, EveryAcceptedPullIsServedOrEnded) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed=" << seed);
    RandomUpload upload(seed);
    for (int step = 0; step < kSteps; ++step) upload.Step();
    upload.Finish();
    EXPECT_GT(upload.bytes_sent(), 0u);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace shoal::core
