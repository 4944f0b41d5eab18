#include "client/hls/sub_range.h"

#include <gtest/gtest.h>

#include "client/hls/parse_error.h"
#include "tests/unit/client/hls/playlist_builder.h"

namespace shoal::hls {
namespace {

using enum ParseErrorReason;

TEST(SubRangeTest, TakesItsOwnOffset) {
  EXPECT_EQ(*SubRange::Parse("100@20")->Resolve(7), (ByteRange{20, 120}));
}

TEST(SubRangeTest, ContinuesWithoutOffset) {
  EXPECT_EQ(*SubRange::Parse("100")->Resolve(7), (ByteRange{7, 107}));
}

TEST(SubRangeTest, RefusesToContinueNothing) {
  EXPECT_EQ(ReasonOf(SubRange::Parse("100")->Resolve(std::nullopt).status()),
            kByteRangeWithoutOffset);
}

TEST(SubRangeTest, RefusesWhatIsNoByteRange) {
  for (const char* text : {"", "@", "@1", "1@", "0@5", "-1@0", "1@-1", "1-2", "1@2@3", "a@b"}) {
    EXPECT_EQ(ReasonOf(SubRange::Parse(text).status()), kBadByteRange) << text;
  }
}

TEST(SubRangeTest, RefusesRangesThatEndTooFar) {
  for (const char* text : {"18446744073709551615@1", "1@18446744073709551615",
                           "4611686018427387904@1", "99999999999999999999"}) {
    EXPECT_EQ(ReasonOf(SubRange::Parse(text).status()), kBadByteRange) << text;
  }
}

TEST(SubRangeTest, RefusesToContinueTooFar) {
  EXPECT_EQ(ReasonOf(SubRange::Parse("2")->Resolve(kResourceOffsetMax - 1).status()),
            kBadByteRange);
}

}  // namespace
}  // namespace shoal::hls
