// What gRPC itself has to say, in the program's own log. Threads: any.
#ifndef SHOAL_COMMON_GRPC_GRPC_LOGGING_H_
#define SHOAL_COMMON_GRPC_GRPC_LOGGING_H_

namespace shoal {

// From now on gRPC's messages, which otherwise go to standard error in a form of their own, are
// lines of spdlog's default logger at level debug: whatever in them matters comes back as a status,
// too. Call before the first use of gRPC.
void LogGrpcThroughSpdlog();

}  // namespace shoal

#endif  // SHOAL_COMMON_GRPC_GRPC_LOGGING_H_
