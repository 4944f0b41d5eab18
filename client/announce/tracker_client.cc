#include "client/announce/tracker_client.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "client/announce/announce_codec.h"
#include "common/grpc/channel_arguments.h"
#include "common/grpc/status_conversion.h"
#include "shoal/v1/tracker.grpc.pb.h"

namespace shoal::announce {
namespace {

// The largest sensible answer: 64 swarms with full handouts and as many removed members take 180
// KB.
constexpr int kAnswerBytesMax = 256 * 1024;

std::unique_ptr<v1::Tracker::Stub> Connect(const std::string& target) {
  grpc::ChannelArguments arguments =
      DirectChannelArguments({.first = Milliseconds(500), .most = Seconds(5)});
  arguments.SetMaxReceiveMessageSize(kAnswerBytesMax);
  return v1::Tracker::NewStub(
      grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments));
}

// Calls that gRPC has not let go of. Threads: any.
class Outstanding {
 public:
  void Add() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    ++calls_;
  }
  void Remove() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    --calls_;
  }
  void AwaitNone() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(this, &Outstanding::None));
  }

 private:
  bool None() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return calls_ == 0; }

  absl::Mutex mu_;
  int calls_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace

class TrackerClient::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& loop, const std::string& target, const PeerId& self)
      : loop_(loop), target_(target), self_(self), stub_(Connect(target)) {}

  void set_port(std::uint16_t port) { port_ = port; }
  std::size_t in_flight() const { return calls_.size(); }
  const AnnounceFigures& figures() const { return figures_; }

  void Announce(const core::Announce& announce, Callback callback) {
    if (stopped_) return;
    ++figures_.announces;
    if (announce.swarms.size() > kSwarmsPerAnnounceMax) {
      return FailSoon(
          absl::InvalidArgumentError(absl::StrCat("an announce of ", announce.swarms.size(),
                                                  " swarms, which may be ", kSwarmsPerAnnounceMax)),
          std::move(callback));
    }
    if (calls_.size() >= kAnnouncesInFlightMax) {
      return FailSoon(absl::ResourceExhaustedError(
                          absl::StrCat(calls_.size(), " announces have not been answered yet")),
                      std::move(callback));
    }
    const std::uint64_t number = ++last_call_;
    auto call = std::make_unique<Call>();
    call->callback = std::move(callback);
    call->swarms = announce.swarms;
    call->request.set_peer_id(std::string(self_.bytes()));
    call->request.set_port(port_);
    call->request.set_upload_class(announce.upload_class);
    for (const core::AnnouncedSwarm& swarm : announce.swarms) {
      *call->request.add_swarms() = ToWire(swarm, UseCookie(swarm, number));
    }
    StartCall(number, calls_[number] = std::move(call));
  }

  void Shutdown() {
    if (stopped_) return;
    stopped_ = true;
    for (const auto& [number, call] : calls_) call->context.TryCancel();
    outstanding_->AwaitNone();
    calls_.clear();
  }

 private:
  struct Call {
    grpc::ClientContext context;
    v1::AnnounceRequest request;
    v1::AnnounceResponse response;
    std::vector<core::AnnouncedSwarm> swarms;
    Callback callback;
  };

  // What is known of a swarm since it was announced as started.
  struct Swarm {
    std::string cookie;
    // Answers to calls before this one are out of date.
    std::uint64_t valid_from = 0;
    // The last call that spoke of the swarm.
    std::uint64_t last_asked = 0;
  };

  // The cookie to send for `swarm` in call `number`. None while another call for the swarm is in
  // flight: two answers with changes to the same handout would not add up.
  std::string UseCookie(const core::AnnouncedSwarm& swarm, std::uint64_t number) {
    if (swarm.kind == core::AnnounceKind::kStopped) {
      swarms_.erase(swarm.swarm);
      return "";
    }
    if (swarm.kind == core::AnnounceKind::kStarted) swarms_.erase(swarm.swarm);
    Swarm& known = swarms_.try_emplace(swarm.swarm, Swarm{.valid_from = number}).first->second;
    const bool alone = !calls_.contains(known.last_asked);
    known.last_asked = number;
    return alone ? known.cookie : "";
  }

  void StartCall(std::uint64_t number, const std::unique_ptr<Call>& call) {
    figures_.bytes_sent += call->request.ByteSizeLong();
    call->context.set_deadline(std::chrono::system_clock::now() +
                               std::chrono::microseconds(kAnnounceTimeout.count()));
    outstanding_->Add();
    // Holds nothing that must not be destroyed on gRPC's threads.
    stub_->async()->Announce(&call->context, &call->request, &call->response,
                             [&loop = loop_, weak = weak_from_this(), outstanding = outstanding_,
                              number](grpc::Status status) {
                               boost::asio::post(loop, [weak, number, status] {
                                 const auto self = weak.lock();
                                 if (self && !self->stopped_)
                                   self->OnAnswer(number, ToAbslStatus(status));
                               });
                               outstanding->Remove();
                             });
  }

  void OnAnswer(std::uint64_t number, const absl::Status& status) {
    const auto node = calls_.extract(number);
    Call& call = *node.mapped();
    absl::StatusOr<core::AnnounceAnswered> answer = status.ok() ? ReadAnswer(number, call) : status;
    if (!answer.ok()) ++figures_.failures;
    if (status.code() == absl::StatusCode::kDeadlineExceeded) {
      // The connection may be one that a router forgot: the next call makes a new one. The old
      // one stays until then, so that there is always one: gRPC's threads end with the last.
      retired_stub_ = std::exchange(stub_, Connect(target_));
    }
    call.callback(std::move(answer));
  }

  absl::StatusOr<core::AnnounceAnswered> ReadAnswer(std::uint64_t number, const Call& call) {
    const v1::AnnounceResponse& response = call.response;
    figures_.bytes_received += response.ByteSizeLong();
    if (response.swarms_size() != call.request.swarms_size()) {
      return absl::DataLossError(absl::StrCat("the tracker answered for ", response.swarms_size(),
                                              " swarms instead of ", call.request.swarms_size()));
    }
    core::AnnounceAnswered answer;
    answer.interval = IntervalFromWire(response);
    for (int i = 0; i < response.swarms_size(); ++i) {
      const core::AnnouncedSwarm& asked = call.swarms[static_cast<std::size_t>(i)];
      const auto known = swarms_.find(asked.swarm);
      const bool current = asked.kind != core::AnnounceKind::kStopped && known != swarms_.end() &&
                           known->second.valid_from <= number;
      if (!current) continue;
      absl::StatusOr<core::SwarmHandout> handout =
          FromWire(response.swarms(i), call.request.swarms(i), self_);
      if (!handout.ok()) {
        for (const core::AnnouncedSwarm& swarm : call.swarms) ForgetCookie(swarm.swarm);
        return handout.status();
      }
      known->second.cookie = response.swarms(i).cookie();
      known->second.valid_from = number;
      handout->stream = asked.stream;
      answer.swarms.push_back(*std::move(handout));
    }
    return answer;
  }

  void ForgetCookie(const SwarmId& swarm) {
    const auto known = swarms_.find(swarm);
    if (known != swarms_.end()) known->second.cookie.clear();
  }

  void FailSoon(absl::Status status, Callback callback) {
    ++figures_.failures;
    boost::asio::post(loop_, [weak = weak_from_this(), status = std::move(status),
                              callback = std::move(callback)] {
      const auto self = weak.lock();
      if (self && !self->stopped_) callback(status);
    });
  }

  boost::asio::io_context& loop_;
  const std::string target_;
  const PeerId self_;
  const std::shared_ptr<Outstanding> outstanding_ = std::make_shared<Outstanding>();
  std::uint16_t port_ = 0;
  bool stopped_ = false;
  std::unique_ptr<v1::Tracker::Stub> stub_;
  std::unique_ptr<v1::Tracker::Stub> retired_stub_;
  std::uint64_t last_call_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Call>> calls_;
  std::map<SwarmId, Swarm> swarms_;
  AnnounceFigures figures_;
};

TrackerClient::TrackerClient(boost::asio::io_context& loop, const std::string& target,
                             const PeerId& self)
    : impl_(std::make_shared<Impl>(loop, target, self)) {}

TrackerClient::~TrackerClient() { Shutdown(); }

void TrackerClient::set_port(std::uint16_t port) { impl_->set_port(port); }

void TrackerClient::Announce(const core::Announce& announce, Callback callback) {
  impl_->Announce(announce, std::move(callback));
}

std::size_t TrackerClient::in_flight() const { return impl_->in_flight(); }

const AnnounceFigures& TrackerClient::figures() const { return impl_->figures(); }

void TrackerClient::Shutdown() { impl_->Shutdown(); }

}  // namespace shoal::announce
