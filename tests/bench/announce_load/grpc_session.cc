#include "tests/bench/announce_load/grpc_session.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace shoal::bench {
namespace {

constexpr std::size_t kPrefixSize = 5;  // compressed flag, and the size in network byte order
// Room for every answer under way, so that the server never waits for this side.
constexpr std::int32_t kWindow = 1 << 22;
// Calls at once until the server has said how many it takes; more wait their turn.
constexpr std::uint32_t kStreamsBeforeSettings = 16;

nghttp2_nv Header(absl::string_view name, absl::string_view value) {
  const auto bytes = [](absl::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

void PutPrefix(std::string& message) {
  const auto size = static_cast<std::uint32_t>(message.size());
  const std::array<char, kPrefixSize> prefix = {
      0, static_cast<char>(size >> 24), static_cast<char>(size >> 16), static_cast<char>(size >> 8),
      static_cast<char>(size)};
  message.insert(0, prefix.data(), prefix.size());
}

}  // namespace

struct GrpcSession::Callbacks {
  static ssize_t Read(nghttp2_session*, std::int32_t, std::uint8_t* buffer, std::size_t size,
                      std::uint32_t* flags, nghttp2_data_source* source, void*) {
    Stream& stream = *static_cast<Stream*>(source->ptr);
    const std::size_t taken = std::min(size, stream.request.size() - stream.sent);
    std::memcpy(buffer, stream.request.data() + stream.sent, taken);
    stream.sent += taken;
    if (stream.sent == stream.request.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(taken);
  }

  static Stream* Find(nghttp2_session* session, std::int32_t id) {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  static int OnHeader(nghttp2_session* session, const nghttp2_frame* frame,
                      const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                      std::size_t value_size, std::uint8_t, void* user) {
    constexpr absl::string_view kStatus = "grpc-status";
    if (absl::string_view(reinterpret_cast<const char*>(name), name_size) != kStatus) return 0;
    if (Stream* stream = Find(session, frame->hd.stream_id)) {
      stream->status_ok = static_cast<GrpcSession*>(user)->status_ ==
                          absl::string_view(reinterpret_cast<const char*>(value), value_size);
    }
    return 0;
  }

  static int OnData(nghttp2_session* session, std::uint8_t, std::int32_t id,
                    const std::uint8_t* data, std::size_t size, void*) {
    if (Stream* stream = Find(session, id)) {
      stream->answer.append(reinterpret_cast<const char*>(data), size);
    }
    return 0;
  }

  static int OnClose(nghttp2_session* session, std::int32_t id, std::uint32_t, void* user) {
    if (Stream* stream = Find(session, id)) static_cast<GrpcSession*>(user)->Close(*stream);
    return 0;
  }

  static nghttp2_session_callbacks* All() {
    static nghttp2_session_callbacks* const callbacks = [] {
      nghttp2_session_callbacks* made = nullptr;
      nghttp2_session_callbacks_new(&made);
      nghttp2_session_callbacks_set_on_header_callback(made, OnHeader);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, OnData);
      nghttp2_session_callbacks_set_on_stream_close_callback(made, OnClose);
      return made;
    }();
    return callbacks;
  }
};

GrpcSession::GrpcSession(const Options& options)
    : options_(options), status_(absl::StrCat(options.status)) {
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_peer_max_concurrent_streams(option, kStreamsBeforeSettings);
  nghttp2_session_client_new2(&session_, Callbacks::All(), this, option);
  nghttp2_option_del(option);
  const std::array<nghttp2_settings_entry, 2> settings = {
      {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindow}, {NGHTTP2_SETTINGS_ENABLE_PUSH, 0}}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kWindow);
}

GrpcSession::~GrpcSession() { nghttp2_session_del(session_); }

GrpcSession::Stream& GrpcSession::FreeStream() {
  if (free_.empty()) {
    streams_.push_back(std::make_unique<Stream>());
    return *streams_.back();
  }
  Stream* stream = free_.back();
  free_.pop_back();
  return *stream;
}

void GrpcSession::Submit(Tag tag, std::string request) {
  Stream& stream = FreeStream();
  stream.tag = tag;
  stream.open = true;
  stream.status_ok = false;
  stream.sent = 0;
  stream.answer.clear();
  stream.request = std::move(request);
  PutPrefix(stream.request);
  // The same for every call, so that HPACK sends most of them as one byte each.
  const std::array<nghttp2_nv, 8> headers = {Header(":method", "POST"),
                                             Header(":scheme", "http"),
                                             Header(":path", options_.method),
                                             Header(":authority", options_.authority),
                                             Header("te", "trailers"),
                                             Header("content-type", "application/grpc"),
                                             Header("user-agent", "announce_load"),
                                             Header("x-forwarded-for", options_.forwarded_for)};
  const std::size_t count = headers.size() - (options_.forwarded_for.empty() ? 1 : 0);
  nghttp2_data_provider body{};
  body.source.ptr = &stream;
  body.read_callback = Callbacks::Read;
  const std::int32_t id =
      nghttp2_submit_request(session_, nullptr, headers.data(), count, &body, &stream);
  // Refused only when all stream ids are used up or the server takes no more: a call without an
  // answer, which the caller's time limit ends.
  if (id < 0) stream.request.clear();
}

void GrpcSession::Close(Stream& stream) {
  const bool has_message = stream.answer.size() >= kPrefixSize;
  const bool ok = stream.status_ok && (has_message || options_.status != 0);
  const absl::string_view message = ok && has_message
                                        ? absl::string_view(stream.answer).substr(kPrefixSize)
                                        : absl::string_view();
  stream.open = false;
  if (sink_ != nullptr) (*sink_)(stream.tag, ok, message);
  free_.push_back(&stream);
}

bool GrpcSession::Receive(absl::string_view bytes, Sink sink) {
  sink_ = &sink;
  const ssize_t taken = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  sink_ = nullptr;
  return taken == static_cast<ssize_t>(bytes.size()) && !finished();
}

bool GrpcSession::TakeOutput(std::string& out) {
  while (true) {
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    if (size < 0) return false;
    if (size == 0) return true;
    out.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  }
}

bool GrpcSession::finished() const {
  return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
}

std::vector<Session::Tag> GrpcSession::Pending() const {
  std::vector<Tag> tags;
  for (const auto& stream : streams_) {
    if (stream->open) tags.push_back(stream->tag);
  }
  return tags;
}

}  // namespace shoal::bench
