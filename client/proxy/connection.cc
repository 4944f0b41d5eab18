#include "client/proxy/connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <chrono>

#include "client/proxy/answer_head.h"

namespace shoal::proxy {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Buffers given to one write.
constexpr std::size_t kGather = 16;

// How long a player that leaves behind unread requests goes unnoticed.
constexpr Duration kLookInterval = Milliseconds(500);

// Whether the player has closed the connection, or its sending half, though what it sent before is
// not read yet.
bool HasEnded(int socket) {
  pollfd look{.fd = socket, .events = POLLRDHUP, .revents = 0};
  return ::poll(&look, 1, 0) > 0 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, ConnectionEnds ends, const Limits& limits,
                       ConnectionHost* host)
    : limits_(limits),
      ends_(std::move(ends)),
      socket_(std::move(socket)),
      deadline_(socket_.get_executor()),
      watch_(socket_.get_executor()),
      host_(host),
      reader_(limits) {}

// ---- Life -----------------------------------------------------------------------------------

void Connection::Start() {
  ArmDeadline(limits_.idle_timeout);
  Read();
}

void Connection::Refuse(absl::string_view message) {
  AnswerError(503, message, /*with_body=*/true);
  Read();
}

void Connection::CloseWhenIdle() {
  switch (state_) {
    case State::kIdle:
    case State::kReading:
      CloseSocket(/*reset=*/false);
      return;
    case State::kAnswering:
      close_after_answer_ = true;
      if (const auto exchange = exchange_.lock()) exchange->DisallowKeepAlive();
      return;
    case State::kLingering:
    case State::kClosed:
      return;
  }
}

void Connection::Close(CloseReason reason) {
  if (state_ == State::kClosed) return;
  const std::weak_ptr<Exchange> exchange =
      finished_ ? std::weak_ptr<Exchange>(finished_) : exchange_;
  // Kept until the callback has run: the handler may have let go of a finished exchange.
  auto finished = std::move(finished_);
  const bool answering = state_ == State::kAnswering;
  CloseSocket(/*reset=*/answering);
  if (!answering) return;
  Post([exchange, finished = std::move(finished), reason] {
    if (const auto open = exchange.lock()) open->HandleClosed(reason);
  });
}

void Connection::Detach() {
  host_ = nullptr;
  CloseSocket(/*reset=*/state_ == State::kAnswering);
}

void Connection::Reset() { CloseSocket(/*reset=*/true); }

void Connection::CloseSocket(bool reset) {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  StopDeadline();
  watch_.cancel();
  queue_.clear();
  unsent_bytes_ = 0;
  exchange_.reset();
  finished_.reset();
  error_code ignored;
  if (reset) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
  if (auto* host = std::exchange(host_, nullptr)) host->HandleConnectionClosed(this);
}

void Connection::Post(std::function<void()> task) {
  asio::post(socket_.get_executor(), std::move(task));
}

// ---- Requests -------------------------------------------------------------------------------

void Connection::Read() {
  if (is_reading_ || at_end_ || state_ == State::kClosed) return;
  if (state_ != State::kLingering && reader_.full()) return WatchForEnd();
  is_reading_ = true;
  socket_.async_read_some(asio::buffer(read_buffer_),
                          [self = shared_from_this()](error_code error, std::size_t size) {
                            self->is_reading_ = false;
                            if (self->state_ == State::kClosed) return;
                            if (error) {
                              self->HandleEndOfStream();
                            } else {
                              self->HandleRead(size);
                            }
                          });
}

void Connection::HandleRead(std::size_t size) {
  if (state_ != State::kLingering && !answers_error_) {
    reader_.Append({read_buffer_.data(), size});
    if (state_ == State::kIdle || state_ == State::kReading) NextRequest();
  }
  Read();
}

void Connection::HandleEndOfStream() {
  at_end_ = true;
  // A finished answer still goes out: the player may have closed only its sending half.
  if (state_ == State::kAnswering && (finished_ || answers_error_)) return;
  Close(CloseReason::kPlayerLeft);
}

void Connection::WatchForEnd() {
  if (is_watching_) return;
  is_watching_ = true;
  watch_.expires_after(std::chrono::microseconds(kLookInterval.count()));
  watch_.async_wait([weak = weak_from_this()](error_code error) {
    const auto self = weak.lock();
    if (error || !self || self->state_ == State::kClosed) return;
    self->is_watching_ = false;
    if (self->is_reading_ || self->at_end_) return;
    // As at the end that is read: an answer that is finished still goes out, and what was asked
    // before the sending half was closed is read by and by.
    const bool held =
        self->state_ == State::kAnswering && !self->finished_ && !self->answers_error_;
    if (held && HasEnded(self->socket_.native_handle())) {
      return self->Close(CloseReason::kPlayerLeft);
    }
    self->Read();
  });
}

void Connection::NextRequest() {
  RequestReader::Result result = reader_.Next();
  if (auto* raw = std::get_if<RawRequest>(&result)) {
    Serve(std::move(*raw));
  } else if (auto* error = std::get_if<RequestError>(&result)) {
    host_->HandleBadRequest();
    AnswerError(error->status, error->message, /*with_body=*/true);
  } else if (at_end_) {
    CloseSocket(/*reset=*/false);
  } else if (reader_.has_partial_request() && state_ != State::kReading) {
    state_ = State::kReading;
    ArmDeadline(limits_.request_timeout);
  }
}

void Connection::Serve(RawRequest raw) {
  StopDeadline();
  is_head_ = raw.method == "HEAD";
  raw.remote_address = ends_.remote_address;
  raw.local_address = ends_.local_address;
  raw.local_port = ends_.local_port;
  raw.listening_host = ends_.listening_host;
  auto checked = Request::Make(std::move(raw), limits_);
  if (const auto* error = std::get_if<RequestError>(&checked)) {
    host_->HandleBadRequest();
    AnswerError(error->status, error->message, /*with_body=*/!is_head_);
    return;
  }
  state_ = State::kAnswering;
  auto exchange =
      std::make_shared<Exchange>(std::get<Request>(std::move(checked)), limits_, weak_from_this());
  exchange_ = exchange;
  host_->HandleRequest(std::move(exchange));
  // As in HandleEndOfStream: whoever has sent its end waits for no answer that takes time.
  if (at_end_ && state_ == State::kAnswering && !finished_ && !answers_error_) {
    Close(CloseReason::kPlayerLeft);
  }
}

void Connection::AnswerError(int status, absl::string_view message, bool with_body) {
  state_ = State::kAnswering;
  answers_error_ = true;
  StopDeadline();
  Send(SharedBytes::Own(FormatErrorAnswer(status, message, with_body)));
}

void Connection::AnswerDropped() {
  if (state_ != State::kAnswering) return;
  AnswerError(500, "the request was dropped unanswered", /*with_body=*/!is_head_);
}

// ---- Answers --------------------------------------------------------------------------------

void Connection::Send(SharedBytes bytes) {
  if (state_ != State::kAnswering || bytes.bytes.empty()) return;
  unsent_bytes_ += bytes.bytes.size();
  queue_.push_back(std::move(bytes));
  ScheduleWrite();
}

void Connection::EndAnswer(std::shared_ptr<Exchange> exchange) {
  if (state_ != State::kAnswering) return;
  finished_ = std::move(exchange);
  ScheduleWrite();
}

void Connection::ScheduleWrite() {
  if (write_scheduled_ || is_writing_) return;
  write_scheduled_ = true;
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->write_scheduled_ = false;
    self->Write();
  });
}

