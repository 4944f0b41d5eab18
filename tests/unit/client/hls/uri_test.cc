#include "client/hls/uri.h"

#include <gtest/gtest.h>

#include <string>

namespace shoal::hls {
namespace {

struct Example {
  const char* reference;
  const char* target;
};

class ResolveUriTest : public testing::TestWithParam<Example> {};

TEST_P(ResolveUriTest, GivesTheTargetOfTheRfc) {
  EXPECT_EQ(ResolveUri("http://a/b/c/d;p?q", GetParam().reference), GetParam().target);
}

// RFC 3986, sections 5.4.1 and 5.4.2.
INSTANTIATE_TEST_SUITE_P(
    Normal, ResolveUriTest,
    testing::Values(Example{"g:h", "g:h"}, Example{"g", "http://a/b/c/g"},
                    Example{"./g", "http://a/b/c/g"}, Example{"g/", "http://a/b/c/g/"},
                    Example{"/g", "http://a/g"}, Example{"//g", "http://g"},
                    Example{"?y", "http://a/b/c/d;p?y"}, Example{"g?y", "http://a/b/c/g?y"},
                    Example{"#s", "http://a/b/c/d;p?q#s"}, Example{"g#s", "http://a/b/c/g#s"},
                    Example{"g?y#s", "http://a/b/c/g?y#s"}, Example{";x", "http://a/b/c/;x"},
                    Example{"g;x", "http://a/b/c/g;x"}, Example{"g;x?y#s", "http://a/b/c/g;x?y#s"},
                    Example{"", "http://a/b/c/d;p?q"}, Example{".", "http://a/b/c/"},
                    Example{"./", "http://a/b/c/"}, Example{"..", "http://a/b/"},
                    Example{"../", "http://a/b/"}, Example{"../g", "http://a/b/g"},
                    Example{"../..", "http://a/"}, Example{"../../", "http://a/"},
                    Example{"../../g", "http://a/g"}));

INSTANTIATE_TEST_SUITE_P(
    Abnormal, ResolveUriTest,
    testing::Values(Example{"../../../g", "http://a/g"}, Example{"../../../../g", "http://a/g"},
                    Example{"/./g", "http://a/g"}, Example{"/../g", "http://a/g"},
                    Example{"g.", "http://a/b/c/g."}, Example{".g", "http://a/b/c/.g"},
                    Example{"g..", "http://a/b/c/g.."}, Example{"..g", "http://a/b/c/..g"},
                    Example{"./../g", "http://a/b/g"}, Example{"./g/.", "http://a/b/c/g/"},
                    Example{"g/./h", "http://a/b/c/g/h"}, Example{"g/../h", "http://a/b/c/h"},
                    Example{"g;x=1/./y", "http://a/b/c/g;x=1/y"},
                    Example{"g;x=1/../y", "http://a/b/c/y"},
                    Example{"g?y/./x", "http://a/b/c/g?y/./x"},
                    Example{"g?y/../x", "http://a/b/c/g?y/../x"},
                    Example{"g#s/./x", "http://a/b/c/g#s/./x"},
                    Example{"g#s/../x", "http://a/b/c/g#s/../x"}, Example{"http:g", "http:g"}));

TEST(ResolveUriEdgeTest, MergesBelowAnEmptyPath) {
  EXPECT_EQ(ResolveUri("http://a", "g"), "http://a/g");
}

TEST(SplitUriTest, TellsAbsentFromEmpty) {
  const UriParts empty = SplitUri("http://?#");
  EXPECT_EQ(empty.authority, "");
  EXPECT_EQ(empty.query, "");
  EXPECT_EQ(empty.fragment, "");
  const UriParts absent = SplitUri("a");
  EXPECT_EQ(absent.scheme, std::nullopt);
  EXPECT_EQ(absent.authority, std::nullopt);
  EXPECT_EQ(absent.query, std::nullopt);
}

TEST(SplitUriTest, TakesNoSchemeFromWhatIsNone) {
  EXPECT_EQ(SplitUri("1:2").scheme, std::nullopt);
  EXPECT_EQ(SplitUri("a/b:c").scheme, std::nullopt);
  EXPECT_EQ(SplitUri("?a:b").scheme, std::nullopt);
}

TEST(RemoveDotSegmentsTest, FollowsTheExamplesOfTheRfc) {
  EXPECT_EQ(RemoveDotSegments("/a/b/c/./../../g"), "/a/g");
  EXPECT_EQ(RemoveDotSegments("mid/content=5/../6"), "mid/6");
}

TEST(RemoveDotSegmentsTest, NeverLeavesTheRoot) {
  EXPECT_EQ(RemoveDotSegments("/../../../etc/passwd"), "/etc/passwd");
  EXPECT_EQ(RemoveDotSegments("/.."), "/");
}

TEST(EncodeUriTextTest, EncodesWhatCannotStandInAUri) {
  EXPECT_EQ(EncodeUriText("a b/\"ü\".ts?q=<1>"), "a%20b/%22%C3%BC%22.ts?q=%3C1%3E");
}

TEST(EncodeUriTextTest, KeepsWhatIsEncoded) { EXPECT_EQ(EncodeUriText("a%20b%"), "a%20b%"); }

TEST(FindQueryParameterTest, DecodesTheFirstOfTheName) {
  EXPECT_EQ(FindQueryParameter("a=0&t%6Fk=x%2By+z&tok=2", "tok"), "x+y z");
}

TEST(FindQueryParameterTest, TellsAbsentFromEmpty) {
  EXPECT_EQ(FindQueryParameter("a&b=", "a"), "");
  EXPECT_EQ(FindQueryParameter("a&b=", "b"), "");
  EXPECT_EQ(FindQueryParameter("a&b=", "c"), std::nullopt);
}

TEST(FindQueryParameterTest, KeepsAStrayPercentSign) {
  EXPECT_EQ(FindQueryParameter("a=5%&b=%zz&c=%4", "a"), "5%");
  EXPECT_EQ(FindQueryParameter("a=5%&b=%zz&c=%4", "b"), "%zz");
  EXPECT_EQ(FindQueryParameter("a=5%&b=%zz&c=%4", "c"), "%4");
}

}  // namespace
}  // namespace shoal::hls
