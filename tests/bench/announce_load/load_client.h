// Many connections to one server, and the announces that are made over them.
//
// A connection that is lost opens again with the next call of one of its members, but after a
// failure not before a second has passed: until then calls fail at once, as those of gRPC's clients
// do.
//
// Ownership: borrows members, clock and observer. Threads: not thread-safe.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LOAD_CLIENT_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LOAD_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/time/time.h"
#include "tests/bench/announce_load/call_table.h"
#include "tests/bench/announce_load/connection.h"
#include "tests/bench/announce_load/patterns.h"
#include "tests/bench/announce_load/virtual_members.h"

namespace shoal::bench {

// What came of the calls. Called from within LoadClient::Call and Poll.
class LoadObserver {
 public:
  virtual ~LoadObserver() = default;
  virtual void OnAnswered(const DueAnnounce& announce, const AnnounceReply& reply,
                          TimePoint now) = 0;
  // Refused, not understood, cut off, or without an answer for too long.
  virtual void OnFailed(const DueAnnounce& announce, TimePoint now) = 0;
  // The server has ended a connection, or it could not be opened.
  virtual void OnLost(TimePoint now) = 0;
};

class LoadClient {
 public:
  // How long one call may take; that of clients.
  static constexpr Duration kCallLimit = Seconds(5);

  static absl::StatusOr<std::unique_ptr<LoadClient>> Make(
      const sockaddr_in& server, std::size_t connections, SessionFactory factory,
      VirtualMembers& members, const Clock& clock, LoadObserver& observer);
  ~LoadClient();
  LoadClient(const LoadClient&) = delete;
  LoadClient& operator=(const LoadClient&) = delete;

  // Opens all connections that are closed. DeadlineExceeded with how many stand then, if they do
  // not all within `limit`.
  absl::Status OpenAll(Duration limit);
  // Closes all of them and opens them again; what was under way fails.
  absl::Status Reconnect(Duration limit);

  void Call(const DueAnnounce& announce, TimePoint now);
  // Carries on what is under way; waits until `until` at the latest, less if something happens.
  void Poll(TimePoint until);

  std::size_t under_way() const { return calls_.size(); }
  std::size_t open_connections() const;
  // Of all connections, since the beginning.
  SocketTraffic Traffic() const;

 private:
  struct Place {
    std::unique_ptr<Connection> connection;
    TimePoint closed_until{};
    bool to_flush = false;
  };

  LoadClient(int epoll, VirtualMembers& members, const Clock& clock, LoadObserver& observer);

  bool OpenPlace(Place& place, TimePoint now);
  void Lose(Place& place, TimePoint now);
  void Finish(Session::Tag tag, bool ok, absl::string_view message, TimePoint now);
  void FlushAll(TimePoint now);

  const int epoll_;
  VirtualMembers& members_;
  const Clock& clock_;
  LoadObserver& observer_;
  std::vector<Place> places_;
  std::vector<std::size_t> to_flush_;
  CallTable calls_{kCallLimit};
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_LOAD_CLIENT_H_
