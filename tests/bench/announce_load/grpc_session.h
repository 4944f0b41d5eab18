// Unary gRPC calls over HTTP/2 in cleartext, framed by nghttp2: far cheaper than gRPC's own client,
// so that one core of load fills one of server, and light enough for 16,000 connections.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_GRPC_SESSION_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_GRPC_SESSION_H_

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/bench/announce_load/session.h"

namespace shoal::bench {

class GrpcSession final : public Session {
 public:
  // Views must outlive the session.
  struct Options {
    absl::string_view authority;
    absl::string_view method;              // "/shoal.v1.Tracker/Announce"
    absl::string_view forwarded_for = {};  // in x-forwarded-for; empty: the header is not sent
    // The grpc-status that each call is to end with. One that is not 0 brings no message.
    int status = 0;
  };

  explicit GrpcSession(const Options& options);
  ~GrpcSession() override;
  GrpcSession(const GrpcSession&) = delete;
  GrpcSession& operator=(const GrpcSession&) = delete;

  void Submit(Tag tag, std::string request) override;
  bool Receive(absl::string_view bytes, Sink sink) override;
  bool TakeOutput(std::string& out) override;
  bool finished() const override;
  std::vector<Tag> Pending() const override;

 private:
  struct Stream {
    Tag tag = 0;
    bool open = false;
    bool status_ok = false;  // the right grpc-status was received
    std::string request;     // with gRPC's prefix of 5 bytes
    std::size_t sent = 0;
    std::string answer;  // likewise
  };
  // nghttp2's callbacks.
  struct Callbacks;

  Stream& FreeStream();
  void Close(Stream& stream);

  const Options options_;
  const std::string status_;  // of the options, as it is sent
  nghttp2_session* session_ = nullptr;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<Stream*> free_;
  const Sink* sink_ = nullptr;  // within Receive
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_GRPC_SESSION_H_
