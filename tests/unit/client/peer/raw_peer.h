// Peers that say whatever a test wants, byte for byte.
#ifndef SHOAL_TESTS_UNIT_CLIENT_PEER_RAW_PEER_H_
#define SHOAL_TESTS_UNIT_CLIENT_PEER_RAW_PEER_H_

#include <grpcpp/resource_quota.h>

#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>  // Boost 1.74's Asio needs it first.
#include <vector>

#include "client/peer/link_dialer.h"
#include "client/peer/link_server.h"
#include "client/peer/link_stream.h"
#include "client/peer/wire.h"
#include "tests/unit/client/peer/loop_fixture.h"

namespace shoal::peer {

inline LinkLimits GenerousLimits() {
  LinkLimits limits;
  limits.queued_bytes_per_link = limits.queued_bytes = 64u << 20;
  return limits;
}

// One stream, and what came of it. Loop thread only.
class RawStream {
 public:
  RawStream(Loop& loop, LinkStream::Side side) : state_(std::make_shared<State>()) {
    LinkStream::Callbacks callbacks;
    callbacks.on_received = [&loop, state = state_](core::LinkId) {
      boost::asio::post(loop.io(), [state] { state->Take(); });
    };
    callbacks.on_done = [&loop, state = state_](std::shared_ptr<LinkStream> stream) {
      boost::asio::post(loop.io(), [state, stream] { state->done = true; });
    };
    stream_ = std::make_shared<LinkStream>(1, side, GenerousLimits(), std::move(callbacks),
                                           state_->totals);
    state_->stream = stream_.get();
  }
  RawStream(RawStream&&) = default;
  ~RawStream() {
    if (state_ == nullptr) return;
    state_->stream = nullptr;
    stream_->End(std::nullopt);
    stream_->Cancel();
    state_->totals->AwaitNone(std::nullopt);
  }

  const std::shared_ptr<LinkStream>& stream() { return stream_; }
  void Write(const std::string& bytes) {
    const bool written =
        stream_->Write(LinkStream::Lane::kControl, grpc::Slice(bytes.data(), bytes.size()));
    if (!written) std::abort();  // GenerousLimits are not generous enough.
  }
  const std::vector<WireMessage>& received() const { return state_->received; }
  bool done() const { return state_->done; }
  // The Bye that came, if one came.
  const Bye* bye() const {
    for (const WireMessage& message : received()) {
      if (const auto* bye = std::get_if<Bye>(&message)) return bye;
    }
    return nullptr;
  }

 private:
  struct State {
    LinkStream* stream = nullptr;
    std::shared_ptr<StreamTotals> totals = std::make_shared<StreamTotals>();
    std::vector<WireMessage> received;
    bool done = false;

    void Take() {
      if (stream == nullptr) return;
      const auto messages = stream->TakeReceived();
      for (const grpc::ByteBuffer& message : messages) {
        grpc::Slice slice;
        static_cast<void>(message.DumpToSingleSlice(&slice));
        absl::string_view payload;
        received.push_back(
            DecodeMessage({reinterpret_cast<const char*>(slice.begin()), slice.size()}, &payload));
      }
      stream->Handled(messages);
    }
  };
  std::shared_ptr<State> state_;
  std::shared_ptr<LinkStream> stream_;
};

// Dials `port` and says nothing by itself.
class RawDialler {
 public:
  RawDialler(Loop& loop, std::uint16_t port) : stream(loop, LinkStream::Side::kDialled) {
    dialer_.Dial(Localhost(port), stream.stream());
  }

 private:
  grpc::ResourceQuota quota_;
  LinkDialer dialer_{quota_};

 public:
  RawStream stream;
};

// Accepts links and greets each with `greeting`.
class RawServer {
 public:
  RawServer(Loop& loop, std::string greeting)
      : server_(loop.io(), GenerousLimits(), quota_,
                [this, &loop](const Endpoint&) {
                  RawStream stream(loop, LinkStream::Side::kAccepted);
                  auto made = stream.stream();
                  boost::asio::post(loop.io(),
                                    [this, moved = std::make_shared<RawStream>(std::move(stream))] {
                                      moved->Write(greeting_);
                                      streams.push_back(moved);
                                    });
                  return made;
                }),
        greeting_(std::move(greeting)) {
    port = *server_.Listen(Localhost(0));
  }
  ~RawServer() {
    server_.Shutdown();
    streams.clear();
  }

  std::uint16_t port = 0;
  std::vector<std::shared_ptr<RawStream>> streams;

 private:
  grpc::ResourceQuota quota_;
  LinkServer server_;
  const std::string greeting_;
};

}  // namespace shoal::peer

#endif  // SHOAL_TESTS_UNIT_CLIENT_PEER_RAW_PEER_H_
