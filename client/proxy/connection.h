// One player's connection: reads requests one after the other, lets each be answered by an
// Exchange, and sends the answer no faster than the player takes it.
//
// It reads on while an answer is under way, up to the reader's bound: that is how it learns that
// the player has left. Behind further requests that are not read for now the end cannot be read, so
// the socket is asked for it now and then. An answer that ends the connection is followed by a half-close and a short
// wait for the player to close, so that no reset overtakes the answer's last bytes.
//
// Ownership: kept alive by its host until it has told it HandleConnectionClosed, and by its pending
//            operations. Borrows the host until Detach or that call.
// Threads:   loop thread only.
#ifndef SHOAL_CLIENT_PROXY_CONNECTION_H_
#define SHOAL_CLIENT_PROXY_CONNECTION_H_

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "client/proxy/answer_sink.h"
#include "client/proxy/exchange.h"
#include "client/proxy/limits.h"
#include "client/proxy/request_reader.h"

namespace shoal::proxy {

class Connection;

// The server, as its connections see it.
class ConnectionHost {
 public:
  virtual ~ConnectionHost() = default;
  virtual void HandleRequest(std::shared_ptr<Exchange> exchange) = 0;
  virtual void HandleBadRequest() = 0;
  virtual void HandleTimeout() = 0;
  virtual void HandleSentBytes(std::size_t bytes) = 0;
  // The connection's last word; may come from inside a call made to it.
  virtual void HandleConnectionClosed(Connection* connection) = 0;
};

// The two ends of a connection, and the name it was accepted under.
struct ConnectionEnds {
  std::string remote_address;
  std::string local_address;
  std::uint16_t local_port = 0;
  std::string listening_host;
};

class Connection final : public AnswerSink, public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, ConnectionEnds ends, const Limits& limits,
             ConnectionHost* host);

  // Begins to read requests.
  void Start();
  // Answers 503 with `message` and closes, whatever is asked.
  void Refuse(absl::string_view message);
  // Closes as soon as no answer is under way: at once, or after this answer.
  void CloseWhenIdle();
  // Closes at once; an answer under way hears of it from the loop.
  void Close(CloseReason reason);
  // Closes at once without telling anybody; the host may go.
  void Detach();

  const std::string& remote_address() const { return ends_.remote_address; }

  // AnswerSink:
  void Send(SharedBytes bytes) override;
  std::size_t unsent_bytes() const override { return unsent_bytes_; }
  void EndAnswer(std::shared_ptr<Exchange> exchange) override;
  void Reset() override;
  void AnswerDropped() override;
  void Post(std::function<void()> task) override;

 private:
  enum class State {
    kIdle,       // nothing of the next request is here
    kReading,    // a part of it is
    kAnswering,  // an exchange is open, or what it wrote is being sent
    kLingering,  // the last answer is sent; waiting for the player to close
    kClosed,
  };

  void Read();
  void HandleRead(std::size_t size);
  void HandleEndOfStream();
  // Looks every kLookInterval whether the player has left, as long as reading stands still.
  void WatchForEnd();
  // Looks for a request in what was read. REQUIRES: no answer is under way.
  void NextRequest();
  void Serve(RawRequest raw);
  // Answers an error in the handler's stead and ends the connection.
  void AnswerError(int status, absl::string_view message, bool with_body);

  // Writing begins from the loop, so that head and body go out together.
  void ScheduleWrite();
  void Write();
  void HandleWritten(std::size_t size);
  void HandleAllWritten();
  void Linger();

  // Calls HandleDeadline after `timeout` unless armed anew or stopped before.
  void ArmDeadline(Duration timeout);
  void StopDeadline();
  void HandleDeadline();

  void CloseSocket(bool reset);

  // Constant after construction.
  const Limits limits_;
  const ConnectionEnds ends_;

  // Loop thread only.
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer watch_;
  ConnectionHost* host_;  // null once the last word was said
  State state_ = State::kIdle;
  RequestReader reader_;
  std::array<char, 4096> read_buffer_;
  bool is_reading_ = false;  // a read is pending
  bool is_watching_ = false;
  bool at_end_ = false;  // the player sends no more
  bool close_after_answer_ = false;

  bool is_head_ = false;                // the request under way
  std::weak_ptr<Exchange> exchange_;    // while the answer is written
  std::shared_ptr<Exchange> finished_;  // from its end until all is sent
  bool answers_error_ = false;          // instead of an exchange
  std::deque<SharedBytes> queue_;
  std::size_t front_offset_ = 0;  // bytes of queue_.front() that are sent
  std::size_t unsent_bytes_ = 0;
  bool write_scheduled_ = false;
  bool is_writing_ = false;  // a write is pending
};

}  // namespace shoal::proxy

#endif  // SHOAL_CLIENT_PROXY_CONNECTION_H_
