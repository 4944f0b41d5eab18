#include "tests/sim/report/progress_bar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace shoal::sim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ProgressBarTest, ShowsHowFarAndHowLong) {
  EXPECT_EQ(ProgressBar::Line({30, 120, 200, 500'000, 5}),
            "[######------------------] 30/120 s  200 viewers  100 k events/s  15 s left");
}

TEST(ProgressBarTest, KnowsNothingAtTheBeginning) {
  EXPECT_EQ(ProgressBar::Line({0, 120, 0, 0, 0}), "[------------------------] 0/120 s  0 viewers");
}

TEST(ProgressBarTest, IsSilentUnlessShown) {
  std::ostringstream out;
  {
    ProgressBar bar(out, "mixed", false);
    bar.Show({30, 120, 200, 500'000, 5});
  }
  EXPECT_EQ(out.str(), "");
}

TEST(ProgressBarTest, IsWrittenTenTimesASecondAtMost) {
  std::ostringstream out;
  ProgressBar bar(out, "mixed", true);
  bar.Show({30, 120, 200, 500'000, 5});
  bar.Show({31, 120, 200, 500'000, 5.05});
  bar.Show({32, 120, 200, 500'000, 5.2});
  EXPECT_THAT(out.str(), HasSubstr("mixed [######"));
  EXPECT_THAT(out.str(), Not(HasSubstr("31/120")));
  EXPECT_THAT(out.str(), HasSubstr("32/120"));
}

}  // namespace
}  // namespace shoal::sim
