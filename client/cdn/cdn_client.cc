#include "client/cdn/cdn_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <string>
#include <utility>  // before Asio, which forgets to include it
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "client/cdn/curl_loop.h"
#include "client/cdn/request_fields.h"
#include "client/cdn/transfer.h"

namespace shoal::cdn {

// What is called from outside, or from a listener inside curl, only notes what is wanted. Settle,
// which runs from the loop and never inside curl, does it.
class CdnClient::Impl {
 public:
  Impl(boost::asio::io_context& io, CdnOptions options);
  ~Impl();

  TransferId Start(FetchRequest request, FetchListener* listener);
  void Cancel(TransferId id);
  void Pause(TransferId id);
  void Resume(TransferId id);
  std::size_t active() const { return transfers_.size() + invalid_.size(); }
  CdnFigures figures() const;

 private:
  // A request that nothing can be made of; its listener still has to be told.
  struct Invalid {
    TransferId id = 0;
    FetchListener* listener = nullptr;
    FetchResult result;
  };
  using TransferPtr = std::unique_ptr<Transfer>;

  void ScheduleSettle();
  void Settle();
  void ReportInvalid();
  void TakeFinished();
  void ResumeWanted();
  void RemoveCancelled();
  void BeginWaiting();

  bool HasSlot(const Transfer& transfer) const;
  void Begin(Transfer& transfer);
  void FreeSlot(Transfer& transfer);
  // Curl is done with a transfer, by its own account or by ours: follows the redirect, or ends it.
  void Conclude(Transfer& transfer, CURLcode code);
  void End(Transfer& transfer);

  void ArmWatchdog(SteadyTime when);
  void CheckTimeouts();

  boost::asio::io_context& io_;
  Transfer::Shared shared_;
  CurlLoop loop_;
  TransferId last_id_ = 0;

  absl::flat_hash_map<TransferId, TransferPtr> transfers_;
  std::deque<TransferId> waiting_;  // may name transfers that are gone
  std::size_t running_ = 0;
  absl::flat_hash_map<std::string, std::size_t> running_at_host_;

  // Work for Settle.
  bool settle_scheduled_ = false;
  std::vector<Invalid> invalid_;
  std::vector<TransferPtr> cancelled_;  // detached; curl may still know them
  std::vector<TransferId> resumed_;

