// An HTTP/1.1 origin inside the test process that answers each path by a script, right or wrong to
// the byte.
//
// Threads: serves in threads of its own; all methods may be called from the test's thread.
#ifndef SHOAL_TESTS_UNIT_CLIENT_CDN_SCRIPTED_ORIGIN_H_
#define SHOAL_TESTS_UNIT_CLIENT_CDN_SCRIPTED_ORIGIN_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>  // before Asio, which forgets to include it
#include <variant>
#include <vector>

namespace shoal::cdn {

// The steps of one answer. After the last one the connection is kept for the next request.
struct Send {
  std::string bytes;
};
struct SendForever {  // until the client goes away
  std::string bytes;
};
struct AwaitSignal {};  // until ScriptedOrigin::Signal was called once more
struct AwaitHangUp {};  // until the client closes the connection
struct CloseConnection {};
using Step = std::variant<Send, SendForever, AwaitSignal, AwaitHangUp, CloseConnection>;
using Script = std::vector<Step>;

// A whole answer: status line, `fields` (each ending in CRLF), Content-Length and body.
Script Answer(const std::string& status, const std::string& fields, const std::string& body);
Script Redirect(int status, const std::string& location);

class ScriptedOrigin {
 public:
  // Listens on 127.0.0.1; over TLS if there is a context, which must outlive it.
  explicit ScriptedOrigin(boost::asio::ssl::context* tls = nullptr);
  ~ScriptedOrigin();

  // `path` as the request line has it.
  void On(const std::string& path, Script script);
  void Signal();

  std::string Url(const std::string& path) const;
  int port() const;

  int connections() const;                    // accepted
  std::vector<std::string> requests() const;  // heads, in order of arrival
  bool WaitForRequests(std::size_t count);    // false if they do not come
  bool WaitForOpenConnections(int count);

 private:
  class Connection;

  void Accept();
  void Serve(Connection& connection);
  bool Run(Connection& connection, const Step& step);

  boost::asio::io_context io_;
  boost::asio::ssl::context* const tls_;
  boost::asio::ip::tcp::acceptor acceptor_;
  const int port_;

  mutable std::mutex mu_;  // guards the rest but for thread_
  std::condition_variable changed_;
  std::map<std::string, Script> scripts_;
  std::vector<std::string> requests_;
  std::vector<std::shared_ptr<Connection>> all_;
  std::vector<std::thread> threads_;
  int open_ = 0;
  int signals_ = 0;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace shoal::cdn

#endif  // SHOAL_TESTS_UNIT_CLIENT_CDN_SCRIPTED_ORIGIN_H_
