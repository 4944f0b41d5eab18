#include "tests/unit/client/proxy/proxy_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace shoal::proxy {
namespace {

constexpr int kPatienceSeconds = 10;

}  // namespace

// ---- TestPlayer -----------------------------------------------------------------------------

TestPlayer::TestPlayer(std::uint16_t port, int receive_buffer) {
  socket_ = socket(AF_INET, SOCK_STREAM, 0);
  const timeval patience{kPatienceSeconds, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  if (receive_buffer > 0) {
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    ADD_FAILURE() << "cannot connect: errno " << errno;
  }
}

TestPlayer::~TestPlayer() { Close(); }

bool TestPlayer::Send(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string TestPlayer::ReadSome(std::size_t most) {
  if (!pending_.empty()) {
    std::string bytes = pending_.substr(0, most);
    pending_.erase(0, bytes.size());
    return bytes;
  }
  std::string bytes(most, '\0');
  const ssize_t size = recv(socket_, bytes.data(), bytes.size(), 0);
  if (size == 0) saw_end_ = true;
  if (size < 0 && errno == ECONNRESET) saw_reset_ = true;
  if (size < 0 && errno != ECONNRESET) ADD_FAILURE() << "cannot read: errno " << errno;
  bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return bytes;
}

std::string TestPlayer::ReadAll() {
  std::string all;
  for (std::string some = ReadSome(); !some.empty(); some = ReadSome()) all += some;
  return all;
}

std::string TestPlayer::ReadHead() {
  std::string bytes;
  std::size_t end = std::string::npos;
  while (end == std::string::npos) {
    const std::string some = ReadSome();
    if (some.empty()) return bytes;
    bytes += some;
    end = bytes.find("\r\n\r\n");
  }
  pending_ = bytes.substr(end + 4) + pending_;
  return bytes.substr(0, end + 4);
}

std::string TestPlayer::ReadAnswer() {
  std::string answer = ReadHead();
  const std::string head = absl::AsciiStrToLower(answer);
  constexpr absl::string_view kLength = "\r\ncontent-length: ";
  const std::size_t found = head.find(std::string(kLength));
  if (found == std::string::npos) return answer;
  const std::size_t begin = found + kLength.size();
  std::size_t left = 0;
  EXPECT_TRUE(absl::SimpleAtoi(head.substr(begin, head.find('\r', begin) - begin), &left));
  while (left > 0) {
    const std::string some = ReadSome(left);
    if (some.empty()) break;
    left -= some.size();
    answer += some;
  }
  return answer;
}

void TestPlayer::CloseSendingHalf() { shutdown(socket_, SHUT_WR); }

void TestPlayer::Close() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

void TestPlayer::CloseHard() {
  const linger hard{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
  Close();
}

// ---- ProxyFixture ---------------------------------------------------------------------------

ProxyFixture::ProxyFixture() : work_(boost::asio::make_work_guard(io_)) {
  on_request_ = [](const std::shared_ptr<Exchange>& exchange) {
    exchange->Respond(200, "text/plain", "answer to " + exchange->request().target());
  };
}

ProxyFixture::~ProxyFixture() { server_.reset(); }

void ProxyFixture::StartProxy(const Limits& limits) {
  server_ = std::make_unique<ProxyServer>(io_, *this, limits);
  const auto port = server_->Listen("127.0.0.1:0");
  ASSERT_TRUE(port.ok()) << port.status();
  port_ = *port;
}

void ProxyFixture::Play(const std::function<void()>& play) {
  bool done = false;
  std::thread thread([&] {
    play();
    boost::asio::post(io_, [&done] { done = true; });
  });
  while (!done) io_.run_one();
  thread.join();
}

std::string ProxyFixture::SendAndReadAll(absl::string_view bytes) {
  std::string answer;
  Play([&] {
    TestPlayer player(port_);
    player.Send(bytes);
    answer = player.ReadAll();
  });
  return answer;
}

bool ProxyFixture::RunUntil(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(kPatienceSeconds);
  while (!done() && std::chrono::steady_clock::now() < end) {
    io_.run_one_for(std::chrono::milliseconds(20));
  }
  return done();
}

}  // namespace shoal::proxy
