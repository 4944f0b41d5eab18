// A gRPC completion queue and the one thread that serves calls from it.
//
// The tracker runs one per core. The asynchronous interface rather than the callback one: the
// latter's threads sleep in steps of 100 ms once idle, which the rare calls of a small swarm would
// feel, and their number cannot be chosen.
//
//   CompletionLoop loop(builder.AddCompletionQueue());
//   std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
//   loop.Serve<Request, Response>(accept, handle);        // for each unary method
//   loop.ServeWatch<Request, Response>(accept, current);  // for each that tells of changes
//   loop.Start();
//   …
//   server->Shutdown(deadline);
//   loop.Shutdown();
//
// A *prompt* loop waits for what happens on any connection of the process: gRPC has one set of
// connections for all queues, and whichever thread waits takes in what comes, hands it to the queue
// that it is for, and wakes another thread to wait on. With more threads waiting than needed, each
// announce passed through two or three. So all loops but those for announces are *quiet*: they look
// into their queue now and then, from every kQuietPauseMin after something has happened to every
// kIdlePauseMax (kQuietPauseMax if somebody watches), and leave waiting to the prompt ones. In a
// process without a prompt loop they are slow (a step of each call takes such a pause), but work.
//
// Ownership: owns queue, thread and the calls in progress.
// Threads:   Serve…, Start and Shutdown by the owner's thread, in the order above, Serve and Start
//            only if the server was started; handlers run on the loop's thread.
#ifndef SHOAL_TRACKER_SERVICE_COMPLETION_LOOP_H_
#define SHOAL_TRACKER_SERVICE_COMPLETION_LOOP_H_

#include <grpcpp/completion_queue.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

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

  // For a method with a stream of answers.
  template <class Request, class Response>
  using AcceptWatch =
      std::function<void(grpc::ServerContext*, Request*, grpc::ServerAsyncWriter<Response>*,
                         grpc::ServerCompletionQueue*, void* tag)>;
  // What there is to say to `request` now.
  template <class Request, class Response>
  using Current = std::function<Response(const Request& request)>;

  enum class Pace { kPrompt, kQuiet };
  // What a quiet loop lets pass between two looks; at most the latter while nobody watches. Each
  // costs some 80 µs.
  static constexpr absl::Duration kQuietPauseMin = absl::Milliseconds(5);
  static constexpr absl::Duration kQuietPauseMax = absl::Milliseconds(100);
  static constexpr absl::Duration kIdlePauseMax = absl::Milliseconds(300);

  explicit CompletionLoop(std::unique_ptr<grpc::ServerCompletionQueue> queue,
                          Pace pace = Pace::kPrompt)
      : queue_(std::move(queue)), pace_(pace) {}
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

  // From Start on, answers every call of a method with what there is to say at once, and whenever
  // that has changed, until the client cancels it. REQUIRES: the loop is quiet; Response is a protobuf message.
  template <class Request, class Response>
  void ServeWatch(AcceptWatch<Request, Response> accept, Current<Request, Response> current) {
    auto method =
        std::make_unique<WatchMethod<Request, Response>>(std::move(accept), std::move(current));
    Await(*method);
    methods_.push_back(std::move(method));
  }

  void Start();

  // Ends the thread, after what is in the queue. REQUIRES: the server, if there is one, was shut
  // down. Called by the destructor if need be.
  void Shutdown();

 private:
  // Calls of a method that gRPC may pass on before this thread has looked at the first of them.
  // Beyond, gRPC keeps a list of its own, which costs more.
  static constexpr int kCallsAwaited = 64;
  // Bytes, on the wire, of an answer or of a refused request whose messages are kept for other calls.
  static constexpr int kKeptAnswerMax = 32 * 1024;
  static constexpr std::size_t kKeptRefusedMax = 2048;

  // What a call says and is told, both protobuf messages.
  template <class Request, class Response>
  struct Messages {
    Request request;
    Response response;
  };

  // Messages of calls that are answered, for those to come: their parts need not be allocated again.
  template <class Request, class Response>
  class SpareMessages {
   public:
    std::unique_ptr<Messages<Request, Response>> Take() {
      if (spare_.empty()) return std::make_unique<Messages<Request, Response>>();
      std::unique_ptr<Messages<Request, Response>> messages = std::move(spare_.back());
      spare_.pop_back();
      return messages;
    }
    void Put(std::unique_ptr<Messages<Request, Response>> messages) {
      if (spare_.size() == kSpareMax) return;
      messages->request.Clear();
      messages->response.Clear();
      spare_.push_back(std::move(messages));
    }

   private:
    // A call takes some as the one before it gives back its own: more would never be needed.
    static constexpr std::size_t kSpareMax = 4;

    std::vector<std::unique_ptr<Messages<Request, Response>>> spare_;
  };

  struct MethodBase {
    virtual ~MethodBase() = default;
  };

  template <class Request, class Response>
  struct Method : MethodBase {
    Method(Accept<Request, Response> a, Handle<Request, Response> h)
        : accept(std::move(a)), handle(std::move(h)) {}

    const Accept<Request, Response> accept;
    const Handle<Request, Response> handle;
    mutable SpareMessages<Request, Response> spare;  // loop's thread only
  };

  template <class Request, class Response>
  struct WatchMethod : MethodBase {
    WatchMethod(AcceptWatch<Request, Response> a, Current<Request, Response> c)
        : accept(std::move(a)), current(std::move(c)) {}

    const AcceptWatch<Request, Response> accept;
    const Current<Request, Response> current;
  };

  // A call, from waiting for it until its answer is out. Deletes itself then.
  class Call {
   public:
    virtual ~Call() = default;
    // What the call waited for has happened, or cannot any more (`ok` is false). `may_go_on`: the
    // queue still takes operations.
    virtual void Proceed(bool ok, bool may_go_on) = 0;
  };

  // A call whose client is told of changes.
  class Watcher {
   public:
    virtual ~Watcher() = default;
    virtual void Look() = 0;
  };

  template <class Request, class Response>
  class UnaryCall;
  template <class Request, class Response>
  class WatchCall;

  template <class Request, class Response>
  void Await(const Method<Request, Response>& method) {
    auto* call = new UnaryCall<Request, Response>(*this, method);
    call->Accept();
  }

  template <class Request, class Response>
  void Await(const WatchMethod<Request, Response>& method) {
    auto* call = new WatchCall<Request, Response>(*this, method);
    call->Accept();
  }

  void Run();
  void Proceed(void* tag, bool ok);
  void RunQuietly();
  // Of a quiet loop, between two looks.
  void Pause(absl::Duration pause);

  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  const Pace pace_;
  std::vector<std::unique_ptr<MethodBase>> methods_;
  std::thread thread_;
  // Held while a call proceeds, so that none starts an operation on a queue that is shut down.
  absl::Mutex mu_;
  bool shut_down_ ABSL_GUARDED_BY(mu_) = false;
  absl::flat_hash_set<Watcher*> watchers_;  // loop's thread only
};

