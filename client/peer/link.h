// One link as the loop sees it: the exchange of Hellos, the order and meaning of what arrives, and
// how the link ends. LinkStream moves its bytes.
//
//   handshake ──Hello exchanged──▶ open ──Bye, violation, loss, Close──▶ closed ──▶ stream done
//        └───────────────── the same ends ─────────────────────────────────▲
//
// A closed link says nothing more to the listener; it only lets its last Bye go out for a moment.
//
// Threads: loop thread only. Ownership: borrows `context`.
#ifndef SHOAL_CLIENT_PEER_LINK_H_
#define SHOAL_CLIENT_PEER_LINK_H_

#include <grpcpp/support/byte_buffer.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>  // Boost 1.74's Asio needs it first.

#include "absl/strings/string_view.h"
#include "client/core/messages.h"
#include "client/peer/control_budget.h"
#include "client/peer/link_listener.h"
#include "client/peer/link_stream.h"
#include "client/peer/link_transport.h"
#include "client/peer/wire.h"

namespace shoal::peer {

// What the links of one transport share.
struct LinkContext {
  boost::asio::io_context& loop;
  LinkListener& listener;
  const LinkLimits limits;
  LinkFigures figures;
};

class Link : public std::enable_shared_from_this<Link> {
 public:
  // `remote` is where the peer is: dialled with its port, else without.
  Link(LinkContext& context, std::shared_ptr<LinkStream> stream, const Endpoint& remote);

  // Once, after construction: sends `hello` and expects that of `expected`, or waits for the
  // peer's.
  void BeginDialled(const PeerId& expected, const LocalHello& hello);
  void BeginAccepted();

  void Send(const core::LinkMessage& message);
  void SendData(const core::Data& data, absl::string_view payload);
  void Close(core::ByeReason reason, absl::string_view detail);
  // 0 once it is closed.
  std::size_t queued_bytes() const {
    return state_ == State::kClosed ? 0 : stream_->queued_bytes();
  }

  // The stream has received something, or is over.
  void OnReceived();
  void OnStreamDone();

  // For Shutdown: says Bye if the link is open, and no more to the listener. Then cuts it.
  void Leave();
  void Cut();

 private:
  enum class State { kHandshake, kOpen, kClosed };

  void ArmHandshakeTimer();
  void OnHandshakeTimeout();
  void HandleBytes(const grpc::ByteBuffer& buffer);
  void Handle(const Hello& hello, absl::string_view payload);
  void Handle(const core::LinkMessage& message, absl::string_view payload);
  void Handle(const Bye& bye, absl::string_view payload);
  void Handle(const Refused& refused, absl::string_view payload);
  void HandleHelloOfDialled(const Hello& hello);
  void HandleHelloOfAccepted(const Hello& hello);
  void Open(const Hello& hello);

  // The peer broke the protocol.
  void Misbehaved(absl::string_view detail);
  // Ends the link with a Bye for the peer and the same news for the listener.
  void Refuse(core::ByeReason reason, absl::string_view detail);
  // Becomes closed and lets the stream end, saying `bye` if its reason is not kUnspecified.
  void End(const Bye& bye);
  // Tells the listener of the end of a link that was in `state`.
  void Report(State state, core::ByeReason reason, absl::string_view detail);
  // The peer takes nothing: ends the link, and tells the listener from the loop, since the listener
  // may be what is calling.
  void Overflow();
  void DeliverReport();
  void Write(LinkStream::Lane lane, grpc::Slice message, DataTag tag = {});

  LinkContext& context_;
  const std::shared_ptr<LinkStream> stream_;
  const core::LinkId id_;
  const Endpoint remote_;
  bool dialled_ = false;
  LocalHello hello_;
  PeerId expected_;  // of a dialled link

  State state_ = State::kHandshake;
  // Overflow's news for the listener: the state before, and the detail.
  std::optional<std::pair<State, std::string>> undelivered_;
  ControlBudget budget_;
  boost::asio::steady_timer timer_;  // the handshake's, then that of lingering
};

}  // namespace shoal::peer

#endif  // SHOAL_CLIENT_PEER_LINK_H_
