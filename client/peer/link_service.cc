#include "client/peer/link_service.h"

#include <utility>

#include "absl/status/statusor.h"
#include "common/grpc/ip_address.h"

namespace shoal::peer {
namespace {

using Reactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

// Refuses a call.
class RefusedCall final : public Reactor {
 public:
  explicit RefusedCall(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

class AcceptedCall final : public Reactor, public StreamCalls {
 public:
  AcceptedCall(LinkService* service, std::string address, grpc::CallbackServerContext* context,
               std::shared_ptr<LinkStream> stream)
      : service_(service),
        address_(std::move(address)),
        stream_(std::move(stream)),
        context_(context) {}

  // StreamCalls
  void Read(grpc::ByteBuffer* into) override { StartRead(into); }
  void Write(const grpc::ByteBuffer* from) override { StartWrite(from); }
  void HalfClose() override {}  // Only the side that dialled has that.
  void Release() override { Finish(grpc::Status::OK); }
  void Cancel() override ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    if (context_ != nullptr) context_->TryCancel();
  }

  // Reactions, on gRPC's threads
  void OnReadDone(bool ok) override { stream_->ReadDone(ok); }
  void OnWriteDone(bool ok) override { stream_->WriteDone(ok); }
  void OnCancel() override { stream_->Cut(); }
  void OnDone() override ABSL_LOCKS_EXCLUDED(mu_) {
    {
      absl::MutexLock lock(&mu_);
      context_ = nullptr;
    }
    service_->Leave(address_);
    LinkStream::Done(std::move(stream_), grpc::Status::OK);  // May destroy this object.
  }

 private:
  LinkService* const service_;
  const std::string address_;
  std::shared_ptr<LinkStream> stream_;

  absl::Mutex mu_;
  // Owned by gRPC, which destroys it after OnDone.
  grpc::CallbackServerContext* context_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

LinkService::LinkService(const LinkLimits& limits, StreamFactory make_stream)
    : links_max_(limits.inbound_links),
      links_per_address_max_(limits.inbound_links_per_address),
      make_stream_(std::move(make_stream)) {}

Reactor* LinkService::Link(grpc::CallbackServerContext* context) {
  const absl::StatusOr<Endpoint> remote = ParsePeerUri(context->peer());
  if (!remote.ok()) {
    return new RefusedCall({grpc::StatusCode::INVALID_ARGUMENT, "links need an IP address"});
  }
  if (!Enter(remote->address)) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return new RefusedCall({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many links"});
  }
  std::shared_ptr<LinkStream> stream = make_stream_(*remote);
  LinkStream* const started = stream.get();
  auto call = std::make_unique<AcceptedCall>(this, remote->address, context, std::move(stream));
  AcceptedCall* const reactor = call.get();
  started->Start(std::move(call));
  return reactor;
}

bool LinkService::Enter(const std::string& address) {
  absl::MutexLock lock(&mu_);
  if (links_ >= links_max_) return false;
  std::size_t& of_address = links_by_address_[address];
  if (of_address >= links_per_address_max_) return false;
  ++of_address;
  ++links_;
  return true;
}

void LinkService::Leave(const std::string& address) {
  absl::MutexLock lock(&mu_);
  --links_;
  const auto of_address = links_by_address_.find(address);
  if (--of_address->second == 0) links_by_address_.erase(of_address);
}

}  // namespace shoal::peer
