#include "client/proxy/cmcd.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/unit/client/proxy/raw_requests.h"

namespace shoal::proxy {
namespace {

struct CmcdCase {
  absl::string_view text;
  std::optional<int> buffer_length_ms;
  std::optional<int> deadline_ms;
  std::optional<double> playback_rate;
};

TEST(ParseCmcdTest, TakesWhatIsWellFormedAndPassesOverTheRest) {
  constexpr auto kNone = std::nullopt;
  const CmcdCase cases[] = {
      {"bl=21300,dl=18500,pr=1.08", 21300, 18500, 1.08},
      {"br=3200,bl=0,d=4004,pr=0,sid=\"6e2fb550\",su", 0, kNone, 0.0},
      {" bl=100 , dl=200 ", 100, 200, kNone},
      {"bl=100,bl=200", 200, kNone, kNone},
      {"bl=100,bl=x", 100, kNone, kNone},
      // Commas and keys within a string are text; so is an escaped quote.
      {"cid=\"a,bl=1,b\",bl=2", 2, kNone, kNone},
      {"cid=\"a\\\",bl=1\",dl=3", kNone, 3, kNone},
      {"cid=\"never closed,bl=1", kNone, kNone, kNone},
      {"cid=\"ends in a backslash\\", kNone, kNone, kNone},
      // Out of bounds.
      {"bl=-1,dl=-100,pr=-1", kNone, kNone, kNone},
      {"bl=86400000", 86400000, kNone, kNone},
      {"bl=86400001", kNone, kNone, kNone},
      {"bl=99999999999999999999999999", kNone, kNone, kNone},
      {"pr=nan", kNone, kNone, kNone},
      {"pr=inf", kNone, kNone, kNone},
      {"pr=100", kNone, kNone, 100.0},
      {"pr=100.5", kNone, kNone, kNone},
      // Garbage.
      {"", kNone, kNone, kNone},
      {",,,=,=1,bl,bl=,dl=\"5\",BL=1,xbl=1", kNone, kNone, kNone},
      {"bl=(1 2)", kNone, kNone, kNone},
      {"bl==1", kNone, kNone, kNone},
      {"bl=1.5", kNone, kNone, kNone},
      {"\"\"\"", kNone, kNone, kNone},
  };
  for (const CmcdCase& c : cases) {
    Cmcd expected;
    if (c.buffer_length_ms) expected.buffer_length = Milliseconds(*c.buffer_length_ms);
    if (c.deadline_ms) expected.deadline = Milliseconds(*c.deadline_ms);
    expected.playback_rate = c.playback_rate;
    EXPECT_EQ(ParseCmcd(c.text), expected) << c.text;
  }
}

TEST(CmcdOfTest, ReadsTheQuery) {
  const Cmcd cmcd = CmcdOf(Checked(
      GoodRequestFor("/s.ts?token=1&CMCD=bl%3D21300%2Cdl%3D18500%2Cpr%3D1.5%2Csid%3D%226e2f%22")));
  EXPECT_EQ(cmcd, (Cmcd{Milliseconds(21300), Milliseconds(18500), 1.5}));
}

TEST(CmcdOfTest, ReadsTheHeadersAboveTheQuery) {
  RawRequest raw = GoodRequestFor("/s.ts?CMCD=bl%3D1%2Cdl%3D2");
  raw.headers.Add("CMCD-Request", "bl=21300,nor=\"a.ts\"");
  raw.headers.Add("cmcd-session", "pr=0,sid=\"x\"");
  raw.headers.Add("CMCD-Object", "br=3200");
  raw.headers.Add("CMCD-Status", "bs");
  EXPECT_EQ(CmcdOf(Checked(raw)), (Cmcd{Milliseconds(21300), Milliseconds(2), 0.0}));
}

TEST(CmcdOfTest, IsEmptyWithoutAny) { EXPECT_TRUE(CmcdOf(Checked(GoodRequest())).empty()); }

}  // namespace
}  // namespace shoal::proxy
