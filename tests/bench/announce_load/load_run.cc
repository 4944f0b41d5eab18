#include "tests/bench/announce_load/load_run.h"

#include <arpa/inet.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/grpc/ip_address.h"
#include "tests/bench/announce_load/grpc_session.h"
#include "tests/bench/announce_load/http_session.h"
#include "tests/bench/announce_load/process_usage.h"
#include "tests/bench/announce_load/scheduled_viewers.h"

namespace shoal::bench {
namespace {

constexpr Duration kFillLimit = Seconds(120);
constexpr Duration kShowEvery = Milliseconds(250);
// What is still under way at the end may come in for so long.
constexpr Duration kLastAnswers = Seconds(1);
constexpr absl::string_view kAnnounceMethod = "/shoal.v1.Tracker/Announce";
constexpr absl::string_view kReportMethod = "/shoal.schedule.SchedulingTracker/Report";

sockaddr_in SocketAddress(const std::string& text) {
  const Endpoint endpoint = *ParseEndpoint(text);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  std::memcpy(&address.sin_addr, endpoint.address.data(), sizeof(address.sin_addr));
  return address;
}

}  // namespace

LoadRun::LoadRun(const LoadOptions& options, const Clock& clock, Show show,
                 const std::atomic<bool>& stop)
    : options_(options),
      calls_(options.connections * options.streams),
      clock_(clock),
      show_(std::move(show)),
      stop_(stop) {}

LoadRun::~LoadRun() = default;

absl::StatusOr<LoadResult> LoadRun::Run() {
  const auto resident = [this] {
    const std::optional<ProcessUsage> usage = ReadProcessUsage(options_.server_pid);
    return usage ? std::optional(usage->resident_bytes) : std::nullopt;
  };
  costs_.resident_before_bytes = resident();
  if (absl::Status status = Connect(); !status.ok()) return status;
  if (options_.mode != Mode::kMembers && !options_.no_fill) {
    if (absl::Status status = Fill(); !status.ok()) return status;
  }
  costs_.resident_filled_bytes = resident();
  WarmUpAndMeasure();
  LoadResult result = tally_->TakeResult();
  result.traffic = costs_.traffic;
  result.viewing = costs_.viewing;
  result.server_cpu_s = costs_.server_cpu_s;
  result.own_cpu_s = costs_.own_cpu_s;
  result.resident_before_bytes = costs_.resident_before_bytes;
  result.resident_filled_bytes = costs_.resident_filled_bytes;
  result.resident_end_bytes = costs_.resident_end_bytes;
  result.unfinished = client_->under_way();
  result.interrupted = stop_;
  return result;
}

absl::Status LoadRun::Connect() {
  SessionFactory factory;
  GrpcSession::Options session{.authority = options_.server, .method = kAnnounceMethod};
  switch (options_.protocol) {
    case Protocol::kShoal:
      if (options_.hostility == Hostility::kNone) {
        virtual_members_ = std::make_unique<ShoalMembers>(
            ShoalMembers::Options{.members = options_.members,
                                  .swarm_size = options_.swarm_size,
                                  .swarms_per_member = options_.swarms_per_member,
                                  .with_cookies = !options_.no_cookies,
                                  .mean_stay = options_.mean_stay,
                                  .seed = options_.seed},
            clock_);
      } else {
        virtual_members_ = std::make_unique<HostileMembers>(options_.hostility);
      }
      session.forwarded_for = ForwardedFor(options_.hostility);
      session.status = options_.status.value_or(RightStatus(options_.hostility));
      break;
    case Protocol::kScheduling:
      virtual_members_ =
          std::make_unique<ScheduledViewers>(options_.members, options_.swarm_size, clock_);
      session.method = kReportMethod;
      break;
    case Protocol::kBittorrent:
      virtual_members_ = std::make_unique<BittorrentMembers>(options_.server, options_.swarm_size);
      factory = [this] { return std::make_unique<HttpSession>(!options_.connection_per_call); };
      break;
  }
  if (!factory) factory = [session] { return std::make_unique<GrpcSession>(session); };
  absl::StatusOr<std::unique_ptr<LoadClient>> client =
      LoadClient::Make(SocketAddress(options_.server), options_.connections, std::move(factory),
                       *virtual_members_, clock_, *this);
  if (!client.ok()) return client.status();
  client_ = *std::move(client);
  show_({.phase = "connecting"});
  return client_->OpenAll(options_.connect_limit);
}

absl::Status LoadRun::Fill() {
  const TimePoint begin = clock_.Now();
  auto once = std::make_unique<SaturatePattern>(options_.members, calls_, 1, begin);
  const SaturatePattern& rounds = *once;
  pattern_ = std::move(once);
  Drive("filling", begin, begin + kFillLimit, [&rounds] { return rounds.done(); });
  pattern_.reset();
  if (fill_answered_ == 0 && !stop_) {
    return absl::UnavailableError(
        absl::StrCat(options_.server, " answered none of ", fill_failed_, " announces"));
  }
  return absl::OkStatus();
}

std::unique_ptr<Pattern> LoadRun::MakePattern(TimePoint begin) const {
  switch (options_.mode) {
    case Mode::kPaced:
      return std::make_unique<PacedPattern>(options_.members, options_.rate, begin);
    case Mode::kMembers:
      return std::make_unique<MemberPattern>(options_.members, options_.join_over, begin,
                                             options_.seed);
    case Mode::kSaturate:
      break;
  }
  return std::make_unique<SaturatePattern>(options_.members, calls_, 0, begin);
}

void LoadRun::WarmUpAndMeasure() {
  const TimePoint start = clock_.Now();
  const TimePoint begin = start + options_.warm_up;
  const TimePoint end = begin + options_.measured;
  tally_ = std::make_unique<LoadTally>(options_.members, begin, end);
  pattern_ = MakePattern(start);
  Drive("warming up", start, begin, {});
  Measure(begin, end);
  pattern_.reset();
  const TimePoint last = clock_.Now() + kLastAnswers;
  while (client_->under_way() > 0 && clock_.Now() < last && !stop_) client_->Poll(last);
}

void LoadRun::Measure(TimePoint begin, TimePoint end) {
  const auto own_cpu = [] { return ReadProcessUsage(getpid())->cpu_s; };
  const std::optional<ProcessUsage> before = ReadProcessUsage(options_.server_pid);
  const double own_before = own_cpu();
  const SocketTraffic traffic_before = client_->Traffic();
  const std::optional<ViewingFigures> viewing_before = virtual_members_->Viewing();
  if (options_.storm_after) {
    Drive("measuring", begin, begin + *options_.storm_after, {});
    tally_->OnLost(clock_.Now());
    // The members whose connections do not come back see to that themselves.
    client_->Reconnect(options_.connect_limit).IgnoreError();
    pattern_->OnReconnected(clock_.Now());
  }
  Drive("measuring", begin, end, {});
  const std::optional<ProcessUsage> after = ReadProcessUsage(options_.server_pid);
  costs_.own_cpu_s = own_cpu() - own_before;
  costs_.traffic = client_->Traffic() - traffic_before;
  if (viewing_before) costs_.viewing = *virtual_members_->Viewing() - *viewing_before;
  if (after) costs_.resident_end_bytes = after->resident_bytes;
  if (before && after && after->cpu_s >= before->cpu_s) {
    costs_.server_cpu_s = after->cpu_s - before->cpu_s;
  }
}

void LoadRun::Drive(const char* phase, TimePoint begin, TimePoint end,
                    const std::function<bool()>& done) {
  constexpr int kCallsBetweenPolls = 64;
  TimePoint now = clock_.Now();
  while (now < end && !stop_ && !(done && done())) {
    for (int i = 0; i < kCallsBetweenPolls; ++i) {
      const std::optional<DueAnnounce> due = pattern_->Take(now);
      if (!due) break;
      if (tally_ != nullptr) tally_->OnDue(*due);
      client_->Call(*due, now);
    }
    const TimePoint wake = std::min(end, now + kShowEvery);
    client_->Poll(std::min(wake, pattern_->NextDue().value_or(wake)));
    now = clock_.Now();
    if (now < next_show_) continue;
    ShowNow({.phase = phase,
             .done = std::min(1.0, ToSeconds(now - begin) / ToSeconds(end - begin)),
             .open_connections = client_->open_connections()});
  }
}

void LoadRun::ShowNow(const LoadProgress& progress) {
  next_show_ = clock_.Now() + kShowEvery;
  LoadProgress shown = progress;
  shown.answered = tally_ != nullptr ? tally_->result().answered : fill_answered_;
  shown.failed = tally_ != nullptr ? tally_->result().failed : fill_failed_;
  show_(shown);
}

void LoadRun::OnAnswered(const DueAnnounce& announce, const AnnounceReply& reply, TimePoint now) {
  if (tally_ != nullptr) {
    tally_->OnAnswered(announce, reply, now);
  } else {
    ++fill_answered_;
  }
  if (pattern_ != nullptr) pattern_->OnAnswered(announce.member, reply.interval, now);
}

void LoadRun::OnFailed(const DueAnnounce& announce, TimePoint now) {
  if (tally_ != nullptr) {
    tally_->OnFailed(announce, now);
  } else {
    ++fill_failed_;
  }
  if (pattern_ != nullptr) pattern_->OnFailed(announce.member, now);
}

void LoadRun::OnLost(TimePoint now) {
  if (tally_ != nullptr) tally_->OnLost(now);
}

}  // namespace shoal::bench