void Connection::Write() {
  if (state_ != State::kAnswering) return;
  if (queue_.empty()) {
    HandleAllWritten();
    return;
  }
  std::array<asio::const_buffer, kGather> buffers;
  const std::size_t count = std::min(kGather, queue_.size());
  for (std::size_t i = 0; i < count; ++i) {
    absl::string_view bytes = queue_[i].bytes;
    if (i == 0) bytes.remove_prefix(front_offset_);
    buffers[i] = asio::const_buffer(bytes.data(), bytes.size());
  }
  is_writing_ = true;
  ArmDeadline(limits_.write_timeout);
  socket_.async_write_some(buffers,
                           [self = shared_from_this()](error_code error, std::size_t size) {
                             self->is_writing_ = false;
                             if (self->state_ == State::kClosed) return;
                             if (error) {
                               self->Close(CloseReason::kPlayerLeft);
                             } else {
                               self->HandleWritten(size);
                             }
                           });
}

void Connection::HandleWritten(std::size_t size) {
  host_->HandleSentBytes(size);
  unsent_bytes_ -= size;
  front_offset_ += size;
  while (!queue_.empty() && front_offset_ >= queue_.front().bytes.size()) {
    front_offset_ -= queue_.front().bytes.size();
    queue_.pop_front();
  }
  StopDeadline();
  if (const auto exchange = exchange_.lock()) exchange->HandleSent();
  // The handler may have written more, which scheduled nothing while a write was pending, or reset.
  if (!write_scheduled_) Write();
}

void Connection::HandleAllWritten() {
  if (answers_error_) {
    Linger();
    return;
  }
  if (!finished_) return;
  const auto exchange = std::exchange(finished_, nullptr);
  exchange_.reset();
  // What it asked before it closed its sending half is answered, too.
  const bool has_more = !at_end_ || reader_.has_partial_request();
  const bool go_on = exchange->keeps_connection() && !close_after_answer_ && has_more;
  if (go_on) {
    state_ = State::kIdle;
    ArmDeadline(limits_.idle_timeout);
  } else {
    Linger();
  }
  exchange->HandleServed();
  if (state_ == State::kIdle) NextRequest();
  Read();
}

void Connection::Linger() {
  if (at_end_) {
    CloseSocket(/*reset=*/false);
    return;
  }
  state_ = State::kLingering;
  error_code error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  if (error) {
    CloseSocket(/*reset=*/false);
    return;
  }
  ArmDeadline(limits_.linger_timeout);
  Read();
}

// ---- Time -----------------------------------------------------------------------------------

void Connection::ArmDeadline(Duration timeout) {
  deadline_.expires_after(std::chrono::microseconds(timeout.count()));
  deadline_.async_wait([weak = weak_from_this()](error_code error) {
    const auto self = weak.lock();
    if (error || !self || self->state_ == State::kClosed) return;
    // Armed anew while this call was on its way.
    if (self->deadline_.expiry() > std::chrono::steady_clock::now()) return;
    self->HandleDeadline();
  });
}

void Connection::StopDeadline() { deadline_.expires_at(asio::steady_timer::time_point::max()); }

void Connection::HandleDeadline() {
  switch (state_) {
    case State::kReading:
      host_->HandleTimeout();
      AnswerError(408, "the request did not arrive in time", /*with_body=*/true);
      return;
    case State::kAnswering:
      host_->HandleTimeout();
      Close(CloseReason::kTimedOut);
      return;
    case State::kIdle:
    case State::kLingering:
      CloseSocket(/*reset=*/false);
      return;
    case State::kClosed:
      return;
  }
}

}  // namespace shoal::proxy
