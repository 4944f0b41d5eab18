// A proxy on a real socket, its handler a function, and players that are plain sockets in a thread
// of their own while the test's thread runs the loop.
#ifndef SHOAL_TESTS_UNIT_CLIENT_PROXY_PROXY_FIXTURE_H_
#define SHOAL_TESTS_UNIT_CLIENT_PROXY_PROXY_FIXTURE_H_

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/proxy/proxy_server.h"
#include "gtest/gtest.h"

namespace shoal::proxy {

// A player's socket. Blocking, with a limit of some seconds on every call, after which it counts as
// failed, so that no test hangs.
class TestPlayer {
 public:
  explicit TestPlayer(std::uint16_t port, int receive_buffer = 0);
  ~TestPlayer();
  TestPlayer(const TestPlayer&) = delete;
  TestPlayer& operator=(const TestPlayer&) = delete;

  // false if the connection does not take it.
  bool Send(absl::string_view bytes);
  // At least one byte; empty at the end of the stream or after an error.
  std::string ReadSome(std::size_t most = 65536);
  // Until the end.
  std::string ReadAll();
  // One head.
  std::string ReadHead();
  // One head and the body that its Content-Length announces.
  std::string ReadAnswer();
  // Whether reading came to a clean end, or the connection was reset.
  bool saw_end() const { return saw_end_; }
  bool saw_reset() const { return saw_reset_; }
  void CloseSendingHalf();
  void Close();
  // Leaves with a reset.
  void CloseHard();

 private:
  int socket_ = -1;
  std::string pending_;  // read beyond what was asked for
  bool saw_end_ = false;
  bool saw_reset_ = false;
};

class ProxyFixture : public testing::Test, public Handler {
 public:
  void OnRequest(std::shared_ptr<Exchange> exchange) override {
    targets_.push_back(exchange->request().target());
    on_request_(std::move(exchange));
  }

 protected:
  ProxyFixture();
  ~ProxyFixture() override;

  // Starts the proxy. REQUIRES: called once.
  void StartProxy(const Limits& limits = {});
  // Runs `play` in a thread and the loop until it returns.
  void Play(const std::function<void()>& play);
  // The same for one connection that sends `bytes` and reads to the end.
  std::string SendAndReadAll(absl::string_view bytes);
  // Runs the loop until `done` or for some seconds; answers whether it was done.
  bool RunUntil(const std::function<bool()>& done);

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::unique_ptr<ProxyServer> server_;
  std::uint16_t port_ = 0;
  std::function<void(std::shared_ptr<Exchange>)> on_request_;
  std::vector<std::string> targets_;
};

}  // namespace shoal::proxy

#endif  // SHOAL_TESTS_UNIT_CLIENT_PROXY_PROXY_FIXTURE_H_
