#include "common/base/upload_class.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"

namespace shoal {
namespace {

constexpr double kKbit = 1000.0 / 8;  // bytes per second

TEST(UploadClass, IsTheRoundedBinaryLogarithmOfKilobits) {
  EXPECT_EQ(UploadClassOf(2 * kKbit), 1);
  EXPECT_EQ(UploadClassOf(1024 * kKbit), 10);
  EXPECT_EQ(UploadClassOf(1024 * kKbit * 1.4), 10);
  EXPECT_EQ(UploadClassOf(1024 * kKbit * 1.5), 11);
}

TEST(UploadClass, BelowAKilobitIsNone) {
  EXPECT_EQ(UploadClassOf(0), kUploadNone);
  EXPECT_EQ(UploadClassOf(-5), kUploadNone);
  EXPECT_EQ(UploadClassOf(0.99 * kKbit), kUploadNone);
  EXPECT_EQ(UploadClassOf(std::nan("")), kUploadNone);
  EXPECT_EQ(UploadClassOf(kKbit), 1);  // however little, it is not none
}

TEST(UploadClass, IsCutAtItsMaximum) { EXPECT_EQ(UploadClassOf(1e300), kUploadClassMax); }

TEST(UploadClass, StandsForTheUploadInItsMiddle) {
  for (UploadClass c = 1; c <= kUploadClassMax; ++c) {
    EXPECT_EQ(UploadClassOf(UploadBytesPerSecond(c)), c);
  }
  EXPECT_EQ(UploadBytesPerSecond(kUploadNone), 0);
  EXPECT_EQ(UploadBytesPerSecond(10), 1024 * kKbit);
}

TEST(UploadClass, FromTheWireOutOfRangeIsUnknown) {
  EXPECT_EQ(UploadClassFromWire(0), kUploadNone);
  EXPECT_EQ(UploadClassFromWire(30), 30);
  EXPECT_EQ(UploadClassFromWire(31), kUploadUnknown);
  EXPECT_EQ(UploadClassFromWire(256 + 5), kUploadUnknown);
  EXPECT_EQ(UploadClassFromWire(std::numeric_limits<std::uint32_t>::max()), kUploadUnknown);
}

}  // namespace
}  // namespace shoal
