// A loop that a test turns by hand, and a listener that writes down what it is told.
#ifndef SHOAL_TESTS_UNIT_CLIENT_PEER_LOOP_FIXTURE_H_
#define SHOAL_TESTS_UNIT_CLIENT_PEER_LOOP_FIXTURE_H_

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>  // Boost 1.74's Asio needs it first.
#include <vector>

#include "client/peer/link_listener.h"
#include "client/peer/link_transport.h"

namespace shoal::peer {

inline SwarmId Swarm(char c) { return *SwarmId::FromBytes(std::string(16, c)); }
inline PeerId Peer(char c) { return *PeerId::FromBytes(std::string(16, c)); }
inline SegmentKey Key(char c) { return *SegmentKey::FromBytes(std::string(8, c)); }

inline Endpoint Localhost(std::uint16_t port) { return {std::string("\x7f\0\0\1", 4), port}; }

class Loop {
 public:
  boost::asio::io_context& io() { return io_; }

  // Runs the loop until `done`; false if that does not come within `limit`.
  bool RunUntil(const std::function<bool()>& done,
                std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!done()) {
      if (std::chrono::steady_clock::now() >= end) return false;
      io_.run_one_for(std::chrono::milliseconds(10));
    }
    return true;
  }

  void RunFor(std::chrono::milliseconds time) {
    RunUntil([] { return false; }, time);
  }

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
};

// In the swarms of `swarms`; closes nothing by itself.
class RecordingListener : public LinkListener {
 public:
  struct Opened {
    core::LinkId link;
    SwarmId swarm;
    Member peer;
    bool dialled;
  };
  struct Message {
    core::LinkId link;
    core::LinkMessage message;
    std::string payload;
  };
  struct Ended {
    core::LinkId link;
    core::ByeReason reason;
    std::string detail;
  };

  std::set<SwarmId> swarms;
  LocalHello hello;
  std::vector<Opened> opened;
  std::vector<Message> messages;
  std::vector<Ended> closed;
  std::vector<Ended> failed;
  std::function<void(const Message&)> on_message;

  std::optional<LocalHello> OnInboundHello(const SwarmId& swarm, const Member&) override {
    if (!swarms.contains(swarm)) return std::nullopt;
    LocalHello answer = hello;
    answer.swarm = swarm;
    return answer;
  }
  void OnLinkOpened(core::LinkId link, const SwarmId& swarm, const Member& peer,
                    bool dialled) override {
    opened.push_back({link, swarm, peer, dialled});
  }
  void OnMessage(core::LinkId link, const core::LinkMessage& message,
                 absl::string_view payload) override {
    messages.push_back({link, message, std::string(payload)});
    if (on_message) on_message(messages.back());
  }
  void OnLinkClosed(core::LinkId link, core::ByeReason reason, absl::string_view detail) override {
    closed.push_back({link, reason, std::string(detail)});
  }
  void OnDialFailed(core::LinkId link, core::ByeReason reason, absl::string_view detail) override {
    failed.push_back({link, reason, std::string(detail)});
  }
};

// A client as far as links go: id and swarms by letter.
struct Client {
  RecordingListener listener;
  LinkTransport transport;
  PeerId id;
  std::uint16_t port = 0;

  Client(Loop& loop, char name, const std::string& swarms, const LinkLimits& limits = {})
      : transport(loop.io(), listener, limits), id(Peer(name)) {
    for (const char swarm : swarms) listener.swarms.insert(Swarm(swarm));
    listener.hello = {.self = id, .upload_class = 12, .port = 0};
  }
  void Listen(const std::string& endpoint = "127.0.0.1:0") {
    const auto listening = transport.Listen(endpoint);
    if (listening.ok()) port = listener.hello.port = *listening;
  }
  core::LinkId Dial(const Client& other, char swarm) {
    LocalHello hello = listener.hello;
    hello.swarm = Swarm(swarm);
    return transport.Dial(Localhost(other.port), other.id, hello);
  }
};

}  // namespace shoal::peer

#endif  // SHOAL_TESTS_UNIT_CLIENT_PEER_LOOP_FIXTURE_H_
