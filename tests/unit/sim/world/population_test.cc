#include "tests/sim/world/population.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace shoal::sim {
namespace {

class PopulationTest : public testing::Test {
 protected:
  std::vector<Profile> Make(std::uint32_t viewers) {
    const Media media(scenario_);
    Population population(scenario_, media);
    std::vector<Profile> profiles;
    for (std::uint32_t i = 0; i < viewers; ++i) {
      const TimePoint joins = i < population.joins().size() ? population.joins()[i] : TimePoint{};
      profiles.push_back(population.Next(joins));
    }
    return profiles;
  }

  Scenario scenario_;
};

TEST_F(PopulationTest, MixesAnyFirstViewersAsAll) {
  scenario_.viewers = 300;
  scenario_.network.up = {{0.5, 1e6}, {0.3, 2e6}, {0.2, 3e6}};
  std::map<double, double> count;
  double all = 0;
  for (const Profile& profile : Make(300)) {
    ++count[profile.up];
    ++all;
    EXPECT_NEAR(count[1e6], all * 0.5, 1.0001);
    EXPECT_NEAR(count[2e6], all * 0.3, 1.0001);
    EXPECT_NEAR(count[3e6], all * 0.2, 1.0001);
  }
}

TEST_F(PopulationTest, SpreadsJoinsEvenlyInTheirOrder) {
  scenario_.viewers = 7;
  scenario_.joins = {{.viewers = 4, .begin = TimePoint(Seconds(1)), .span = Seconds(2)},
                     {.viewers = 0, .begin = TimePoint(Seconds(10)), .span = Seconds(3)}};
  const Media media(scenario_);
  const Population population(scenario_, media);
  std::vector<double> joins;
  for (const TimePoint at : population.joins()) joins.push_back(ToSeconds(at.time_since_epoch()));
  EXPECT_EQ(joins, (std::vector<double>{1, 1.5, 2, 2.5, 10, 11, 12}));
}

TEST_F(PopulationTest, GivesFaultsAndHabitsToTheirShares) {
  scenario_.viewers = 1000;
  scenario_.network.undiallable_share = 0.4;
  scenario_.faults.lying_share = 0.1;
  scenario_.faults.freeloading_share = 0.2;
  scenario_.players.pausing_share = 0.25;
  int undiallable = 0, lying = 0, freeloading = 0, pausing = 0, both = 0;
  for (const Profile& profile : Make(1000)) {
    undiallable += !profile.can_be_dialled;
    lying += profile.lies;
    freeloading += profile.cap == 0u;
    pausing += profile.plan.pause_at.has_value();
    both += !profile.can_be_dialled && profile.cap == 0u;
  }
  EXPECT_NEAR(undiallable, 400, 10);
  EXPECT_NEAR(lying, 100, 10);
  EXPECT_NEAR(freeloading, 200, 10);
  EXPECT_NEAR(pausing, 250, 10);
  EXPECT_NEAR(both, 80, 30) << "independent of each other";
}

TEST_F(PopulationTest, CountsAsCapacityWhatTheSwarmMayHopeFor) {
  scenario_.network.up = {{1, 800e3}};
  scenario_.client.max_upload_bytes_per_second = 300'000;
  EXPECT_EQ(Make(1)[0].capacity, 300e3);
  scenario_.client.max_upload_bytes_per_second.reset();
  EXPECT_EQ(Make(1)[0].capacity, 800e3);
  scenario_.faults.trickling_share = 1;
  const Profile trickling = Make(1)[0];
  EXPECT_EQ(trickling.capacity, 8e3);
  EXPECT_EQ(trickling.boast, UploadClassOf(800e3));
  scenario_.faults.lying_share = 1;
  EXPECT_EQ(Make(1)[0].capacity, 0);
  scenario_.faults = {};
  scenario_.network.up = {{1, 0}};
  EXPECT_EQ(Make(1)[0].capacity, 0);
  EXPECT_EQ(Make(1)[0].cap, 0u);
  EXPECT_GT(Make(1)[0].up, 0) << "its requests must go out";
}

TEST_F(PopulationTest, KillsAsManyAsItShallEvenlyAmongAll) {
  scenario_.viewers = 100;
  scenario_.faults.killed = 10;
  scenario_.faults.kill_at = TimePoint(Seconds(60));
  int killed = 0;
  const std::vector<Profile> profiles = Make(110);
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    killed += profiles[i].leaves == scenario_.faults.kill_at && profiles[i].abruptly;
    if (i == 49) {
      EXPECT_EQ(killed, 5);
    }
  }
  EXPECT_EQ(killed, 10);
}

TEST_F(PopulationTest, LetsThemStayForTheMeanTime) {
  scenario_.churn.mean_stay = Seconds(30);
  scenario_.viewers = 4000;
  double sum = 0;
  for (const Profile& profile : Make(4000)) {
    ASSERT_TRUE(profile.leaves);
    EXPECT_TRUE(profile.replaced);
    sum += ToSeconds(*profile.leaves - profile.joins);
  }
  EXPECT_NEAR(sum / 4000, 30, 2);
}

}  // namespace
}  // namespace shoal::sim
