#include "tracker/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "common/cli/program_options.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TrackerConfigTest : public ::testing::Test {
 protected:
  std::optional<int> Read(std::initializer_list<const char*> arguments) {
    std::vector<const char*> argv = {"shoal-tracker"};
    argv.insert(argv.end(), arguments);
    ::testing::internal::CaptureStderr();
    ::testing::internal::CaptureStdout();
    const std::optional<int> status =
        ReadTrackerConfig(static_cast<int>(argv.size()), argv.data(), config_);
    out_ = ::testing::internal::GetCapturedStdout();
    err_ = ::testing::internal::GetCapturedStderr();
    return status;
  }

  TrackerConfig config_;
  std::string out_;
  std::string err_;
};

TEST_F(TrackerConfigTest, OperatorAndMetricsAreNotOpenToOthersByDefault) {
  EXPECT_EQ(Read({}), std::nullopt);
  EXPECT_EQ(config_.operator_listen, "127.0.0.1:7071");
  EXPECT_EQ(config_.metrics_listen, "");
  EXPECT_THAT(config_.trusted_proxies, IsEmpty());
}

TEST_F(TrackerConfigTest, ReadsEveryOption) {
  EXPECT_EQ(Read({"--listen",
                  "0.0.0.0:7000",
                  "--operator-listen",
                  "[::1]:0",
                  "--metrics-listen",
                  "127.0.0.1:9100",
                  "--trusted-proxy",
                  "10.0.0.0/8",
                  "--trusted-proxy",
                  "fd00::/8",
                  "--ports-file",
                  "/tmp/ports",
                  "--announce-rate",
                  "50",
                  "--max-members",
                  "10",
                  "--max-members-per-swarm",
                  "5",
                  "--max-swarms",
                  "2",
                  "--threads",
                  "3",
                  "--zones",
                  "/etc/zones",
                  "--dial-rate",
                  "7",
                  "--max-connections",
                  "900",
                  "--max-connections-per-address",
                  "90",
                  "--log-level",
                  "debug"}),
            std::nullopt)
      << err_;
  EXPECT_EQ(config_.listen, "0.0.0.0:7000");
  EXPECT_EQ(config_.operator_listen, "[::1]:0");
  EXPECT_EQ(config_.metrics_listen, "127.0.0.1:9100");
  EXPECT_THAT(config_.trusted_proxies, ElementsAre("10.0.0.0/8", "fd00::/8"));
  EXPECT_EQ(config_.ports_file, "/tmp/ports");
  EXPECT_EQ(config_.membership.announces_per_second, 50);
  EXPECT_EQ(config_.membership.max_members, 10u);
  EXPECT_EQ(config_.membership.max_members_per_swarm, 5u);
  EXPECT_EQ(config_.membership.max_swarms, 2u);
  EXPECT_EQ(config_.threads, 3u);
  EXPECT_EQ(config_.zones, "/etc/zones");
  EXPECT_EQ(config_.dial_rate, 7);
  EXPECT_EQ(config_.connections.in_all, 900u);
  EXPECT_EQ(config_.connections.per_source, 90u);
  EXPECT_EQ(config_.log_level, "debug");
}

TEST_F(TrackerConfigTest, TheOperatorListensToOthersOnlyIfToldSo) {
  EXPECT_EQ(Read({"--operator-listen", "0.0.0.0:7071"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("--operator-listen: 0.0.0.0:7071 is not a loopback address"));
  EXPECT_EQ(Read({"--operator-listen", "0.0.0.0:7071", "--operator-anywhere"}), std::nullopt);
}

TEST_F(TrackerConfigTest, MembersAreStoredWhereThereIsAPlaceForThem) {
  EXPECT_EQ(Read({}), std::nullopt);
  EXPECT_EQ(config_.store.kind, StoreKind::kMemory);
  EXPECT_EQ(Read({"--state-dir", "/var/lib/shoal"}), std::nullopt);
  EXPECT_EQ(config_.store.kind, StoreKind::kRocksDb);
  EXPECT_EQ(config_.store.directory, "/var/lib/shoal/members");
  EXPECT_FALSE(config_.store.repair);
  EXPECT_EQ(Read({"--state-dir", "/s", "--store", "rocksdb", "--repair"}), std::nullopt);
  EXPECT_EQ(config_.store.directory, "/s/members");
  EXPECT_TRUE(config_.store.repair);
  EXPECT_EQ(Read({"--store", "rocksdb:/fast/disk"}), std::nullopt);
  EXPECT_EQ(config_.store.kind, StoreKind::kRocksDb);
  EXPECT_EQ(config_.store.directory, "/fast/disk");
  EXPECT_EQ(Read({"--state-dir", "/s", "--store", "memory"}), std::nullopt);
  EXPECT_EQ(config_.store.kind, StoreKind::kMemory);
}

TEST_F(TrackerConfigTest, AStoreWithoutAPlaceIsAFault) {
  config_.state_dir.clear();
  EXPECT_EQ(Read({"--store", "rocksdb"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("--store: rocksdb has no directory"));
  for (const char* store : {"rocksdb:", "redis:/x", "nonsense"}) {
    EXPECT_EQ(Read({"--store", store}), kExitUsage);
    EXPECT_THAT(err_, HasSubstr("is none of memory, rocksdb and rocksdb:DIR"));
  }
}

TEST_F(TrackerConfigTest, FaultsNameTheOption) {
  EXPECT_EQ(Read({"--listen", "7070"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("--listen: \"7070\" is not an endpoint"));
  EXPECT_EQ(Read({"--trusted-proxy", "10.0.0.0/33"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("--trusted-proxy: \"10.0.0.0/33\" has no prefix length"));
  EXPECT_EQ(Read({"--announce-rate", "0"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("--announce-rate"));
  EXPECT_EQ(Read({"--threads", "0"}), kExitUsage);
  EXPECT_EQ(Read({"--log-level", "loud"}), kExitUsage);
}

TEST_F(TrackerConfigTest, HelpNamesEveryOption) {
  EXPECT_EQ(Read({"--help"}), kExitOk);
  for (const char* option :
       {"--listen", "--operator-listen", "--operator-anywhere", "--metrics-listen",
        "--trusted-proxy", "--ports-file", "--announce-rate", "--max-members",
        "--max-members-per-swarm", "--max-swarms", "--threads", "--state-dir", "--store",
        "--repair", "--log-level", "--config", "--version", "SHOAL_LISTEN"}) {
    EXPECT_THAT(out_, HasSubstr(option));
  }
}

}  // namespace
}  // namespace shoal
