#include "client/peer/link.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <cstring>
#include <deque>
#include <variant>

#include "absl/strings/str_cat.h"
#include "client/peer/data_codec.h"
#include "common/grpc/ip_address.h"

namespace shoal::peer {
namespace {

grpc::Slice ToSlice(const std::string& bytes) { return grpc::Slice(bytes.data(), bytes.size()); }

// The bytes of `buffer` as one slice; copied only if they lie apart.
grpc::Slice Flat(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.TrySingleSlice(&slice).ok() && !buffer.DumpToSingleSlice(&slice).ok()) return {};
  return slice;
}

// The one copy of a payload on its way out.
grpc::Slice DataSlice(const core::Data& data, absl::string_view payload) {
  const DataHeader header = EncodeDataHeader(data);
  grpc::Slice slice(header.size + payload.size());
  auto* out = const_cast<std::uint8_t*>(slice.begin());  // Nobody else has it yet.
  std::memcpy(out, header.bytes.data(), header.size);
  std::memcpy(out + header.size, payload.data(), payload.size());
  return slice;
}

Hello ToHello(const LocalHello& hello) {
  return {core::kProtocolMajor, hello.swarm, hello.self, hello.upload_class, hello.port};
}

}  // namespace

Link::Link(LinkContext& context, std::shared_ptr<LinkStream> stream, const Endpoint& remote)
    : context_(context),
      stream_(std::move(stream)),
      id_(stream_->id()),
      remote_(remote),
      budget_(context.limits, std::chrono::steady_clock::now()),
      timer_(context.loop) {}

void Link::BeginDialled(const PeerId& expected, const LocalHello& hello) {
  dialled_ = true;
  expected_ = expected;
  hello_ = hello;
  Write(LinkStream::Lane::kControl, ToSlice(EncodeHello(ToHello(hello))));
  ArmHandshakeTimer();
}

void Link::BeginAccepted() { ArmHandshakeTimer(); }

void Link::ArmHandshakeTimer() {
  timer_.expires_after(context_.limits.handshake);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (self && !error && self->state_ == State::kHandshake) self->OnHandshakeTimeout();
  });
}

void Link::OnHandshakeTimeout() {
  const std::string detail = absl::StrCat("no Hello from ", FormatEndpoint(remote_), " within ",
                                          ToSeconds(context_.limits.handshake), " s");
  End({dialled_ ? core::ByeReason::kUnspecified : core::ByeReason::kMisbehaved, detail});
  // Whoever was dialled has perhaps not even taken the connection: nothing to wait for.
  if (dialled_) stream_->Cancel();
  Report(State::kHandshake, core::ByeReason::kUnspecified, detail);
}

// ---- Sending -----------------------------------------------------------------------------------

void Link::Send(const core::LinkMessage& message) {
  if (state_ != State::kOpen || std::holds_alternative<core::Data>(message)) return;
  for (const std::string& encoded : EncodeControl(message)) {
    ++context_.figures.control_messages_sent;
    context_.figures.control_bytes_sent += encoded.size();
    Write(LinkStream::Lane::kControl, ToSlice(encoded));
  }
}

void Link::SendData(const core::Data& data, absl::string_view payload) {
  if (state_ != State::kOpen) return;
  ++context_.figures.data_messages_sent;
  context_.figures.data_bytes_sent += payload.size();
  Write(LinkStream::Lane::kData, DataSlice(data, payload),
        {.pull = data.pull, .payload = data.size});
}

void Link::Write(LinkStream::Lane lane, grpc::Slice message, DataTag tag) {
  if (state_ == State::kClosed) return;
  if (!stream_->Write(lane, std::move(message), tag)) Overflow();
}

void Link::Overflow() {
  undelivered_.emplace(state_, absl::StrCat("the peer does not take what it is sent: ",
                                            stream_->queued_bytes(), " bytes are queued"));
  End({});
  stream_->Cancel();
  boost::asio::post(context_.loop, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->DeliverReport();
  });
}

void Link::DeliverReport() {
  if (!undelivered_) return;
  const auto [state, detail] = *std::exchange(undelivered_, std::nullopt);
  Report(state, core::ByeReason::kUnspecified, detail);
}

// ---- Receiving ---------------------------------------------------------------------------------

void Link::OnReceived() {
  const std::deque<grpc::ByteBuffer> messages = stream_->TakeReceived();
  for (const grpc::ByteBuffer& message : messages) {
    if (state_ == State::kClosed) break;
    HandleBytes(message);
  }
  stream_->Handled(messages);
}

void Link::HandleBytes(const grpc::ByteBuffer& buffer) {
  const grpc::Slice slice = Flat(buffer);
  const absl::string_view bytes(reinterpret_cast<const char*>(slice.begin()), slice.size());
  absl::string_view payload;
  const WireMessage message = DecodeMessage(bytes, &payload);
  LinkFigures& figures = context_.figures;
  if (payload.empty()) {
    ++figures.control_messages_received;
    figures.control_bytes_received += bytes.size();
    if (!budget_.Spend(bytes.size(), std::chrono::steady_clock::now())) {
      return Misbehaved("floods with control messages");
    }
  } else {
    ++figures.data_messages_received;
    figures.data_bytes_received += payload.size();
  }
  std::visit([&](const auto& content) { Handle(content, payload); }, message);
}

