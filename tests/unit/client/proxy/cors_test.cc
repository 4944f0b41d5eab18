#include "client/proxy/cors.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/unit/client/proxy/raw_requests.h"

namespace shoal::proxy {
namespace {

TEST(SetCorsHeadersTest, ReplacesTheOriginsWords) {
  Headers headers{{"Content-Type", "video/mp2t"},
                  {"access-control-allow-origin", "https://site.example"},
                  {"Access-Control-Allow-Credentials", "true"}};
  SetCorsHeaders(&headers);
  EXPECT_EQ(headers.Count("Access-Control-Allow-Origin"), 1u);
  EXPECT_EQ(headers.Find("Access-Control-Allow-Origin"), "*");
  EXPECT_FALSE(headers.Has("Access-Control-Allow-Credentials"));
  EXPECT_EQ(headers.Find("Timing-Allow-Origin"), "*");
  EXPECT_EQ(headers.Find("Content-Type"), "video/mp2t");
}

TEST(OptionsHeadersTest, AllowsTheHeadersThatArePlainNames) {
  const Headers asked =
      OptionsHeaders(Checked(GoodRequestWith("Access-Control-Request-Headers", "range, x-a")));
  EXPECT_EQ(asked.Find("Access-Control-Allow-Headers"), "range, x-a");
  EXPECT_EQ(asked.Find("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(asked.Find("Access-Control-Allow-Methods"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(asked.Find("Allow"), "GET, HEAD, OPTIONS");
  for (const std::string& value :
       {std::string("a b"), std::string("a;b"), std::string(2000, 'a')}) {
    const Headers headers =
        OptionsHeaders(Checked(GoodRequestWith("Access-Control-Request-Headers", value)));
    EXPECT_EQ(headers.Find("Access-Control-Allow-Headers"), "*");
  }
}

TEST(OptionsHeadersTest, AllowsThePrivateNetworkWhenAsked) {
  EXPECT_EQ(
      OptionsHeaders(Checked(GoodRequestWith("Access-Control-Request-Private-Network", "true")))
          .Find("Access-Control-Allow-Private-Network"),
      "true");
  EXPECT_FALSE(OptionsHeaders(Checked(GoodRequest())).Has("Access-Control-Allow-Private-Network"));
}

}  // namespace
}  // namespace shoal::proxy
