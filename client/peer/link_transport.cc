#include "client/peer/link_transport.h"

#include <grpcpp/resource_quota.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "client/peer/link.h"
#include "client/peer/link_dialer.h"
#include "client/peer/link_server.h"
#include "client/peer/link_stream.h"
#include "client/peer/stream_totals.h"
#include "common/grpc/ip_address.h"

namespace shoal::peer {
namespace {

// How long Shutdown gives Byes to go out.
constexpr Duration kFarewell = Milliseconds(500);

}  // namespace

// Threads: loop thread only, but for MakeAccepted and the callbacks that it makes, which post.
class LinkTransport::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& loop, LinkListener& listener, const LinkLimits& limits)
      : context_{loop, listener, limits, {}}, quota_("links"), dialer_(quota_) {
    quota_.Resize(limits.grpc_memory);
  }

  absl::StatusOr<std::uint16_t> Listen(absl::string_view text) {
    absl::StatusOr<Endpoint> endpoint = ParseEndpoint(text);
    if (!endpoint.ok()) return endpoint.status();
    if (server_ != nullptr || stopped_) return absl::FailedPreconditionError("Listen called twice");
    server_ = std::make_unique<LinkServer>(
        context_.loop, context_.limits, quota_,
        [this](const Endpoint& remote) { return MakeAccepted(remote); });
    return server_->Listen(*endpoint);
  }

  core::LinkId Dial(const Endpoint& endpoint, const PeerId& expected, const LocalHello& hello) {
    const core::LinkId id = next_id_.fetch_add(1);
    ++context_.figures.dials;
    if (stopped_) return id;
    const bool ip = endpoint.address.size() == 4 || endpoint.address.size() == 16;
    if (!ip || endpoint.port == 0) {
      FailSoon(id, absl::StrCat("cannot dial ", FormatEndpoint(endpoint)));
      return id;
    }
    auto stream = MakeStream(id, LinkStream::Side::kDialled);
    auto link = std::make_shared<Link>(context_, stream, endpoint);
    links_[id] = link;
    dialer_.Dial(endpoint, std::move(stream));
    link->BeginDialled(expected, hello);
    return id;
  }

  std::shared_ptr<Link> Find(core::LinkId id) const {
    const auto found = links_.find(id);
    return found == links_.end() ? nullptr : found->second;
  }

  void Close(core::LinkId id, core::ByeReason reason, absl::string_view detail) {
    failing_.erase(id);
    if (const auto link = Find(id)) link->Close(reason, detail);
  }

  LinkFigures figures() const {
    LinkFigures figures = context_.figures;
    if (server_ != nullptr) figures.inbound_refused = server_->refused();
    return figures;
  }

  void Shutdown() {
    if (stopped_) return;
    stopped_ = true;
    failing_.clear();
    if (server_ != nullptr) server_->StopAccepting();
    for (const auto& [id, link] : links_) link->Leave();
    totals_->AwaitNone(kFarewell);
    for (const auto& [id, link] : links_) link->Cut();
    if (server_ != nullptr) server_->Shutdown();
    totals_->AwaitNone(std::nullopt);
    links_.clear();
  }

 private:
  std::shared_ptr<LinkStream> MakeStream(core::LinkId id, LinkStream::Side side) {
    LinkStream::Callbacks callbacks;
    callbacks.on_received = [&loop = context_.loop,
                             weak = weak_from_this()](core::LinkId received) {
      boost::asio::post(loop, [weak, received] {
        const auto self = weak.lock();
        if (!self || self->stopped_) return;
        if (const auto link = self->Find(received)) link->OnReceived();
      });
    };
    callbacks.on_done = [&loop = context_.loop,
                         weak = weak_from_this()](std::shared_ptr<LinkStream> stream) {
      boost::asio::post(loop, [weak, stream = std::move(stream)] {
        const auto self = weak.lock();
        if (self && !self->stopped_) self->OnStreamDone(stream->id());
      });
    };
    return std::make_shared<LinkStream>(id, side, context_.limits, std::move(callbacks), totals_);
  }

  // On gRPC's threads.
  std::shared_ptr<LinkStream> MakeAccepted(const Endpoint& remote) {
    auto stream = MakeStream(next_id_.fetch_add(1), LinkStream::Side::kAccepted);
    boost::asio::post(context_.loop, [weak = weak_from_this(), stream, remote] {
      const auto self = weak.lock();
      if (!self || self->stopped_) return;
      auto link = std::make_shared<Link>(self->context_, stream, Endpoint{remote.address, 0});
      self->links_[stream->id()] = link;
      link->BeginAccepted();
    });
    return stream;
  }

  void OnStreamDone(core::LinkId id) {
    const auto link = Find(id);
    if (!link) return;
    link->OnStreamDone();
    links_.erase(id);
  }

  // A dial that cannot even be tried: told from the loop, as every failure.
  void FailSoon(core::LinkId id, std::string detail) {
    failing_.insert(id);
    boost::asio::post(context_.loop, [weak = weak_from_this(), id, detail = std::move(detail)] {
      const auto self = weak.lock();
      if (!self || self->failing_.erase(id) == 0) return;
      ++self->context_.figures.dials_failed;
      self->context_.listener.OnDialFailed(id, core::ByeReason::kUnspecified, detail);
    });
  }

  LinkContext context_;
  const std::shared_ptr<StreamTotals> totals_ = std::make_shared<StreamTotals>();
  std::atomic<core::LinkId> next_id_{1};
  bool stopped_ = false;
  std::map<core::LinkId, std::shared_ptr<Link>> links_;  // until gRPC let go of their streams
  std::set<core::LinkId> failing_;                       // see FailSoon
  grpc::ResourceQuota quota_;
  LinkDialer dialer_;
  std::unique_ptr<LinkServer> server_;
};

LinkTransport::LinkTransport(boost::asio::io_context& loop, LinkListener& listener,
                             const LinkLimits& limits)
    : impl_(std::make_shared<Impl>(loop, listener, limits)) {}

LinkTransport::~LinkTransport() { Shutdown(); }

absl::StatusOr<std::uint16_t> LinkTransport::Listen(absl::string_view endpoint) {
  return impl_->Listen(endpoint);
}

core::LinkId LinkTransport::Dial(const Endpoint& endpoint, const PeerId& expected,
                                 const LocalHello& hello) {
  return impl_->Dial(endpoint, expected, hello);
}

void LinkTransport::Send(core::LinkId link, const core::LinkMessage& message) {
  if (const auto found = impl_->Find(link)) found->Send(message);
}

void LinkTransport::SendData(core::LinkId link, const core::Data& data, absl::string_view payload) {
  if (const auto found = impl_->Find(link)) found->SendData(data, payload);
}

void LinkTransport::Close(core::LinkId link, core::ByeReason reason, absl::string_view detail) {
  impl_->Close(link, reason, detail);
}

std::size_t LinkTransport::QueuedBytes(core::LinkId link) const {
  const auto found = impl_->Find(link);
  return found ? found->queued_bytes() : 0;
}

LinkFigures LinkTransport::figures() const { return impl_->figures(); }

void LinkTransport::Shutdown() { impl_->Shutdown(); }

}  // namespace shoal::peer
