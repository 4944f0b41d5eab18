// What every gRPC server of the tracker answers beside its own service: health, reflection, and
// channelz for operators.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/unit/tracker/generic_client.h"
#include "tests/unit/tracker/server_fixture.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// HealthCheckRequest{service} and HealthCheckResponse{status}.
std::string HealthRequest(const std::string& service) {
  return service.empty()
             ? ""
             : absl::StrCat("\x0a", std::string(1, static_cast<char>(service.size())), service);
}
const char kServing[] = "\x08\x01";
const char kNotServing[] = "\x08\x02";
const char kHealthCheck[] = "/grpc.health.v1.Health/Check";
const char kHealthWatch[] = "/grpc.health.v1.Health/Watch";

TEST_F(TrackerServerTest, IsHealthyOnBothPorts) {
  Start();
  EXPECT_EQ(GenericCall(tracker_channel_, kHealthCheck, HealthRequest("")).Read(), kServing);
  EXPECT_EQ(GenericCall(tracker_channel_, kHealthCheck, HealthRequest("shoal.v1.Tracker")).Read(),
            kServing);
  EXPECT_EQ(GenericCall(operator_channel_, kHealthCheck, HealthRequest("shoal.v1.Operator")).Read(),
            kServing);
  EXPECT_EQ(GenericCall(tracker_channel_, kHealthCheck, HealthRequest("shoal.v1.Operator"))
                .End()
                .error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(TrackerServerTest, TellsItsWatchersThatItStopsAndDoesNotWaitForThem) {
  Start();
  GenericCall watch(tracker_channel_, kHealthWatch, HealthRequest("shoal.v1.Tracker"));
  ASSERT_EQ(watch.Read(), kServing);
  const auto began = std::chrono::steady_clock::now();
  std::thread stop([&] { server_->Stop(); });
  EXPECT_EQ(watch.Read(), kNotServing);
  stop.join();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(2900));
}

TEST_F(TrackerServerTest, HealthTellsWhetherMembersAreStored) {
  Start();
  const std::string store = HealthRequest("shoal.v1.Tracker.store");
  GenericCall watch(tracker_channel_, kHealthWatch, store);
  ASSERT_EQ(watch.Read(), kServing);
  store_.RefuseWith(absl::ResourceExhaustedError("the disk is full"));
  HandoutOf(1, 1);
  EXPECT_EQ(watch.Read(), kNotServing);
  EXPECT_EQ(GenericCall(operator_channel_, kHealthCheck, store).Read(), kNotServing);
  EXPECT_EQ(GenericCall(tracker_channel_, kHealthCheck, HealthRequest("")).Read(), kServing);
  EXPECT_FALSE(Figures().store().healthy());
  store_.RefuseWith(absl::OkStatus());
  EXPECT_EQ(watch.Read(), kServing);
  EXPECT_EQ(store_.size(), 1u);
  EXPECT_TRUE(Figures().store().healthy());
}

// ServerReflectionRequest{list_services: "*"}; the names stand in the answer as they are.
const char kListServices[] = "\x3a\x01*";
const char kReflection[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

TEST_F(TrackerServerTest, ReflectionNamesTheServicesOfEachPort) {
  Start();
  const std::string tracker =
      GenericCall(tracker_channel_, kReflection, kListServices).Read().value_or("");
  EXPECT_THAT(tracker, HasSubstr("shoal.v1.Tracker"));
  EXPECT_THAT(tracker, HasSubstr("grpc.health.v1.Health"));
  EXPECT_THAT(tracker, Not(HasSubstr("shoal.v1.Operator")));
  const std::string operators =
      GenericCall(operator_channel_, kReflection, kListServices).Read().value_or("");
  EXPECT_THAT(operators, HasSubstr("shoal.v1.Operator"));
  EXPECT_THAT(operators, HasSubstr("grpc.channelz.v1.Channelz"));
}

// ServerReflectionRequest{file_containing_symbol}: clients that know no descriptions ask for it.
TEST_F(TrackerServerTest, ReflectionDescribesItsServices) {
  Start();
  for (const std::string service : {"shoal.v1.Tracker", "grpc.health.v1.Health"}) {
    const std::string request =
        absl::StrCat("\x22", std::string(1, static_cast<char>(service.size())), service);
    const std::string answer =
        GenericCall(tracker_channel_, kReflection, request).Read().value_or("");
    EXPECT_THAT(answer, HasSubstr(".proto")) << service;
    EXPECT_THAT(answer, Not(HasSubstr("not found"))) << service;
  }
}

TEST_F(TrackerServerTest, ChannelzIsForOperatorsOnly) {
  Start();
  const char kGetServers[] = "/grpc.channelz.v1.Channelz/GetServers";
  EXPECT_TRUE(GenericCall(operator_channel_, kGetServers, "").End().ok());
  EXPECT_EQ(GenericCall(tracker_channel_, kGetServers, "").End().error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace shoal