  boost::asio::steady_timer watchdog_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for posted work and the timer
};

CdnClient::Impl::Impl(boost::asio::io_context& io, CdnOptions options)
    : io_(io),
      shared_{.options = std::move(options)},
      loop_(io, shared_.options.connections_kept_max, [this] { Settle(); }),
      watchdog_(io) {
  watchdog_.expires_at(SteadyTime::max());
  shared_.sessions.reset(curl_share_init());
  curl_share_setopt(shared_.sessions.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

CdnClient::Impl::~Impl() {
  *alive_ = false;
  for (auto& entry : transfers_) {
    entry.second->Detach();
    cancelled_.push_back(std::move(entry.second));
  }
  transfers_.clear();
  RemoveCancelled();
}

// ---- Wishes ------------------------------------------------------------------------------------

TransferId CdnClient::Impl::Start(FetchRequest request, FetchListener* listener) {
  const TransferId id = ++last_id_;
  ScheduleSettle();
  absl::StatusOr<HttpUrl> url = CheckRequest(request);
  FetchResult problem;
  if (!url.ok()) {
    problem = {.outcome = FetchOutcome::kInvalidRequest,
               .message = std::string(url.status().message())};
  } else if (transfers_.size() >= shared_.options.transfers_max + shared_.options.waiting_max) {
    problem = {.outcome = FetchOutcome::kUnreachable,
               .message = absl::StrCat(url->PublicName(), ": ", transfers_.size(),
                                       " transfers are waiting already")};
  }
  if (problem.outcome != FetchOutcome::kComplete) {
    ++shared_.figures.failures;
    invalid_.push_back({id, listener, std::move(problem)});
    return id;
  }
  auto transfer =
      std::make_unique<Transfer>(id, std::move(request), *std::move(url), listener, &shared_);
  const SteadyTime now = std::chrono::steady_clock::now();
  transfer->SetWaiting(now);
  ArmWatchdog(transfer->NextCheck(now));
  transfers_.emplace(id, std::move(transfer));
  waiting_.push_back(id);
  return id;
}

void CdnClient::Impl::Cancel(TransferId id) {
  std::erase_if(invalid_, [id](const Invalid& invalid) { return invalid.id == id; });
  const auto it = transfers_.find(id);
  if (it == transfers_.end()) return;
  it->second->Detach();
  cancelled_.push_back(std::move(it->second));
  transfers_.erase(it);
  ScheduleSettle();
}

void CdnClient::Impl::Pause(TransferId id) {
  const auto it = transfers_.find(id);
  if (it != transfers_.end()) it->second->Pause();
}

void CdnClient::Impl::Resume(TransferId id) {
  const auto it = transfers_.find(id);
  if (it == transfers_.end()) return;
  it->second->Unpause(std::chrono::steady_clock::now());
  resumed_.push_back(id);
  ScheduleSettle();
}

CdnFigures CdnClient::Impl::figures() const {
  CdnFigures figures = shared_.figures;
  figures.active = running_;
  figures.waiting = active() - std::min(active(), running_);
  return figures;
}

// ---- Carrying them out -------------------------------------------------------------------------

void CdnClient::Impl::ScheduleSettle() {
  if (settle_scheduled_) return;
  settle_scheduled_ = true;
  boost::asio::post(io_, [this, alive = alive_] {
    if (*alive) Settle();
  });
}

void CdnClient::Impl::Settle() {
  settle_scheduled_ = false;
  ReportInvalid();
  TakeFinished();
  ResumeWanted();
  RemoveCancelled();
  BeginWaiting();
}

void CdnClient::Impl::ReportInvalid() {
  // One by one, since each call may start and cancel others; no more than there were, since a
  // listener may start its own again and again.
  for (std::size_t left = invalid_.size(); left > 0 && !invalid_.empty(); --left) {
    const Invalid invalid = std::move(invalid_.front());
    invalid_.erase(invalid_.begin());
    invalid.listener->OnDone(invalid.id, invalid.result);
  }
}

void CdnClient::Impl::TakeFinished() {
  for (const CurlLoop::Finished& finished : loop_.TakeFinished()) {
    Transfer& transfer = *Transfer::Of(finished.easy);
    // A listener of an earlier one may just have cancelled it; then it lies among cancelled_.
    if (!transfer.detached()) Conclude(transfer, finished.code);
  }
}

void CdnClient::Impl::ResumeWanted() {
  const std::vector<TransferId> resumed = std::exchange(resumed_, {});
  for (const TransferId id : resumed) {
    const auto it = transfers_.find(id);
    if (it == transfers_.end()) continue;
    Transfer& transfer = *it->second;
    // When the bytes that curl held back end the transfer, curl does not report it.
    const CURLcode code = transfer.ReleaseHeldBytes();
    if (code != CURLE_OK && !transfer.detached()) Conclude(transfer, code);
  }
}

void CdnClient::Impl::RemoveCancelled() {
  for (TransferPtr& transfer : std::exchange(cancelled_, {})) {
    if (transfer->running()) FreeSlot(*transfer);
  }
}

void CdnClient::Impl::BeginWaiting() {
  std::deque<TransferId> still_waiting;
  while (!waiting_.empty()) {
    const TransferId id = waiting_.front();
    waiting_.pop_front();
    const auto it = transfers_.find(id);
    if (it == transfers_.end()) continue;
    if (HasSlot(*it->second)) {
      Begin(*it->second);
    } else {
      still_waiting.push_back(id);
    }
  }
  waiting_ = std::move(still_waiting);
}

bool CdnClient::Impl::HasSlot(const Transfer& transfer) const {
  if (running_ >= shared_.options.transfers_max) return false;
  const auto it = running_at_host_.find(transfer.url().HostKey());
  return it == running_at_host_.end() || it->second < shared_.options.transfers_per_host_max;
}

void CdnClient::Impl::Begin(Transfer& transfer) {
  const SteadyTime now = std::chrono::steady_clock::now();
  ++running_;
  ++running_at_host_[transfer.url().HostKey()];
  transfer.Prepare(now);
  ArmWatchdog(transfer.NextCheck(now));
  // An error here is one of memory; the watchdog ends the transfer when it does not connect.
  static_cast<void>(loop_.Add(transfer.easy()));
}

void CdnClient::Impl::FreeSlot(Transfer& transfer) {
  loop_.Remove(transfer.easy());
  transfer.SetStopped();
  --running_;
  const auto it = running_at_host_.find(transfer.url().HostKey());
  if (--it->second == 0) running_at_host_.erase(it);
}

void CdnClient::Impl::Conclude(Transfer& transfer, CURLcode code) {
  if (transfer.running()) FreeSlot(transfer);
  if (!transfer.Finish(code)) return End(transfer);
  const SteadyTime now = std::chrono::steady_clock::now();
  transfer.SetWaiting(now);
  ArmWatchdog(transfer.NextCheck(now));
  waiting_.push_front(transfer.id());
}

void CdnClient::Impl::End(Transfer& transfer) {
  const auto it = transfers_.find(transfer.id());
  const TransferPtr ended = std::move(it->second);  // lives until the listener has been told
  transfers_.erase(it);
  ended->listener()->OnDone(ended->id(), ended->result());
}

// ---- Time-outs ---------------------------------------------------------------------------------

void CdnClient::Impl::ArmWatchdog(SteadyTime when) {
  if (when >= watchdog_.expiry()) return;
  watchdog_.expires_at(when);
  watchdog_.async_wait([this, alive = alive_](const boost::system::error_code& error) {
    if (!error && *alive) CheckTimeouts();
  });
}

void CdnClient::Impl::CheckTimeouts() {
  watchdog_.expires_at(SteadyTime::max());
  const SteadyTime now = std::chrono::steady_clock::now();
  std::vector<TransferId> ids;
  ids.reserve(transfers_.size());
  for (const auto& entry : transfers_) ids.push_back(entry.first);
  std::sort(ids.begin(), ids.end());
  for (const TransferId id : ids) {
    const auto it = transfers_.find(id);
    if (it == transfers_.end()) continue;  // a listener of an earlier one cancelled it
    Transfer& transfer = *it->second;
    if (transfer.CheckTimeouts(now)) {
      Conclude(transfer, CURLE_OPERATION_TIMEDOUT);
    } else {
      ArmWatchdog(transfer.NextCheck(now));
    }
  }
  Settle();
}

// ---- The public face ---------------------------------------------------------------------------

CdnClient::CdnClient(boost::asio::io_context& io, CdnOptions options)
    : impl_(std::make_unique<Impl>(io, std::move(options))) {}
CdnClient::~CdnClient() = default;

TransferId CdnClient::Start(FetchRequest request, FetchListener* listener) {
  return impl_->Start(std::move(request), listener);
}
void CdnClient::Cancel(TransferId id) { impl_->Cancel(id); }
void CdnClient::Pause(TransferId id) { impl_->Pause(id); }
void CdnClient::Resume(TransferId id) { impl_->Resume(id); }
std::size_t CdnClient::active() const { return impl_->active(); }
CdnFigures CdnClient::figures() const { return impl_->figures(); }

}  // namespace shoal::cdn
