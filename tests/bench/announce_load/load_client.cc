#include "tests/bench/announce_load/load_client.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace shoal::bench {
namespace {

constexpr Duration kPauseAfterLoss = Seconds(1);
// Connections that open at the same time: less than what the system queues for a server.
constexpr std::size_t kOpeningAtOnce = 128;
constexpr int kEventsAtOnce = 256;

}  // namespace

absl::StatusOr<std::unique_ptr<LoadClient>> LoadClient::Make(
    const sockaddr_in& server, std::size_t connections, SessionFactory factory,
    VirtualMembers& members, const Clock& clock, LoadObserver& observer) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) return absl::ResourceExhaustedError("the system gives no epoll instance");
  std::unique_ptr<LoadClient> client(new LoadClient(epoll, members, clock, observer));
  client->places_.resize(connections);
  for (std::size_t i = 0; i < connections; ++i) {
    client->places_[i].connection =
        std::make_unique<Connection>(server, epoll, static_cast<std::uint32_t>(i), factory);
  }
  return client;
}

LoadClient::LoadClient(int epoll, VirtualMembers& members, const Clock& clock,
                       LoadObserver& observer)
    : epoll_(epoll), members_(members), clock_(clock), observer_(observer) {}

LoadClient::~LoadClient() {
  places_.clear();
  close(epoll_);
}

std::size_t LoadClient::open_connections() const {
  return static_cast<std::size_t>(std::count_if(
      places_.begin(), places_.end(),
      [](const Place& place) { return place.connection->state() == Connection::State::kOpen; }));
}

SocketTraffic LoadClient::Traffic() const {
  SocketTraffic all;
  for (const Place& place : places_) all += place.connection->Traffic();
  return all;
}

absl::Status LoadClient::OpenAll(Duration limit) {
  const TimePoint end = clock_.Now() + limit;
  std::size_t standing = 0;
  std::size_t next = 0;
  while ((standing = open_connections()) < places_.size()) {
    const TimePoint now = clock_.Now();
    if (now >= end) {
      return absl::DeadlineExceededError(absl::StrCat("only ", standing, " of ", places_.size(),
                                                      " connections stood after ", ToSeconds(limit),
                                                      " s"));
    }
    std::size_t opening = 0;
    for (const Place& place : places_) {
      opening += place.connection->state() == Connection::State::kConnecting ? 1 : 0;
    }
    for (std::size_t i = 0; i < places_.size() && opening < kOpeningAtOnce; ++i, ++next) {
      Place& place = places_[next % places_.size()];
      if (place.connection->state() != Connection::State::kClosed) continue;
      if (!OpenPlace(place, now)) break;
      ++opening;
    }
    Poll(now + Milliseconds(5));
  }
  return absl::OkStatus();
}

absl::Status LoadClient::Reconnect(Duration limit) {
  const TimePoint now = clock_.Now();
  for (Place& place : places_) {
    if (place.connection->state() == Connection::State::kClosed) continue;
    const std::vector<Session::Tag> cut = place.connection->Pending();
    place.connection->Close();
    for (const Session::Tag tag : cut) Finish(tag, false, "", now);
  }
  return OpenAll(limit);
}

bool LoadClient::OpenPlace(Place& place, TimePoint now) {
  if (now < place.closed_until) return false;
  if (place.connection->Open()) return true;
  place.closed_until = now + kPauseAfterLoss;
  return false;
}

void LoadClient::Call(const DueAnnounce& announce, TimePoint now) {
  const std::size_t index = announce.member % places_.size();
  Place& place = places_[index];
  if (place.connection->state() == Connection::State::kClosed && !OpenPlace(place, now)) {
    observer_.OnFailed(announce, now);
    return;
  }
  place.connection->Submit(calls_.Add(announce, now), members_.Request(announce.member));
  if (place.to_flush) return;
  place.to_flush = true;
  to_flush_.push_back(index);
}

void LoadClient::FlushAll(TimePoint now) {
  for (std::size_t i = 0; i < to_flush_.size(); ++i) {
    Place& place = places_[to_flush_[i]];
    place.to_flush = false;
    if (place.connection->state() == Connection::State::kClosed) continue;
    if (!place.connection->Flush()) Lose(place, now);
  }
  to_flush_.clear();
}

void LoadClient::Poll(TimePoint until) {
  TimePoint now = clock_.Now();
  FlushAll(now);
  std::array<epoll_event, kEventsAtOnce> events;
  // Rounded down: the caller spins for what is left of a millisecond, and sends on time.
  const auto wait =
      std::chrono::floor<std::chrono::milliseconds>(std::max(until - now, Duration(0)));
  const int count =
      epoll_wait(epoll_, events.data(), kEventsAtOnce, static_cast<int>(wait.count()));
  now = clock_.Now();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    Place& place = places_[event.data.u32];
    if (place.connection->state() == Connection::State::kClosed) continue;
    const auto sink = [&](Session::Tag tag, bool ok, absl::string_view message) {
      Finish(tag, ok, message, now);
    };
    if (!place.connection->OnEvents(event.events, sink)) Lose(place, now);
  }
  while (std::optional<DueAnnounce> late = calls_.TakeExpired(now)) {
    observer_.OnFailed(*late, now);
  }
}

void LoadClient::Lose(Place& place, TimePoint now) {
  const std::vector<Session::Tag> cut = place.connection->Pending();
  const bool failed = place.connection->state() == Connection::State::kConnecting || !cut.empty();
  place.connection->Close();
  if (failed) place.closed_until = now + kPauseAfterLoss;
  observer_.OnLost(now);
  for (const Session::Tag tag : cut) Finish(tag, false, "", now);
}

void LoadClient::Finish(Session::Tag tag, bool ok, absl::string_view message, TimePoint now) {
  const std::optional<DueAnnounce> announce = calls_.Take(tag);
  if (!announce) return;  // too late
  const std::optional<AnnounceReply> reply =
      ok ? members_.Read(announce->member, message) : std::nullopt;
  if (reply) {
    observer_.OnAnswered(*announce, *reply, now);
  } else {
    observer_.OnFailed(*announce, now);
  }
}

}  // namespace shoal::bench
