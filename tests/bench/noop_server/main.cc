// noop_server: a server of shoal.v1.Tracker that answers every announce without looking at it. What
// a call costs it is what gRPC costs: the floor for any tracker.
//
// Deliberately the plainest server that there can be: one completion queue, one thread, no other
// service. It shares no code with the tracker.
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/atomic_file.h"
#include "common/cli/program_options.h"
#include "common/grpc/member_codec.h"
#include "shoal/v1/tracker.grpc.pb.h"

namespace shoal::bench {
namespace {

constexpr int kCallsAwaited = 64;

struct Options {
  std::string listen = "127.0.0.1:0";
  std::string ports_file;
  std::size_t handout = 0;
};

// A call, from waiting for it until its answer is out.
class Call {
 public:
  Call(v1::Tracker::AsyncService& service, grpc::ServerCompletionQueue& queue,
       const v1::AnnounceResponse& answer)
      : service_(service), queue_(queue), answer_(answer), writer_(&context_) {
    service_.RequestAnnounce(&context_, &request_, &writer_, &queue_, &queue_, this);
  }

  void Proceed(bool ok) {
    if (!ok || answered_) {
      delete this;
      return;
    }
    new Call(service_, queue_, answer_);
    answered_ = true;
    writer_.Finish(answer_, grpc::Status::OK, this);
  }

 private:
  v1::Tracker::AsyncService& service_;
  grpc::ServerCompletionQueue& queue_;
  const v1::AnnounceResponse& answer_;
  grpc::ServerContext context_;
  v1::AnnounceRequest request_;
  grpc::ServerAsyncResponseWriter<v1::AnnounceResponse> writer_;
  bool answered_ = false;
};

// For one swarm, with so many members of no meaning; empty for none.
v1::AnnounceResponse AnswerOf(std::size_t members) {
  v1::AnnounceResponse answer;
  if (members == 0) return answer;
  answer.set_announce_interval_ms(15'000);
  v1::SwarmHandout* handout = answer.add_swarms();
  handout->set_swarm_size(static_cast<std::uint32_t>(members));
  handout->set_full(true);
  const Member member{.endpoint = {std::string("\x7f\0\0\1", 4), 1}};
  AppendPackedMembers(std::vector<Member>(members, member), *handout->mutable_added());
  return answer;
}

int Serve(const Options& options) {
  v1::Tracker::AsyncService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(options.listen, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    std::cerr << "noop_server: cannot listen on " << options.listen << "\n";
    return kExitFailure;
  }
  const v1::AnnounceResponse answer = AnswerOf(options.handout);
  for (int i = 0; i < kCallsAwaited; ++i) new Call(service, *queue, answer);
  const absl::Status written =
      options.ports_file.empty()
          ? absl::OkStatus()
          : WriteFileAtomically(options.ports_file, absl::StrCat("listen=", port, "\n"));
  if (!written.ok()) std::cerr << "noop_server: " << written.message() << "\n";
  // Until a signal ends the process.
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) static_cast<Call*>(tag)->Proceed(ok);
  return kExitOk;
}

int Run(int argc, const char* const* argv) {
  Options settings;
  ProgramOptions options("noop_server",
                         "Answers every announce at once and without looking at it: what gRPC "
                         "alone costs a tracker. Ends by a signal.");
  options.Add("--listen", "ADDR:PORT", settings.listen,
              "Where it listens; port 0 takes a free one.");
  options.Add("--ports-file", "FILE", settings.ports_file,
              "Write `listen=PORT` to this file once it is open.");
  options
      .Add("--handout", "N", settings.handout,
           "Answer as for one swarm with so many members, instead of with nothing.")
      ->check(CLI::Range(std::size_t{0}, kHandoutMembersMax));
  if (const std::optional<int> status = options.Parse(argc, argv)) return *status;
  signal(SIGPIPE, SIG_IGN);
  return Serve(settings);
}

}  // namespace
}  // namespace shoal::bench

int main(int argc, char** argv) { return shoal::bench::Run(argc, argv); }
