#include "client/runtime/link_router.h"

#include <spdlog/spdlog.h>

#include <utility>
#include <vector>

namespace shoal::runtime {

LinkRouter::LinkRouter(const Parts& parts) : parts_(parts) {}

void LinkRouter::Use(peer::LinkTransport* transport, std::uint16_t port) {
  transport_ = transport;
  port_ = port;
}

peer::LocalHello LinkRouter::HelloFor(const SwarmId& swarm) const {
  return {
      .swarm = swarm, .self = parts_.self, .upload_class = parts_.upload_class(), .port = port_};
}

void LinkRouter::Dial(const core::Dial& dial) {
  const Stream* stream = parts_.registry.Find(dial.stream);
  if (stream == nullptr || transport_ == nullptr) {
    parts_.sink.Post(core::DialFailed{.stream = dial.stream, .peer = dial.peer.id});
    return;
  }
  const core::LinkId link =
      transport_->Dial(dial.peer.endpoint, dial.peer.id, HelloFor(stream->swarm));
  links_[link] = {.stream = dial.stream, .peer = dial.peer.id};
}

void LinkRouter::CloseLink(const core::CloseLink& close) {
  if (links_.erase(close.link) > 0) transport_->Close(close.link, close.reason);
}

void LinkRouter::SendMessage(const core::SendMessage& send) {
  if (links_.contains(send.link)) transport_->Send(send.link, send.message);
}

void LinkRouter::SendData(const core::SendData& send) {
  if (!links_.contains(send.link)) return;
  // What the core says is held may lie in two blocks of the cache.
  core::Data data = send.data;
  std::uint64_t offset = send.segment_offset;
  std::uint32_t left = send.data.size;
  while (left > 0) {
    const absl::string_view bytes = parts_.cache.Read(send.segment, offset, left);
    if (bytes.empty()) {
      spdlog::warn("bytes [{},{}) of segment {} are not held", offset, offset + left,
                   send.segment.ToString());
      return;
    }
    data.size = static_cast<std::uint32_t>(bytes.size());
    transport_->SendData(send.link, data, bytes);
    bytes_sent_[send.segment.stream] += data.size;
    data.offset += data.size;
    offset += data.size;
    left -= data.size;
  }
}

void LinkRouter::CloseStream(core::StreamId stream) {
  std::vector<core::LinkId> of_stream;
  for (const auto& [link, known] : links_) {
    if (known.stream == stream) of_stream.push_back(link);
  }
  for (const core::LinkId link : of_stream) {
    transport_->Close(link, core::ByeReason::kLeaving);
    links_.erase(link);
  }
  bytes_sent_.erase(stream);
}

std::uint64_t LinkRouter::BytesSent(core::StreamId stream) const {
  const auto it = bytes_sent_.find(stream);
  return it == bytes_sent_.end() ? 0 : it->second;
}

std::optional<peer::LocalHello> LinkRouter::OnInboundHello(const SwarmId& swarm, const Member&) {
  if (parts_.registry.FindSwarm(swarm) == nullptr) return std::nullopt;
  return HelloFor(swarm);
}

void LinkRouter::OnLinkOpened(core::LinkId link, const SwarmId& swarm, const Member& peer,
                              bool dialled) {
  const Stream* stream = parts_.registry.FindSwarm(swarm);
  // Between Hello and now the stream may have been left, or left and opened again.
  const auto it = links_.find(link);
  const bool obsolete =
      stream == nullptr || (dialled && (it == links_.end() || it->second.stream != stream->id));
  if (obsolete) {
    links_.erase(link);
    transport_->Close(link, core::ByeReason::kLeaving);
    return;
  }
  links_[link] = {.stream = stream->id, .peer = peer.id, .open = true};
  spdlog::debug("link {} to {} opened", link, peer.id.ShortName());
  parts_.sink.Post(
      core::LinkOpened{.link = link, .stream = stream->id, .peer = peer, .dialled = dialled});
}

void LinkRouter::OnMessage(core::LinkId link, const core::LinkMessage& message,
                           absl::string_view payload) {
  if (!links_.contains(link)) return;
  parts_.sink.Post(core::MessageReceived{.link = link, .message = message}, payload);
}

void LinkRouter::OnLinkClosed(core::LinkId link, core::ByeReason reason, absl::string_view detail) {
  if (links_.erase(link) == 0) return;
  spdlog::debug("link {} closed: reason {} {}", link, static_cast<int>(reason),
                std::string(detail));
  parts_.sink.Post(core::LinkClosed{.link = link, .reason = reason});
}

void LinkRouter::OnDialFailed(core::LinkId link, core::ByeReason reason, absl::string_view detail) {
  const auto it = links_.find(link);
  if (it == links_.end()) return;
  const Known known = it->second;
  links_.erase(it);
  spdlog::debug("no link to {}: reason {} {}", known.peer.ShortName(), static_cast<int>(reason),
                std::string(detail));
  parts_.sink.Post(core::DialFailed{.stream = known.stream, .peer = known.peer, .reason = reason});
}

}  // namespace shoal::runtime
