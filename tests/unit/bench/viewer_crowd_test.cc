#include "tests/bench/announce_load/viewer_crowd.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/bench/announce_load/scheduled_viewers.h"
#include "tests/bench/scheduling_tracker/report_handler.h"
#include "tests/bench/scheduling_tracker/schedule_table.h"

namespace shoal::bench {
namespace {

constexpr Duration kInterval = Milliseconds(500);

TEST(ViewerCrowdTest, WantsThreeSegmentsAtFirstAndThenEachThatIsListed) {
  ViewerCrowd crowd(1, TimePoint(Seconds(0)));
  const std::vector<SegmentNews> first = crowd.Report(0, TimePoint(Seconds(10)));
  ASSERT_EQ(first.size(), 3u);
  for (const SegmentNews& news : first) EXPECT_EQ(news.length, ViewerCrowd::kSegmentLength);
  crowd.OnAnswered(0);
  EXPECT_TRUE(crowd.Report(0, TimePoint(Seconds(10.5))).empty());
  crowd.OnAnswered(0);
  const std::vector<SegmentNews> next = crowd.Report(0, TimePoint(Seconds(12)));
  EXPECT_EQ(next.back().sequence, crowd.EdgeAt(TimePoint(Seconds(12))));
}

TEST(ViewerCrowdTest, SaysAgainWhatWasNotAnswered) {
  ViewerCrowd crowd(1, TimePoint(Seconds(0)));
  const TimePoint now(Seconds(10));
  const std::vector<SegmentNews> said = crowd.Report(0, now);
  EXPECT_EQ(crowd.Report(0, now), said);
  crowd.OnAnswered(0);
  EXPECT_TRUE(crowd.Report(0, now).empty());
  crowd.OnUnknown(0);
  EXPECT_EQ(crowd.Report(0, now), said);
}

TEST(ViewerCrowdTest, HoldsAPieceOnceItsLineHasCarriedIt) {
  ViewerCrowd crowd(2, TimePoint(Seconds(0)));
  const TimePoint now(Seconds(10));
  const std::uint32_t edge = crowd.EdgeAt(now);
  crowd.Report(0, now);
  crowd.OnAnswered(0);
  crowd.Fetch(0, edge, 0b11, std::nullopt, now);
  const Duration piece = Seconds(core::kPieceSize / ViewerCrowd::kCdnBytesPerS);
  EXPECT_TRUE(crowd.Report(0, now + piece / 2).empty());
  EXPECT_EQ(crowd.Report(0, now + piece)[0].held, 0b01u);
  EXPECT_EQ(crowd.Report(0, now + 2 * piece)[0].held, 0b11u);
  EXPECT_EQ(crowd.figures(), (ViewingFigures{.pieces_from_cdn = 2}));
}

TEST(ViewerCrowdTest, CountsAnOrderToFetchFromOneWhoLacksThePiece) {
  ViewerCrowd crowd(2, TimePoint(Seconds(0)));
  const TimePoint now(Seconds(10));
  crowd.Report(0, now);
  crowd.Report(1, now);
  crowd.Fetch(0, crowd.EdgeAt(now), 0b1, 1, now);
  EXPECT_EQ(crowd.figures().wrong_orders, 1u);
}

TEST(ViewerCrowdTest, TakesFromTheCdnByItselfWhatIsNotThereInTime) {
  ViewerCrowd crowd(1, TimePoint(Seconds(0)));
  const TimePoint now(Seconds(10));
  crowd.Report(0, now);
  crowd.Report(0, now + ViewerCrowd::kStartUp);
  EXPECT_EQ(crowd.figures(), (ViewingFigures{.pieces_from_cdn = 9, .pieces_late = 9}));
}

// A swarm of viewers who do what a ScheduleTable orders, in steps of a hundredth of the interval.
class ScheduleTest : public testing::Test {
 protected:
  static constexpr std::size_t kViewers = 100;

  void ReportOf(std::size_t viewer, TimePoint now) {
    if (numbers_[viewer] == 0) {
      const auto port = static_cast<std::uint16_t>(viewer);
      numbers_[viewer] = table_.Join(
          {}, {.endpoint = {"host", port}, .upload_bytes_per_s = ViewerCrowd::kUploadBytesPerS},
          now);
    }
    std::vector<Order> orders;
    ASSERT_TRUE(table_.Report(numbers_[viewer], crowd_.Report(viewer, now), now, orders));
    crowd_.OnAnswered(viewer);
    for (const Order& order : orders) {
      std::optional<std::size_t> source;
      if (order.source != nullptr) source = order.source->port;
      if (!source) ++cdn_orders_[{order.sequence, order.piece}];
      crowd_.Fetch(viewer, order.sequence, Bit(order.piece), source, now);
    }
  }

