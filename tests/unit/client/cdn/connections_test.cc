// What goes over which connection, to which address, and what it says of itself.
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/client/cdn/cdn_fixture.h"
#include "tests/unit/client/cdn/test_certificate.h"

namespace shoal::cdn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kLoopback("\x7f\0\0\x01", 4);

using ConnectionsTest = CdnTest;

TEST_F(ConnectionsTest, OneIsKeptForTransfersInTurn) {
  origin_.On("/a", Answer("200 OK", "", "a"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(FetchPath("/a").body, "a");
  EXPECT_EQ(origin_.connections(), 1);
  EXPECT_EQ(cdn_->figures().connections, 1u);
  EXPECT_EQ(cdn_->figures().requests, 5u);
  EXPECT_EQ(cdn_->figures().body_bytes, 5u);
}

TEST_F(ConnectionsTest, KeptOneThatTheServerClosedIsReplaced) {
  origin_.On("/a", {Send{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"}, CloseConnection{}});
  EXPECT_EQ(FetchPath("/a").body, "a");
  ASSERT_TRUE(origin_.WaitForOpenConnections(0));
  EXPECT_EQ(FetchPath("/a").body, "a");
  EXPECT_EQ(origin_.connections(), 2);
}

TEST_F(ConnectionsTest, ErrorsDoNotCostTheConnection) {
  origin_.On("/a", Answer("416 No", "Content-Range: bytes */1\r\n", ""));
  Fetch({.url = origin_.Url("/a"), .range = ByteRange{5, 6}});
  FetchPath("/b");
  EXPECT_EQ(origin_.connections(), 1);
}

TEST_F(ConnectionsTest, RequestNamesItsSender) {
  FetchPath("/a");
  Fetch({.url = origin_.Url("/a"), .headers = {{"User-Agent", "Player/1"}, {"Origin", ""}}});
  EXPECT_THAT(origin_.requests()[0], HasSubstr("\r\nUser-Agent: Shoal/0.1\r\n"));
  EXPECT_THAT(origin_.requests()[1], HasSubstr("\r\nUser-Agent: Player/1\r\n"));
  EXPECT_THAT(origin_.requests()[1], Not(HasSubstr("Shoal")));
  EXPECT_THAT(origin_.requests()[1], HasSubstr("\r\nOrigin:\r\n"));
}

TEST_F(ConnectionsTest, CookiesAreNotKept) {
  origin_.On("/a", Answer("200 OK", "Set-Cookie: a=b\r\n", ""));
  FetchPath("/a");
  FetchPath("/a");
  EXPECT_THAT(origin_.requests()[1], Not(HasSubstr("Cookie")));
}

TEST_F(ConnectionsTest, EnvironmentNamesNoProxy) {
  ScriptedOrigin proxy;
  setenv("http_proxy", proxy.Url("").c_str(), 1);
  setenv("all_proxy", proxy.Url("").c_str(), 1);
  origin_.On("/a", Answer("200 OK", "", "direct"));
  const auto& heard = FetchPath("/a");
  unsetenv("http_proxy");
  unsetenv("all_proxy");
  EXPECT_EQ(heard.body, "direct");
  EXPECT_EQ(proxy.connections(), 0);
}

TEST_F(ConnectionsTest, ConfiguredProxyIsUsed) {
  origin_.On("http://cdn.invalid/a", Answer("200 OK", "", "by proxy"));
  cdn_.emplace(io_, CdnOptions{.proxy = origin_.Url("")});
  EXPECT_EQ(Fetch({.url = "http://cdn.invalid/a"}).body, "by proxy");
}

TEST_F(ConnectionsTest, AddressIsJudgedBeforeItIsContacted) {
  std::vector<std::string> asked;
  const auto& heard =
      Fetch({.url = origin_.Url("/a"),
             .may_connect = [&](absl::string_view url, absl::string_view address) {
               asked.push_back(absl::StrCat(url, " ", absl::string_view(kLoopback) == address));
               return false;
             }});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kRefusedAddress) << heard.result->message;
  EXPECT_THAT(asked, ElementsAre(absl::StrCat(origin_.Url("/a"), " 1")));
  EXPECT_EQ(origin_.connections(), 0);
}

TEST_F(ConnectionsTest, AddressIsJudgedAgainForAKeptConnection) {
  origin_.On("/a", Answer("200 OK", "", "a"));
  EXPECT_EQ(FetchPath("/a").body, "a");
  const auto& heard = Fetch(
      {.url = origin_.Url("/a"), .may_connect = [](absl::string_view, absl::string_view address) {
         return address != kLoopback;
       }});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kRefusedAddress) << heard.result->message;
  EXPECT_EQ(origin_.requests().size(), 1u);
}

TEST_F(ConnectionsTest, AddressIsJudgedForTheTargetOfARedirect) {
  ScriptedOrigin other;
  origin_.On("/a", Redirect(302, other.Url("/b")));
  const auto& heard = Fetch(
      {.url = origin_.Url("/a"), .may_connect = [&](absl::string_view url, absl::string_view) {
         return url == origin_.Url("/a");
       }});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kRefusedAddress) << heard.result->message;
  EXPECT_EQ(other.connections(), 0);
}

TEST_F(ConnectionsTest, AllowedAddressIsUsed) {
  origin_.On("/a", Answer("200 OK", "", "a"));
  const auto& heard = Fetch(
      {.url = origin_.Url("/a"), .may_connect = [](absl::string_view, absl::string_view address) {
         return address == kLoopback;
       }});
  EXPECT_EQ(heard.body, "a");
}

class LimitsTest : public CdnTest {
 protected:
  LimitsTest() : CdnTest({.transfers_max = 3, .transfers_per_host_max = 2, .waiting_max = 3}) {
    origin_.On("/wait", {AwaitSignal{}, Send{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}});
  }
  TransferId StartWaiting() { return Start({.url = origin_.Url("/wait")}); }
};

TEST_F(LimitsTest, TransfersToOneHostWaitForEachOtherInTurn) {
  for (const char* path : {"/1", "/2", "/3", "/4"}) {
    origin_.On(path, {AwaitSignal{}, Send{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}});
    Start({.url = origin_.Url(path)});
  }
  ASSERT_TRUE(RunUntil([&] { return origin_.requests().size() == 2; }));
  RunFor(std::chrono::milliseconds(10));
  EXPECT_EQ(origin_.requests().size(), 2u);
  EXPECT_EQ(cdn_->figures().active, 2u);
  EXPECT_EQ(cdn_->figures().waiting, 2u);
  for (int done = 1; done <= 4; ++done) {
    origin_.Signal();
    ASSERT_TRUE(RunUntil([&] { return recorder_.done == done; }));
    const std::size_t begun = done == 1 ? 3 : 4;
    EXPECT_TRUE(RunUntil([&] { return origin_.requests().size() == begun; }));
  }
  EXPECT_EQ(origin_.connections(), 2);
  EXPECT_THAT(origin_.requests()[2], HasSubstr("GET /3 "));
  EXPECT_THAT(origin_.requests()[3], HasSubstr("GET /4 "));
}

TEST_F(LimitsTest, AnotherHostIsNotKeptWaiting) {
  ScriptedOrigin other;
  other.On("/a", Answer("200 OK", "", "a"));
  for (int i = 0; i < 3; ++i) StartWaiting();
  EXPECT_EQ(Fetch({.url = other.Url("/a")}).body, "a");
}

TEST_F(LimitsTest, TooManyWaitingAreTurnedAway) {
  for (int i = 0; i < 6; ++i) StartWaiting();
  const TransferId id = StartWaiting();
  RunReady();
  EXPECT_EQ(recorder_.heard[id].result->outcome, FetchOutcome::kUnreachable);
  EXPECT_EQ(cdn_->active(), 6u);
}

TEST_F(LimitsTest, CancelledTransferGivesItsSlotAway) {
  const TransferId first = StartWaiting();
  StartWaiting();
  StartWaiting();
  ASSERT_TRUE(RunUntil([&] { return origin_.requests().size() == 2; }));
  cdn_->Cancel(first);
  EXPECT_TRUE(RunUntil([&] { return origin_.requests().size() == 3; }));
}

TEST_F(LimitsTest, NobodyWaitsForASlotForever) {
  StartWaiting();
  StartWaiting();
  const auto& heard = Fetch({.url = origin_.Url("/wait"), .stall_timeout = Milliseconds(30)});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kTimedOut);
  EXPECT_EQ(origin_.requests().size(), 2u);
}

class TlsTest : public CdnTest {
 protected:
  TlsTest() : tls_(boost::asio::ssl::context::tls_server) {
    const TestCertificate certificate = MakeTestCertificate();
    tls_.use_certificate(boost::asio::buffer(certificate.certificate_pem),
                         boost::asio::ssl::context::pem);
    tls_.use_private_key(boost::asio::buffer(certificate.key_pem), boost::asio::ssl::context::pem);
    secure_.emplace(&tls_);
    secure_->On("/a", Answer("200 OK", "", "secret"));
    ca_file_ = absl::StrCat(::testing::TempDir(), "client_cdn_test_", secure_->port(), ".pem");
    std::ofstream(ca_file_) << certificate.certificate_pem;
  }
  ~TlsTest() override { std::remove(ca_file_.c_str()); }

  boost::asio::ssl::context tls_;
  std::optional<ScriptedOrigin> secure_;
  std::string ca_file_;
};

TEST_F(TlsTest, CertificateOfATrustedAuthorityIsTaken) {
  cdn_.emplace(io_, CdnOptions{.ca_file = ca_file_});
  for (int i = 0; i < 3; ++i) {
    const auto& heard = Fetch({.url = secure_->Url("/a")});
    EXPECT_EQ(heard.body, "secret") << heard.result->message;
  }
  EXPECT_EQ(secure_->connections(), 1);
}

TEST_F(TlsTest, CertificateOfAnUnknownAuthorityIsRefused) {
  const auto& heard = Fetch({.url = secure_->Url("/a")});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kUnreachable);
  EXPECT_TRUE(secure_->requests().empty());
}

TEST_F(TlsTest, CertificateForAnotherNameIsRefused) {
  cdn_.emplace(io_, CdnOptions{.ca_file = ca_file_});
  const auto& heard = Fetch({.url = absl::StrCat("https://localhost:", secure_->port(), "/a")});
  EXPECT_EQ(heard.result->outcome, FetchOutcome::kUnreachable);
  EXPECT_TRUE(secure_->requests().empty());
}

TEST_F(TlsTest, TransfersAtOnceAllSucceedWithoutHttp2) {
  cdn_.emplace(io_, CdnOptions{.ca_file = ca_file_});
  for (int i = 0; i < 4; ++i) Start({.url = secure_->Url("/a")});
  ASSERT_TRUE(RunUntil([&] { return recorder_.done == 4; }));
  for (TransferId id = 1; id <= 4; ++id) EXPECT_EQ(recorder_.heard[id].body, "secret");
}

}  // namespace
}  // namespace shoal::cdn
