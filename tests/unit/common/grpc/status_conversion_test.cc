#include "common/grpc/status_conversion.h"

#include <gtest/gtest.h>

namespace shoal {
namespace {

TEST(StatusConversionTest, KeepsCodeAndMessageBothWays) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status =
        ToAbslStatus(grpc::Status(static_cast<grpc::StatusCode>(code), "peer 3f9a is gone"));
    EXPECT_EQ(static_cast<int>(status.code()), code);
    EXPECT_EQ(status.message(), "peer 3f9a is gone");
    const grpc::Status back = ToGrpcStatus(status);
    EXPECT_EQ(back.error_code(), code);
    EXPECT_EQ(back.error_message(), "peer 3f9a is gone");
  }
}

TEST(StatusConversionTest, OkIsOk) {
  EXPECT_TRUE(ToAbslStatus(grpc::Status::OK).ok());
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
}

TEST(StatusConversionTest, UnnamedCodesBecomeUnknown) {
  EXPECT_EQ(ToAbslStatus(grpc::Status(grpc::StatusCode::DO_NOT_USE, "?")).code(),
            absl::StatusCode::kUnknown);
}

}  // namespace
}  // namespace shoal
