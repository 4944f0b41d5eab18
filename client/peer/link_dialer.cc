#include "client/peer/link_dialer.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/peer/channel_options.h"
#include "common/grpc/channel_arguments.h"
#include "common/grpc/ip_address.h"

namespace shoal::peer {
namespace {

constexpr char kMethod[] = "/shoal.v1.Peer/Link";

// A hold keeps the call from being over while the loop may still start something on it.
class DialledCall final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                          public StreamCalls {
 public:
  DialledCall(std::shared_ptr<grpc::Channel> channel, std::shared_ptr<LinkStream> stream)
      : stub_(std::move(channel)), stream_(std::move(stream)) {
    stub_.PrepareBidiStreamingCall(&context_, kMethod, {}, this);
    AddHold();
    StartCall();
  }

  // StreamCalls
  void Read(grpc::ByteBuffer* into) override { StartRead(into); }
  void Write(const grpc::ByteBuffer* from) override { StartWrite(from); }
  void HalfClose() override { StartWritesDone(); }
  void Release() override { RemoveHold(); }
  void Cancel() override { context_.TryCancel(); }

  // Reactions, on gRPC's threads
  void OnReadDone(bool ok) override { stream_->ReadDone(ok); }
  void OnWriteDone(bool ok) override { stream_->WriteDone(ok); }
  void OnDone(const grpc::Status& status) override {
    LinkStream::Done(std::move(stream_), status);  // May destroy this object.
  }

 private:
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  std::shared_ptr<LinkStream> stream_;
};

}  // namespace

void LinkDialer::Dial(const Endpoint& endpoint, std::shared_ptr<LinkStream> stream) {
  LinkStream* const started = stream.get();
  started->Start(std::make_unique<DialledCall>(ChannelTo(endpoint), std::move(stream)));
}

std::size_t LinkDialer::channels() {
  ForgetClosed();
  return channels_.size();
}

std::shared_ptr<grpc::Channel> LinkDialer::ChannelTo(const Endpoint& endpoint) {
  ForgetClosed();
  std::weak_ptr<grpc::Channel>& known = channels_[endpoint];
  if (auto channel = known.lock()) return channel;

  grpc::ChannelArguments arguments =
      DirectChannelArguments({.first = Milliseconds(100), .most = Seconds(1)});
  for (const auto& [name, value] : CommonChannelOptions()) arguments.SetInt(name, value);
  // Despite its name the time that an attempt to connect may take; whoever dials gives up earlier.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 10000);
  arguments.SetResourceQuota(quota_);
  // The scheme keeps the name resolver out of it.
  const std::string target =
      absl::StrCat(endpoint.address.size() == 4 ? "ipv4:" : "ipv6:", FormatEndpoint(endpoint));
  auto channel = grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
  known = channel;
  return channel;
}

void LinkDialer::ForgetClosed() {
  std::erase_if(channels_, [](const auto& entry) { return entry.second.expired(); });
}

}  // namespace shoal::peer