  void View(TimePoint from, TimePoint until) {
    std::size_t viewer = 0;
    for (TimePoint now = from; now < until; now += kInterval / kViewers) {
      ReportOf(viewer++ % kViewers, now);
    }
  }

  ScheduleTable table_{kInterval};
  ViewerCrowd crowd_{kViewers, TimePoint(Seconds(0))};
  std::vector<std::uint64_t> numbers_ = std::vector<std::uint64_t>(kViewers);
  std::map<std::pair<std::uint32_t, std::uint32_t>, int> cdn_orders_;  // by sequence and piece
};

TEST_F(ScheduleTest, OfEachPieceOneCopyComesFromTheCdnAndNobodyWaits) {
  View(TimePoint(Seconds(10)), TimePoint(Seconds(30)));
  cdn_orders_.clear();
  const ViewingFigures before = crowd_.figures();
  View(TimePoint(Seconds(30)), TimePoint(Seconds(60)));
  const ViewingFigures found = crowd_.figures() - before;
  EXPECT_EQ(found.wrong_orders, 0u);
  EXPECT_EQ(found.pieces_late, 0u);
  EXPECT_GE(cdn_orders_.size(), 9u * 14);
  for (const auto& [piece, orders] : cdn_orders_) {
    EXPECT_EQ(orders, 1) << "piece " << piece.second << " of segment " << piece.first;
  }
  // 30 s of nine pieces each two, for every viewer.
  EXPECT_NEAR(static_cast<double>(found.pieces_from_peers), kViewers * 15 * 9, kViewers * 15);
}

TEST_F(ScheduleTest, ANumberOfSomebodyElseIsNotKnown) {
  ReportOf(0, TimePoint(Seconds(10)));
  std::vector<Order> orders;
  EXPECT_FALSE(table_.Report(0, {}, TimePoint(Seconds(10)), orders));
  EXPECT_FALSE(table_.Report(numbers_[0] + 1, {}, TimePoint(Seconds(10)), orders));
  EXPECT_FALSE(
      table_.Report(numbers_[0] | std::uint64_t{1} << 40, {}, TimePoint(Seconds(10)), orders));
  EXPECT_TRUE(table_.Report(numbers_[0], {}, TimePoint(Seconds(10)), orders));
}

class FixedClock final : public Clock {
 public:
  TimePoint Now() const override { return now; }
  TimePoint now{Seconds(10)};
};

TEST(ScheduledViewersTest, JoinsOnceAndCarriesOutOrders) {
  FixedClock clock;
  ScheduledViewers viewers(4, 2, clock);
  schedule::ReportRequest request;
  ASSERT_TRUE(request.ParseFromString(viewers.Request(2)));
  EXPECT_EQ(request.member(), 0u);
  EXPECT_EQ(request.joining().swarm_id().size(), 16u);
  EXPECT_EQ(request.segments_size(), 3);

  schedule::ReportResponse response;
  response.set_member(77);
  response.set_report_interval_ms(500);
  const std::uint32_t sequence = request.segments(0).sequence();
  const Endpoint nobody{"host", 9};
  FillOrders(
      {{.sequence = sequence, .piece = 1}, {.sequence = sequence, .piece = 2, .source = &nobody}},
      &response);
  EXPECT_EQ(response.orders_size(), 1);
  const std::optional<AnnounceReply> reply = viewers.Read(2, response.SerializeAsString());
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->interval, Milliseconds(500));
  EXPECT_EQ(viewers.Viewing()->wrong_orders, 1u);

  clock.now += Milliseconds(500);
  ASSERT_TRUE(request.ParseFromString(viewers.Request(2)));
  EXPECT_EQ(request.member(), 77u);
  ASSERT_EQ(request.segments_size(), 1);
  EXPECT_EQ(request.segments(0).held(), 0b10u);
  EXPECT_EQ(request.segments(0).length(), 0u);
}

}  // namespace
}  // namespace shoal::bench
