#include "client/config.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using testing::HasSubstr;

class ConfigTest : public testing::Test {
 protected:
  ~ConfigTest() override {
    for (const std::string& name : set_) unsetenv(name.c_str());
  }
  void SetEnvironment(const std::string& name, const std::string& value) {
    setenv(name.c_str(), value.c_str(), 1);
    set_.push_back(name);
  }
  std::variant<ClientConfig, int> Read(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "shoal-client");
    return ReadClientConfig(static_cast<int>(arguments.size()), arguments.data(), out_, err_);
  }
  ClientConfig Good(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), {"--origin", "http://cdn.example"});
    auto config = Read(std::move(arguments));
    EXPECT_TRUE(std::holds_alternative<ClientConfig>(config)) << err_.str();
    return std::get<ClientConfig>(config);
  }
  // The line about what is wrong.
  std::string Fault(std::vector<const char*> arguments) {
    err_.str("");
    const auto config = Read(std::move(arguments));
    const int* status = std::get_if<int>(&config);
    EXPECT_TRUE(status != nullptr && *status == 2);
    EXPECT_EQ(out_.str(), "");
    const std::string line = err_.str();
    EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
    return line;
  }

  std::ostringstream out_;
  std::ostringstream err_;
  std::vector<std::string> set_;
};

TEST_F(ConfigTest, HasSensibleDefaults) {
  const ClientConfig config = Good({});
  EXPECT_EQ(config.client.origin.Origin(), "http://cdn.example");
  EXPECT_EQ(config.client.listen, "127.0.0.1:8090");
  EXPECT_EQ(config.client.peer_listen, "[::]:0");
  EXPECT_EQ(config.client.tracker, "");
  EXPECT_EQ(config.client.core.cache_bytes, 20u << 20);
  EXPECT_EQ(config.client.core.max_upload_bytes_per_second, std::nullopt);
  EXPECT_EQ(config.client.core.assignment, core::AssignmentKind::kLottery);
  EXPECT_EQ(config.client.core.handoff, core::HandoffMode::kDeadline);
  EXPECT_FALSE(config.client.share_private);
  EXPECT_EQ(config.log_level, "info");
}

TEST_F(ConfigTest, ReadsEveryOption) {
  const ClientConfig config = Good({"--tracker",
                                    "tracker.example:7070",
                                    "--listen",
                                    "0.0.0.0:80",
                                    "--peer-listen",
                                    "10.0.0.1:7001",
                                    "--state-dir",
                                    "/s",
                                    "--namespace",
                                    "n",
                                    "--assignment=off",
                                    "--handoff=request",
                                    "--max-upload",
                                    "8Mbit",
                                    "--cache-bytes",
                                    "32MiB",
                                    "--share-private",
                                    "--ignore-path",
                                    "/t-[^/]*",
                                    "--ports-file",
                                    "/p",
                                    "--log-level",
                                    "debug",
                                    "--origin-ca",
                                    "/ca.pem"});
  EXPECT_EQ(config.client.tracker, "tracker.example:7070");
  EXPECT_EQ(config.client.listen, "0.0.0.0:80");
  EXPECT_EQ(config.client.peer_listen, "10.0.0.1:7001");
  EXPECT_EQ(config.client.state_dir, "/s");
  EXPECT_EQ(config.client.name_space, "n");
  EXPECT_EQ(config.client.core.assignment, core::AssignmentKind::kOff);
  EXPECT_EQ(config.client.core.handoff, core::HandoffMode::kRequest);
  EXPECT_EQ(config.client.core.max_upload_bytes_per_second, 1'000'000u);
  EXPECT_EQ(config.client.core.cache_bytes, 32u << 20);
  EXPECT_TRUE(config.client.share_private);
  EXPECT_EQ(config.client.ignore_path.Apply("/t-1/a.ts"), "/a.ts");
  EXPECT_EQ(config.client.origin_ca_file, "/ca.pem");
  EXPECT_EQ(config.ports_file, "/p");
  EXPECT_EQ(config.log_level, "debug");
}

TEST_F(ConfigTest, TheCommandLineBeatsTheEnvironmentWhichBeatsTheFile) {
  const std::string path = testing::TempDir() + "/shoal-client.conf";
  std::ofstream(path) << "namespace = file\nlisten = 127.0.0.1:1\nmax-upload = 1Mbit\n";
  SetEnvironment("SHOAL_LISTEN", "127.0.0.1:2");
  SetEnvironment("SHOAL_MAX_UPLOAD", "2Mbit");
  const ClientConfig config = Good({"--config", path.c_str(), "--max-upload", "4Mbit"});
  EXPECT_EQ(config.client.name_space, "file");
  EXPECT_EQ(config.client.listen, "127.0.0.1:2");
  EXPECT_EQ(config.client.core.max_upload_bytes_per_second, 500'000u);
}

TEST_F(ConfigTest, BadValuesAreOneClearLine) {
  EXPECT_THAT(Fault({}), HasSubstr("--origin"));
  EXPECT_THAT(Fault({"--origin", "cdn.example"}), HasSubstr("not an http or https URL"));
  EXPECT_THAT(Fault({"--origin", "ftp://cdn.example"}), HasSubstr("--origin"));
  EXPECT_THAT(Fault({"--origin", "http://cdn.example/live"}), HasSubstr("after host and port"));
  const char* const origin = "--origin=http://cdn.example";
  EXPECT_THAT(Fault({origin, "--listen", "8090"}), HasSubstr("--listen: \"8090\""));
  EXPECT_THAT(Fault({origin, "--listen", "127.0.0.1"}), HasSubstr("--listen"));
  EXPECT_THAT(Fault({origin, "--tracker", "tracker"}), HasSubstr("--tracker"));
  EXPECT_THAT(Fault({origin, "--peer-listen", "host:1"}), HasSubstr("--peer-listen"));
  EXPECT_THAT(Fault({origin, "--max-upload", "8"}), HasSubstr("--max-upload"));
  EXPECT_THAT(Fault({origin, "--cache-bytes", "1MiB"}), HasSubstr("--cache-bytes"));
  EXPECT_THAT(Fault({origin, "--assignment", "x"}), HasSubstr("--assignment"));
  EXPECT_THAT(Fault({origin, "--ignore-path", "("}), HasSubstr("--ignore-path"));
  EXPECT_THAT(Fault({origin, "--nonsense"}), HasSubstr("nonsense"));
}

TEST_F(ConfigTest, HelpAndVersionEndWell) {
  const auto help = Read({"--help"});
  EXPECT_EQ(std::get<int>(help), 0);
  EXPECT_THAT(out_.str(), HasSubstr("SHOAL_MAX_UPLOAD"));
  EXPECT_THAT(out_.str(), HasSubstr("--ignore-path"));
  EXPECT_EQ(std::get<int>(Read({"--version"})), 0);
}

}  // namespace
}  // namespace shoal
