#include "tracker/service/metrics_collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <string>

#include "tests/unit/tracker/fake_clock.h"
#include "tests/unit/tracker/membership/members.h"

namespace shoal::service {
namespace {

using ::testing::HasSubstr;

TEST(MetricsCollectorTest, ShowsTheFiguresOfTableAndService) {
  FakeClock clock;
  MembershipTable table({.placement_seed = 1}, 1, clock);
  ServiceFigures figures;
  for (std::uint32_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(table
                    .Announce({.member = membership::StrongMember(i),
                               .swarms = {{.swarm = membership::SwarmOf(1)}}})
                    .ok());
  }
  figures.announces = 3;
  figures.exhausted = 7;
  figures.bytes_sent = 1234;
  figures.dials.failed = 4;
  const std::string text =
      prometheus::TextSerializer().Serialize(MetricsCollector(table, figures).Collect());
  EXPECT_THAT(text, HasSubstr("\nshoal_tracker_members 3\n"));
  EXPECT_THAT(text, HasSubstr("\nshoal_tracker_swarms 1\n"));
  EXPECT_THAT(text, HasSubstr("\nshoal_tracker_joins_total 3\n"));
  EXPECT_THAT(text, HasSubstr("\nshoal_tracker_announces_total{result=\"ok\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("\nshoal_tracker_announces_total{result=\"exhausted\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("\nshoal_tracker_sent_bytes_total 1234\n"));
  EXPECT_THAT(text, HasSubstr("\nshoal_tracker_dials_total{result=\"failed\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("\nshoal_tracker_announce_interval_seconds 15\n"));
}

TEST(MetricsCollectorTest, ShowsAStoreOnlyIfThereIsOne) {
  FakeClock clock;
  MembershipTable table({.placement_seed = 1}, 1, clock);
  ServiceFigures figures;
  const auto text = [&] {
    return prometheus::TextSerializer().Serialize(MetricsCollector(table, figures).Collect());
  };
  EXPECT_THAT(text(), HasSubstr("\nshoal_tracker_warming 0\n"));
  EXPECT_THAT(text(), ::testing::Not(HasSubstr("shoal_tracker_store")));
  figures.store.present = true;
  figures.store.unwritten = 5;
  EXPECT_THAT(text(), HasSubstr("\nshoal_tracker_store_healthy 1\n"));
  EXPECT_THAT(text(), HasSubstr("\nshoal_tracker_store_unwritten_changes 5\n"));
  figures.store.failing = true;
  EXPECT_THAT(text(), HasSubstr("\nshoal_tracker_store_healthy 0\n"));
}

}  // namespace
}  // namespace shoal::service
