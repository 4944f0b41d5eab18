#include "tests/unit/client/cdn/scripted_origin.h"

#include <sys/socket.h>

#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <optional>

#include "absl/strings/str_cat.h"

namespace shoal::cdn {
namespace {

using boost::asio::ip::tcp;

constexpr std::chrono::seconds kPatience(10);  // before a test is told that nothing came

}  // namespace

// Blocking; another thread may call HangUp at any time.
class ScriptedOrigin::Connection {
 public:
  Connection(tcp::socket socket, boost::asio::ssl::context* tls) : socket_(std::move(socket)) {
    if (tls != nullptr) secure_.emplace(socket_, *tls);
  }
  bool Open() {
    boost::system::error_code error;
    if (secure_) secure_->handshake(boost::asio::ssl::stream_base::server, error);
    return !error;
  }
  // Empty at the end.
  std::string Read() {
    char bytes[4096];
    boost::system::error_code error;
    const auto buffer = boost::asio::buffer(bytes);
    const std::size_t size =
        secure_ ? secure_->read_some(buffer, error) : socket_.read_some(buffer, error);
    return error ? "" : std::string(bytes, size);
  }
  bool Write(const std::string& bytes) {
    boost::system::error_code error;
    const auto buffer = boost::asio::buffer(bytes);
    if (secure_) {
      boost::asio::write(*secure_, buffer, error);
    } else {
      boost::asio::write(socket_, buffer, error);
    }
    return !error;
  }
  void HangUp() { ::shutdown(socket_.native_handle(), SHUT_RDWR); }

  std::string unread;  // received beyond the last request

 private:
  tcp::socket socket_;
  std::optional<boost::asio::ssl::stream<tcp::socket&>> secure_;
};

Script Answer(const std::string& status, const std::string& fields, const std::string& body) {
  return {Send{absl::StrCat("HTTP/1.1 ", status, "\r\n", fields, "Content-Length: ", body.size(),
                            "\r\n\r\n", body)}};
}

Script Redirect(int status, const std::string& location) {
  return Answer(absl::StrCat(status, " Elsewhere"), absl::StrCat("Location: ", location, "\r\n"),
                "it is elsewhere");
}

ScriptedOrigin::ScriptedOrigin(boost::asio::ssl::context* tls)
    : tls_(tls),
      acceptor_(io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
      port_(acceptor_.local_endpoint().port()),
      thread_([this] { Accept(); }) {}

ScriptedOrigin::~ScriptedOrigin() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard<std::mutex> lock(mu_);
    stopping_ = true;
    for (const auto& connection : all_) connection->HangUp();
  }
  changed_.notify_all();
  ::shutdown(acceptor_.native_handle(), SHUT_RDWR);  // wakes accept()
  thread_.join();
  {
    const std::lock_guard<std::mutex> lock(mu_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

void ScriptedOrigin::On(const std::string& path, Script script) {
  const std::lock_guard<std::mutex> lock(mu_);
  scripts_[path] = std::move(script);
}

void ScriptedOrigin::Signal() {
  {
    const std::lock_guard<std::mutex> lock(mu_);
    ++signals_;
  }
  changed_.notify_all();
}

std::string ScriptedOrigin::Url(const std::string& path) const {
  return absl::StrCat(tls_ != nullptr ? "https" : "http", "://127.0.0.1:", port_, path);
}

int ScriptedOrigin::port() const { return port_; }

int ScriptedOrigin::connections() const {
  const std::lock_guard<std::mutex> lock(mu_);
  return static_cast<int>(all_.size());
}

std::vector<std::string> ScriptedOrigin::requests() const {
  const std::lock_guard<std::mutex> lock(mu_);
  return requests_;
}

bool ScriptedOrigin::WaitForRequests(std::size_t count) {
  std::unique_lock<std::mutex> lock(mu_);
  return changed_.wait_for(lock, kPatience, [&] { return requests_.size() >= count; });
}

bool ScriptedOrigin::WaitForOpenConnections(int count) {
  std::unique_lock<std::mutex> lock(mu_);
  return changed_.wait_for(lock, kPatience, [&] { return open_ == count; });
}

void ScriptedOrigin::Accept() {
  for (;;) {
    boost::system::error_code error;
    tcp::socket socket(io_);
    acceptor_.accept(socket, error);
    const std::lock_guard<std::mutex> lock(mu_);
    if (stopping_ || error) return;
    auto connection = std::make_shared<Connection>(std::move(socket), tls_);
    all_.push_back(connection);
    ++open_;
    threads_.emplace_back([this, connection] {
      if (connection->Open()) Serve(*connection);
      connection->HangUp();
      {
        const std::lock_guard<std::mutex> inner(mu_);
        --open_;
      }
      changed_.notify_all();
    });
  }
}

void ScriptedOrigin::Serve(Connection& connection) {
  for (;;) {
    std::size_t end = std::string::npos;
    while ((end = connection.unread.find("\r\n\r\n")) == std::string::npos) {
      const std::string bytes = connection.Read();
      if (bytes.empty()) return;
      connection.unread += bytes;
    }
    const std::string head = connection.unread.substr(0, end + 2);
    connection.unread.erase(0, end + 4);
    const std::size_t path = head.find(' ') + 1;
    Script script;
    {
      const std::lock_guard<std::mutex> lock(mu_);
      requests_.push_back(head);
      const auto it = scripts_.find(head.substr(path, head.find(' ', path) - path));
      script = it != scripts_.end() ? it->second : Answer("404 Not Found", "", "no script");
    }
    changed_.notify_all();
    for (const Step& step : script) {
      if (!Run(connection, step)) return;
    }
  }
}

bool ScriptedOrigin::Run(Connection& connection, const Step& step) {
  if (const auto* send = std::get_if<Send>(&step)) return connection.Write(send->bytes);
  if (const auto* send = std::get_if<SendForever>(&step)) {
    while (connection.Write(send->bytes)) {
    }
    return false;
  }
  if (std::holds_alternative<AwaitSignal>(step)) {
    std::unique_lock<std::mutex> lock(mu_);
    changed_.wait(lock, [this] { return stopping_ || signals_ > 0; });
    --signals_;
    return !stopping_;
  }
  if (std::holds_alternative<AwaitHangUp>(step)) {
    while (!connection.Read().empty()) {
    }
  }
  return false;
}

}  // namespace shoal::cdn
