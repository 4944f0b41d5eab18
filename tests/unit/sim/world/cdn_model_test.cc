#include "tests/sim/world/cdn_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>

#include "client/core/actions.h"

namespace shoal::sim {
namespace {

TimePoint At(double s) { return TimePoint(Seconds(s)); }

// Two viewers with down lines of 1 MB/s and up lines of 100 kB/s; segments of 500 kB exactly.
class CdnModelTest : public testing::Test, public CdnListener {
 protected:
  struct Seen {
    TimePoint head;
    std::uint64_t bytes = 0;
    std::optional<core::FetchOutcome> outcome;
    int http_status = 0;
    std::uint64_t total_length = 0;
    TimePoint finished;
  };

  CdnModelTest() {
    scenario_.stream.size_jitter = 0;
    scenario_.cdn.first_byte = Milliseconds(40);
  }

  void Begin() {
    media_.emplace(scenario_);
    network_.emplace(scenario_);
    network_->AddViewer(100e3, 1e6);
    network_->AddViewer(100e3, 1e6);
    cdn_.emplace(scenario_, agenda_, *network_, *media_, *this);
  }
  void Start(std::uint64_t id, ByteRange range) {
    cdn_->Start({.name = {.viewer = 0, .id = id}, .sequence = 5, .range = range});
  }
  void RunUntil(TimePoint time) {
    Agenda::Entry entry;
    while (agenda_.Take(time, &entry)) cdn_->Handle(entry);
  }

  void OnCdnHead(const TransferName& name, std::uint64_t total_length, Duration) override {
    seen_[name.id].head = agenda_.now();
    seen_[name.id].total_length = total_length;
  }
  void OnCdnBytes(const TransferName& name, std::uint32_t size) override {
    seen_[name.id].bytes += size;
  }
  void OnCdnFinished(const TransferName& name, core::FetchOutcome outcome, int http_status,
                     std::uint64_t total_length) override {
    Seen& seen = seen_[name.id];
    seen.outcome = outcome;
    seen.http_status = http_status;
    if (total_length > 0) seen.total_length = total_length;
    seen.finished = agenda_.now();
  }
  void OnCdnSent(std::uint32_t viewer, std::uint32_t bytes) override { sent_[viewer] += bytes; }