void Link::Handle(const core::LinkMessage& message, absl::string_view payload) {
  if (state_ != State::kOpen) return Misbehaved("speaks before its Hello");
  if (const auto* cancel = std::get_if<core::Cancel>(&message)) {
    // What is queued for the pull need not go out any more.
    const std::uint32_t unsent = stream_->DropData(cancel->pull);
    context_.figures.data_bytes_dropped += unsent;
    context_.listener.OnMessage(id_, core::Cancel{.pull = cancel->pull, .unsent = unsent}, payload);
    return;
  }
  context_.listener.OnMessage(id_, message, payload);
}

void Link::Handle(const Bye& bye, absl::string_view) {
  const State state = state_;
  End({});
  Report(state, bye.reason, bye.detail);
}

void Link::Handle(const Refused& refused, absl::string_view) { Misbehaved(refused.detail); }

void Link::Handle(const Hello& hello, absl::string_view) {
  if (state_ != State::kHandshake) return Misbehaved("a second Hello");
  if (hello.protocol_major != core::kProtocolMajor) {
    return Refuse(core::ByeReason::kProtocol,
                  absl::StrCat("speaks version ", hello.protocol_major,
                               " of the protocol, and this client version ", core::kProtocolMajor));
  }
  if (dialled_) {
    HandleHelloOfDialled(hello);
  } else {
    HandleHelloOfAccepted(hello);
  }
}

void Link::HandleHelloOfDialled(const Hello& hello) {
  if (hello.swarm != hello_.swarm) {
    return Misbehaved(absl::StrCat("answers for swarm ", hello.swarm.ShortName(), " instead of ",
                                   hello_.swarm.ShortName()));
  }
  if (hello.peer != expected_) {
    return Misbehaved(
        absl::StrCat("is peer ", hello.peer.ShortName(), " instead of ", expected_.ShortName()));
  }
  Open(hello);
}

void Link::HandleHelloOfAccepted(const Hello& hello) {
  const Member peer{.id = hello.peer,
                    .endpoint = {remote_.address, hello.port},
                    .upload_class = hello.upload_class,
                    .can_be_dialled = hello.port != 0};
  const std::optional<LocalHello> local = context_.listener.OnInboundHello(hello.swarm, peer);
  if (state_ != State::kHandshake) return;  // The listener closed it.
  if (!local) {
    return Refuse(core::ByeReason::kUnknownSwarm,
                  absl::StrCat("not in swarm ", hello.swarm.ShortName()));
  }
  if (local->self == hello.peer) {
    return Refuse(core::ByeReason::kDuplicate, "this client's own id");
  }
  hello_ = *local;
  Write(LinkStream::Lane::kControl, ToSlice(EncodeHello(ToHello(*local))));
  if (state_ != State::kHandshake) return;  // No room for even that.
  ++context_.figures.links_accepted;
  Open(hello);
}

void Link::Open(const Hello& hello) {
  timer_.cancel();
  state_ = State::kOpen;
  ++context_.figures.links_open;
  const Member peer{
      .id = hello.peer,
      .endpoint = dialled_ ? remote_ : Endpoint{remote_.address, hello.port},
      .upload_class = hello.upload_class,
      .can_be_dialled = dialled_ || hello.port != 0,
  };
  context_.listener.OnLinkOpened(id_, hello.swarm, peer, dialled_);
}

// ---- Ending ------------------------------------------------------------------------------------

void Link::Misbehaved(absl::string_view detail) {
  ++context_.figures.peers_misbehaved;
  Refuse(core::ByeReason::kMisbehaved, detail);
}

void Link::Refuse(core::ByeReason reason, absl::string_view detail) {
  const State state = state_;
  End({reason, std::string(detail)});
  Report(state, reason, detail);
}

void Link::Close(core::ByeReason reason, absl::string_view detail) {
  undelivered_.reset();
  if (state_ == State::kClosed) return;
  const bool connecting = dialled_ && state_ == State::kHandshake;
  End({reason, std::string(detail)});
  if (connecting) stream_->Cancel();
}

void Link::End(const Bye& bye) {
  if (state_ == State::kOpen) --context_.figures.links_open;
  state_ = State::kClosed;
  std::optional<grpc::Slice> last;
  if (bye.reason != core::ByeReason::kUnspecified) last = ToSlice(EncodeBye(bye));
  stream_->End(std::move(last));
  timer_.expires_after(context_.limits.linger);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (self && !error) self->stream_->Cancel();
  });
}

void Link::Report(State state, core::ByeReason reason, absl::string_view detail) {
  if (state == State::kOpen) {
    context_.listener.OnLinkClosed(id_, reason, detail);
  } else if (dialled_) {
    ++context_.figures.dials_failed;
    context_.listener.OnDialFailed(id_, reason, detail);
  }
}

void Link::OnStreamDone() {
  timer_.cancel();
  if (state_ == State::kClosed) return DeliverReport();
  const State state = state_;
  End({});
  timer_.cancel();
  const grpc::Status status = stream_->status();
  auto reason = core::ByeReason::kUnspecified;
  if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
    // What gRPC says of a message that is too long; from LinkService it comes before Hello.
    reason = state == State::kOpen ? core::ByeReason::kMisbehaved : core::ByeReason::kFull;
  }
  Report(state, reason,
         status.error_message().empty() ? "the connection ended" : status.error_message());
}

void Link::Leave() {
  undelivered_.reset();
  if (state_ == State::kOpen) {
    End({core::ByeReason::kLeaving, ""});
  } else if (state_ == State::kHandshake) {
    End({});
    stream_->Cancel();
  }
}

void Link::Cut() { stream_->Cancel(); }

}  // namespace shoal::peer