template <class Request, class Response>
class CompletionLoop::UnaryCall final : public CompletionLoop::Call {
 public:
  UnaryCall(CompletionLoop& loop, const Method<Request, Response>& method)
      : loop_(loop), method_(method), messages_(method.spare.Take()), writer_(&context_) {}

  void Accept() {
    method_.accept(&context_, &messages_->request, &writer_, loop_.queue_.get(), Tag());
  }

  void Proceed(bool ok, bool may_go_on) override {
    if (answered_ || !ok || !may_go_on) {
      delete this;
      return;
    }
    // Somebody must wait for the next call before this one is through: its answer may take long to
    // send if the client reads slowly.
    loop_.Await(method_);
    answered_ = true;
    const grpc::Status status = method_.handle(context_, messages_->request, &messages_->response);
    if (status.ok()) {
      writer_.Finish(messages_->response, status, Tag());
    } else {
      writer_.FinishWithError(status, Tag());
    }
    // What is sent lies in gRPC's own buffers now.
    if (MayBeKept(*messages_, status.ok())) method_.spare.Put(std::move(messages_));
  }

 private:
  // Whether they are small: what was refused may be larger in memory than any that is not.
  static bool MayBeKept(const Messages<Request, Response>& messages, bool is_answered) {
    return is_answered ? messages.response.GetCachedSize() <= kKeptAnswerMax
                       : messages.request.ByteSizeLong() <= kKeptRefusedMax;
  }

  void* Tag() { return static_cast<CompletionLoop::Call*>(this); }

  CompletionLoop& loop_;
  const Method<Request, Response>& method_;
  std::unique_ptr<Messages<Request, Response>> messages_;  // nullptr: given back
  grpc::ServerContext context_;
  grpc::ServerAsyncResponseWriter<Response> writer_;
  bool answered_ = false;
};

template <class Request, class Response>
class CompletionLoop::WatchCall final : public CompletionLoop::Call,
                                        public CompletionLoop::Watcher {
 public:
  WatchCall(CompletionLoop& loop, const WatchMethod<Request, Response>& method)
      : loop_(loop), method_(method), writer_(&context_), ended_(*this) {}

  void Accept() {
    context_.AsyncNotifyWhenDone(static_cast<Call*>(&ended_));
    method_.accept(&context_, &request_, &writer_, loop_.queue_.get(), Tag());
  }

  // Of the acceptance, and then of each message.
  void Proceed(bool ok, bool may_go_on) override {
    if (!accepted_) {
      if (!ok) {  // nor does `ended_` come for a call that never was
        delete this;
        return;
      }
      accepted_ = true;
      if (may_go_on) loop_.Await(method_);
      loop_.watchers_.insert(this);
      if (may_go_on) Look();
      return;
    }
    writing_ = false;
    broken_ |= !ok || !may_go_on;
    DeleteIfOver();
  }

  void Look() override {
    if (writing_ || broken_ || over_) return;
    Response now = method_.current(request_);
    if (told_ && Same(now, *told_)) return;
    told_ = std::move(now);
    writing_ = true;
    writer_.Write(*told_, Tag());
  }

 private:
  // What tells that the call is over: canceled, or its connection gone.
  struct Ended final : CompletionLoop::Call {
    explicit Ended(WatchCall& watch) : call(watch) {}
    void Proceed(bool, bool) override {
      call.over_ = true;
      call.loop_.watchers_.erase(&call);
      call.DeleteIfOver();
    }
    WatchCall& call;
  };

  static bool Same(const Response& a, const Response& b) {
    return a.SerializeAsString() == b.SerializeAsString();
  }

  void DeleteIfOver() {
    if (over_ && !writing_) delete this;
  }

  void* Tag() { return static_cast<CompletionLoop::Call*>(this); }

  CompletionLoop& loop_;
  const WatchMethod<Request, Response>& method_;
  grpc::ServerContext context_;
  Request request_;
  grpc::ServerAsyncWriter<Response> writer_;
  Ended ended_;
  std::optional<Response> told_;  // last
  bool accepted_ = false;
  bool writing_ = false;
  bool broken_ = false;  // nothing more can be told
  bool over_ = false;
};

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_COMPLETION_LOOP_H_