  Scenario scenario_;
  Agenda agenda_;
  std::optional<Media> media_;
  std::optional<NetworkModel> network_;
  std::optional<CdnModel> cdn_;
  std::map<std::uint64_t, Seen> seen_;
  std::map<std::uint32_t, std::uint64_t> sent_;
};

TEST_F(CdnModelTest, AnswersAfterTheFirstByteTimeAtTheLinesRate) {
  Begin();
  Start(1, {0, 100'000});
  RunUntil(At(10));
  // The request of 300 bytes takes 3 ms.
  EXPECT_EQ(seen_[1].head, At(0.043));
  EXPECT_EQ(seen_[1].total_length, 500'000u);
  EXPECT_EQ(seen_[1].bytes, 100'000u);
  EXPECT_EQ(seen_[1].outcome, core::FetchOutcome::kComplete);
  // Three windows of slow start: two times the first chunk waits for acknowledgements of the last.
  const double waits = ToSeconds(seen_[1].finished - seen_[1].head) - 0.1;
  EXPECT_GT(waits, 0.02);
  EXPECT_LT(waits, 0.05);
}

TEST_F(CdnModelTest, WaitsBehindWhatIsInTheUpLine) {
  Begin();
  network_->up(0).Enqueue(At(0), 20'000);
  Start(1, {0, 1000});
  RunUntil(At(10));
  EXPECT_EQ(seen_[1].head, At(0.243));
}

TEST_F(CdnModelTest, SharesTheLineAmongTransfers) {
  Begin();
  Start(1, {0, 200'000});
  Start(2, {200'000, 400'000});
  RunUntil(At(10));
  const double together = ToSeconds(std::max(seen_[1].finished, seen_[2].finished) - seen_[1].head);
  EXPECT_NEAR(together, 0.4, 0.03);
  EXPECT_GT(ToSeconds(seen_[1].finished - seen_[1].head), 0.25);
  EXPECT_GT(ToSeconds(seen_[2].finished - seen_[2].head), 0.25);
}

TEST_F(CdnModelTest, AcknowledgementsWaitBehindUploads) {
  Begin();
  Start(1, {0, 100'000});
  network_->up(0).Enqueue(At(0.001), 50'000);  // behind the request: half a second
  RunUntil(At(10));
  EXPECT_GT(ToSeconds(seen_[1].finished - seen_[1].head), 0.5);
}

TEST_F(CdnModelTest, KeepsTheRateOfOneTransfer) {
  scenario_.cdn.bytes_per_second = 100e3;
  Begin();
  Start(1, {0, 50'000});
  RunUntil(At(10));
  // The last chunk may leave once the others have taken their time.
  EXPECT_NEAR(ToSeconds(seen_[1].finished - seen_[1].head), 3 * 16'384 / 100e3, 0.02);
}

TEST_F(CdnModelTest, CutsARangeAtTheSegmentsEnd) {
  Begin();
  Start(1, {450'000, core::FetchFromCdn::kToEnd});
  RunUntil(At(10));
  EXPECT_EQ(seen_[1].bytes, 50'000u);
}

TEST_F(CdnModelTest, NamesTheLengthWhenARangeLiesBeyondIt) {
  Begin();
  Start(1, {500'000, 600'000});
  RunUntil(At(10));
  EXPECT_EQ(seen_[1].outcome, core::FetchOutcome::kRangeNotSatisfiable);
  EXPECT_EQ(seen_[1].http_status, 416);
  EXPECT_EQ(seen_[1].total_length, 500'000u);
  EXPECT_EQ(sent_[0], 0u);
}

TEST_F(CdnModelTest, CountsWhatWasSentWhenATransferIsCancelled) {
  Begin();
  Start(1, {0, 400'000});
  RunUntil(At(0.143));  // 0.1 s of the body
  cdn_->Cancel({.viewer = 0, .id = 1});
  const std::uint64_t told = seen_[1].bytes;
  RunUntil(At(10));
  EXPECT_EQ(seen_[1].bytes, told) << "nothing is told any more";
  EXPECT_FALSE(seen_[1].outcome);
  // A window may be on its way.
  EXPECT_GE(sent_[0], told);
  EXPECT_LE(sent_[0], told + 64 * 1024);
  EXPECT_EQ(cdn_->requests(), 1u);
}

TEST_F(CdnModelTest, FailsEverythingDuringAnOutage) {
  scenario_.faults.cdn = {{.begin = At(0.1), .length = Seconds(1)}};
  Begin();
  Start(1, {0, 400'000});
  RunUntil(At(0.5));
  EXPECT_EQ(seen_[1].outcome, core::FetchOutcome::kTruncated);
  Start(2, {0, 1000});
  RunUntil(At(1.09));
  EXPECT_EQ(seen_[2].outcome, core::FetchOutcome::kUnreachable);
  EXPECT_FALSE(cdn_->Healthy(agenda_.now(), 1));
  RunUntil(At(1.2));
  Start(3, {0, 1000});
  RunUntil(At(2));
  EXPECT_EQ(seen_[3].outcome, core::FetchOutcome::kComplete);
}

TEST_F(CdnModelTest, AnswersTheGivenShareByErrors) {
  scenario_.cdn.error_share = 0.2;
  Begin();
  int errors = 0;
  for (std::uint64_t id = 1; id <= 1000; ++id) {
    Start(id, {0, 100});
    RunUntil(At(0.1 * static_cast<double>(id)));
    if (seen_[id].http_status == 503) ++errors;
  }
  EXPECT_NEAR(errors, 200, 40);
}

}  // namespace
}  // namespace shoal::sim
