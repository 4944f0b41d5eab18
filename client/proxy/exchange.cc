#include "client/proxy/exchange.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/proxy/answer_head.h"

namespace shoal::proxy {

absl::string_view ToString(CloseReason reason) {
  switch (reason) {
    case CloseReason::kPlayerLeft:
      return "player left";
    case CloseReason::kTimedOut:
      return "timed out";
    case CloseReason::kServerStopped:
      return "server stopped";
    case CloseReason::kWrongLength:
      return "wrong length";
    case CloseReason::kOverrun:
      return "overrun";
    case CloseReason::kMisuse:
      return "misuse";
  }
  return "unknown";
}

Exchange::Exchange(Request request, const Limits& limits, std::weak_ptr<AnswerSink> sink)
    : request_(std::move(request)),
      high_mark_(limits.buffer_high_mark),
      low_mark_(limits.buffer_low_mark),
      buffer_limit_(limits.buffer_limit),
      sink_(std::move(sink)) {}

Exchange::~Exchange() {
  const auto sink = sink_.lock();
  if (!sink) return;
  if (state_ == State::kNew) {
    sink->AnswerDropped();
  } else if (state_ == State::kBody) {
    sink->Reset();
  }
}

absl::Status Exchange::SendHead(int status, const Headers& headers,
                                std::optional<std::uint64_t> content_length) {
  if (state_ == State::kEnded) return absl::OkStatus();
  if (state_ != State::kNew) return absl::FailedPreconditionError("the head was sent already");
  if (absl::Status checked = CheckHead(status, headers); !checked.ok()) return checked;
  const auto sink = sink_.lock();
  if (!sink) return absl::OkStatus();

  const bool is_http_11 = request_.minor_version() >= 1;
  sends_body_ = !request_.is_head() && !IsBodyless(status);
  content_length_ = content_length;
  if (!sends_body_) {
    framing_ = Framing::kNone;
  } else if (content_length) {
    framing_ = Framing::kLength;
  } else {
    framing_ = is_http_11 ? Framing::kChunked : Framing::kUntilClose;
  }
  keeps_connection_ =
      may_keep_connection_ && request_.keep_alive() && framing_ != Framing::kUntilClose;

  Headers framing;
  if (content_length && status != 204) framing.Add("Content-Length", absl::StrCat(*content_length));
  if (framing_ == Framing::kChunked) framing.Add("Transfer-Encoding", "chunked");
  if (!keeps_connection_) {
    framing.Add("Connection", "close");
  } else if (!is_http_11) {
    framing.Add("Connection", "keep-alive");
  }
  state_ = State::kBody;
  sink->Send(SharedBytes::Own(FormatHead(status, headers, framing)));
  return absl::OkStatus();
}

bool Exchange::Write(std::string bytes) {
  if (bytes.empty()) return WriteBytes({});
  return WriteBytes(SharedBytes::Own(std::move(bytes)));
}

bool Exchange::Write(std::shared_ptr<const void> owner, absl::string_view bytes) {
  return WriteBytes({std::move(owner), bytes});
}

bool Exchange::WriteBytes(SharedBytes bytes) {
  if (state_ == State::kNew || state_ == State::kFinished) {
    Fail(CloseReason::kMisuse);
    return true;
  }
  const auto sink = sink_.lock();
  if (state_ == State::kEnded || !sink) return true;
  // Checked before anything is sent: had the player got all the bytes that were announced, it would
  // take them for a good answer.
  const std::uint64_t size = bytes.bytes.size();
  if (framing_ == Framing::kLength && size > *content_length_ - body_bytes_) {
    Fail(CloseReason::kWrongLength);
    return true;
  }
  if (sends_body_ && sink->unsent_bytes() + size > buffer_limit_) {
    Fail(CloseReason::kOverrun);
    return true;
  }
  body_bytes_ += size;
  if (sends_body_ && size > 0) SendFramed(std::move(bytes));
  const bool more = sink->unsent_bytes() < high_mark_;
  if (!more) wants_writable_ = true;
  return more;
}

void Exchange::SendFramed(SharedBytes bytes) {
  const auto sink = sink_.lock();
  if (framing_ != Framing::kChunked) {
    sink->Send(std::move(bytes));
    return;
  }
  sink->Send(SharedBytes::Own(absl::StrCat(absl::Hex(bytes.bytes.size()), "\r\n")));
  sink->Send(std::move(bytes));
  sink->Send({nullptr, "\r\n"});
}

void Exchange::Finish() {
  if (state_ == State::kFinished) return;
  if (state_ == State::kNew) {
    Fail(CloseReason::kMisuse);
    return;
  }
  const auto sink = sink_.lock();
  if (state_ == State::kEnded || !sink) return;
  if (framing_ == Framing::kLength && body_bytes_ != *content_length_) {
    Fail(CloseReason::kWrongLength);
    return;
  }
  if (framing_ == Framing::kChunked) sink->Send({nullptr, "0\r\n\r\n"});
  state_ = State::kFinished;
  sink->EndAnswer(shared_from_this());
}

void Exchange::Abort() {
  if (state_ == State::kEnded) return;
  End();
  if (const auto sink = sink_.lock()) sink->Reset();
}

void Exchange::Respond(int status, absl::string_view content_type, std::string body,
                       Headers headers) {
  if (!content_type.empty()) headers.Set("Content-Type", content_type);
  const absl::Status sent = SendHead(status, headers, body.size());
  if (absl::IsInvalidArgument(sent)) {
    RespondError(500, sent.message());
    return;
  }
  if (!sent.ok()) {
    Fail(CloseReason::kMisuse);
    return;
  }
  Write(std::move(body));
  Finish();
}

void Exchange::RespondError(int status, absl::string_view message) {
  Respond(status, "text/plain; charset=utf-8", absl::StrCat(message, "\n"),
          {{"X-Content-Type-Options", "nosniff"}, {"Cache-Control", "no-store"}});
}

std::size_t Exchange::unsent_bytes() const {
  const auto sink = sink_.lock();
  return sink ? sink->unsent_bytes() : 0;
}

void Exchange::HandleSent() {
  if (state_ != State::kBody || !wants_writable_ || unsent_bytes() > low_mark_) return;
  wants_writable_ = false;
  // A copy: the callback may replace itself or end the exchange.
  if (const auto callback = on_writable_) callback();
}

void Exchange::HandleServed() {
  if (state_ == State::kEnded) return;
  const auto callback = std::exchange(on_served_, nullptr);
  End();
  if (callback) callback();
}

void Exchange::HandleClosed(CloseReason reason) {
  if (state_ == State::kEnded) return;
  const auto callback = std::exchange(on_closed_, nullptr);
  End();
  if (callback) callback(reason);
}

void Exchange::Fail(CloseReason reason) {
  if (state_ == State::kEnded) return;
  auto callback = std::exchange(on_closed_, nullptr);
  End();
  const auto sink = sink_.lock();
  if (!sink) return;
  sink->Reset();
  if (callback) {
    sink->Post([callback = std::move(callback), reason] { callback(reason); });
  }
}

void Exchange::End() {
  state_ = State::kEnded;
  on_writable_ = nullptr;
  on_served_ = nullptr;
  on_closed_ = nullptr;
}

}  // namespace shoal::proxy
