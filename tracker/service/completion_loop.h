// A gRPC completion queue and the one thread that serves unary calls from it.
//
// The tracker runs one per core. The asynchronous interface rather than the callback one: the
// latter's threads sleep in steps of 100 ms once idle, which the rare calls of a small swarm would
// feel, and their number cannot be chosen.
//
//   CompletionLoop loop(builder.AddCompletionQueue());
//   std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
//   loop.Serve<Request, Response>(accept, handle);   // for each method
//   loop.Start();
//   …
//   server->Shutdown(deadline);
//   loop.Shutdown();
//
// Ownership: owns queue, thread and the calls in progress.
// Threads:   Serve, Start and Shutdown by the owner's thread, in the order above, Serve and Start
//            only if the server was started; handlers run on the loop's thread.
#ifndef SHOAL_TRACKER_SERVICE_COMPLETION_LOOP_H_
#define SHOAL_TRACKER_SERVICE_COMPLETION_LOOP_H_

#include <grpcpp/completion_queue.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace shoal::service {

class CompletionLoop {
 public:
  // Asks gRPC to pass on the next call of the method, once: `Request…` of the generated service.
  template <class Request, class Response>
  using Accept =
      std::function<void(grpc::ServerContext*, Request*, grpc::ServerAsyncResponseWriter<Response>*,
                         grpc::ServerCompletionQueue*, void* tag)>;
  // Answers a call; must not block. An answer of a status other than OK carries no message.
  template <class Request, class Response>
  using Handle = std::function<grpc::Status(const grpc::ServerContext&, const Request&, Response*)>;

  explicit CompletionLoop(std::unique_ptr<grpc::ServerCompletionQueue> queue)
      : queue_(std::move(queue)) {}
  CompletionLoop(const CompletionLoop&) = delete;
  CompletionLoop& operator=(const CompletionLoop&) = delete;
  ~CompletionLoop() { Shutdown(); }

  // From Start on, answers every call of a method that comes to this queue.
  template <class Request, class Response>
  void Serve(Accept<Request, Response> accept, Handle<Request, Response> handle) {
    auto method = std::make_unique<Method<Request, Response>>(std::move(accept), std::move(handle));
    for (int i = 0; i < kCallsAwaited; ++i) Await(*method);
    methods_.push_back(std::move(method));
  }

  void Start();

  // Ends the thread, after what is in the queue. REQUIRES: the server, if there is one, was shut
  // down. Called by the destructor if need be.
  void Shutdown();

 private:
  // Calls of a method that gRPC may pass on before this thread has looked at the first of them.
  static constexpr int kCallsAwaited = 16;

  struct MethodBase {
    virtual ~MethodBase() = default;
  };

  template <class Request, class Response>
  struct Method : MethodBase {
    Method(Accept<Request, Response> a, Handle<Request, Response> h)
        : accept(std::move(a)), handle(std::move(h)) {}

    const Accept<Request, Response> accept;
    const Handle<Request, Response> handle;
  };

  // A call, from waiting for it until its answer is out. Deletes itself then.
  class Call {
   public:
    virtual ~Call() = default;
    // What the call waited for has happened, or cannot any more (`ok` is false). `may_go_on`: the
    // queue still takes operations.
    virtual void Proceed(bool ok, bool may_go_on) = 0;
  };

  template <class Request, class Response>
  class UnaryCall;

  template <class Request, class Response>
  void Await(const Method<Request, Response>& method) {
    auto* call = new UnaryCall<Request, Response>(*this, method);
    call->Accept();
  }

  void Run();

  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::vector<std::unique_ptr<MethodBase>> methods_;
  std::thread thread_;
  // Held while a call proceeds, so that none starts an operation on a queue that is shut down.
  absl::Mutex mu_;
  bool shut_down_ ABSL_GUARDED_BY(mu_) = false;
};

template <class Request, class Response>
class CompletionLoop::UnaryCall final : public CompletionLoop::Call {
 public:
  UnaryCall(CompletionLoop& loop, const Method<Request, Response>& method)
      : loop_(loop), method_(method), writer_(&context_) {}

  void Accept() { method_.accept(&context_, &request_, &writer_, loop_.queue_.get(), Tag()); }

  void Proceed(bool ok, bool may_go_on) override {
    if (answered_ || !ok || !may_go_on) {
      delete this;
      return;
    }
    // Somebody must wait for the next call before this one is through: its answer may take long to
    // send if the client reads slowly.
    loop_.Await(method_);
    answered_ = true;
    Response response;
    const grpc::Status status = method_.handle(context_, request_, &response);
    if (status.ok()) {
      writer_.Finish(response, status, Tag());
    } else {
      writer_.FinishWithError(status, Tag());
    }
  }

 private:
  void* Tag() { return static_cast<CompletionLoop::Call*>(this); }

  CompletionLoop& loop_;
  const Method<Request, Response>& method_;
  grpc::ServerContext context_;
  Request request_;
  grpc::ServerAsyncResponseWriter<Response> writer_;
  bool answered_ = false;
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_COMPLETION_LOOP_H_
