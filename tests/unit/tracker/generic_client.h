// Calls of services whose generated code is not there (health, reflection, channelz), with messages
// encoded by hand. Every call ends after a few seconds at the latest.
#ifndef SHOAL_TESTS_UNIT_TRACKER_GENERIC_CLIENT_H_
#define SHOAL_TESTS_UNIT_TRACKER_GENERIC_CLIENT_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace shoal {

inline grpc::ByteBuffer ToByteBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

inline std::string ToBytes(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.DumpToSingleSlice(&slice).ok()) return "";
  return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
}

// One call of any kind, seen as a stream: one message goes out, any number come in.
class GenericCall {
 public:
  GenericCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
              const std::string& request)
      : stub_(channel) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    stream_ = stub_.PrepareCall(&context_, method, &queue_);
    stream_->StartCall(Tag());
    if (!Wait()) return;
    stream_->Write(ToByteBuffer(request), Tag());
    Wait();
  }

  ~GenericCall() {
    if (!finished_) {
      context_.TryCancel();
      Finish();
    }
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  // The next message; nullopt once the call has ended.
  std::optional<std::string> Read() {
    grpc::ByteBuffer message;
    stream_->Read(&message, Tag());
    if (!Wait()) return std::nullopt;
    return ToBytes(message);
  }

  // Says that nothing follows and waits for the end of the call.
  grpc::Status End() {
    stream_->WritesDone(Tag());
    Wait();
    while (Read()) {
    }
    return Finish();
  }

 private:
  void* Tag() { return this; }

  bool Wait() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::Status Finish() {
    grpc::Status status;
    stream_->Finish(&status, Tag());
    Wait();
    finished_ = true;
    return status;
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  bool finished_ = false;
};

}  // namespace shoal

#endif  // SHOAL_TESTS_UNIT_TRACKER_GENERIC_CLIENT_H_
