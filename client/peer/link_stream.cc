#include "client/peer/link_stream.h"

#include <utility>

namespace shoal::peer {
namespace {

// What a message costs while it waits, beside its bytes: so that many tiny ones count, too.
constexpr std::size_t kMessageOverhead = 256;

std::size_t Cost(const grpc::ByteBuffer& message) { return message.Length() + kMessageOverhead; }

}  // namespace

LinkStream::LinkStream(core::LinkId id, Side side, const LinkLimits& limits, Callbacks callbacks,
                       std::shared_ptr<StreamTotals> totals)
    : id_(id),
      side_(side),
      queued_max_(limits.queued_bytes_per_link),
      queued_max_over_all_(limits.queued_bytes),
      unhandled_max_(limits.unhandled_bytes_per_link),
      callbacks_(std::move(callbacks)),
      totals_(std::move(totals)) {
  totals_->AddStream();
}

LinkStream::~LinkStream() {
  absl::MutexLock lock(&mu_);
  DropQueues();
}

void LinkStream::Start(std::unique_ptr<StreamCalls> calls) {
  bool cancel = false;
  {
    absl::MutexLock lock(&mu_);
    calls_ = std::move(calls);
    started_ = true;
    cancel = cancel_wanted_;
  }
  if (cancel) calls_->Cancel();
  Drive();
}

bool LinkStream::Write(Lane lane, grpc::Slice message, DataTag tag) {
  {
    absl::MutexLock lock(&mu_);
    if (ending_ || write_closed_ || read_closed_) return true;  // The news is on its way.
    const std::size_t bytes = message.size();
    if (queued_bytes_ + bytes > queued_max_ ||
        totals_->queued_bytes().load(std::memory_order_relaxed) + bytes > queued_max_over_all_) {
      return false;
    }
    CountQueued(static_cast<std::ptrdiff_t>(bytes));
    (lane == Lane::kControl ? control_ : data_).push_back({std::move(message), tag});
  }
  Drive();
  return true;
}

std::uint32_t LinkStream::DropData(core::PullId pull) {
  absl::MutexLock lock(&mu_);
  std::uint32_t payload = 0;
  std::size_t bytes = 0;
  std::erase_if(data_, [&](const Outgoing& queued) {
    if (queued.tag.pull != pull) return false;
    payload += queued.tag.payload;
    bytes += queued.message.size();
    return true;
  });
  CountQueued(-static_cast<std::ptrdiff_t>(bytes));
  return payload;
}

void LinkStream::End(std::optional<grpc::Slice> last) {
  {
    absl::MutexLock lock(&mu_);
    if (ending_) return;
    ending_ = true;
    DropQueues();
    received_.clear();
    if (last && !write_closed_) {
      CountQueued(static_cast<std::ptrdiff_t>(last->size()));
      control_.push_back({*std::move(last), {}});
    }
  }
  Drive();
}

void LinkStream::Cancel() {
  {
    absl::MutexLock lock(&mu_);
    cancel_wanted_ = true;
    if (!started_) return;
  }
  calls_->Cancel();
}

std::deque<grpc::ByteBuffer> LinkStream::TakeReceived() {
  absl::MutexLock lock(&mu_);
  received_told_ = false;
  return std::exchange(received_, {});
}

void LinkStream::Handled(const std::deque<grpc::ByteBuffer>& messages) {
  std::size_t cost = 0;
  for (const grpc::ByteBuffer& message : messages) cost += Cost(message);
  {
    absl::MutexLock lock(&mu_);
    unhandled_bytes_ -= cost;
  }
  Drive();
}

std::size_t LinkStream::queued_bytes() const {
  absl::MutexLock lock(&mu_);
  return queued_bytes_;
}

grpc::Status LinkStream::status() const {
  absl::MutexLock lock(&mu_);
  return status_;
}

void LinkStream::ReadDone(bool ok) {
  bool tell = false;
  {
    absl::MutexLock lock(&mu_);
    read_in_flight_ = false;
    if (!ok) {
      read_closed_ = true;
      DropQueues();
    } else if (!ending_) {
      unhandled_bytes_ += Cost(reading_);
      received_.emplace_back().Swap(&reading_);
      tell = !std::exchange(received_told_, true);
    }
    reading_.Clear();
  }
  if (tell) callbacks_.on_received(id_);
  Drive();
}

void LinkStream::WriteDone(bool ok) {
  {
    absl::MutexLock lock(&mu_);
    write_in_flight_ = false;
    CountQueued(-static_cast<std::ptrdiff_t>(writing_.Length()));
    writing_.Clear();
    if (!ok) {
      // What the peer said before may still be on its way: reading goes on until it ends.
      write_closed_ = true;
      DropQueues();
    }
  }
  Drive();
}

void LinkStream::Cut() {
  {
    absl::MutexLock lock(&mu_);
    cut_ = true;
  }
  Drive();
}

void LinkStream::Done(std::shared_ptr<LinkStream> self, const grpc::Status& status) {
  {
    absl::MutexLock lock(&self->mu_);
    self->status_ = status;
  }
  const std::shared_ptr<StreamTotals> totals = self->totals_;
  const auto on_done = self->callbacks_.on_done;
  on_done(std::move(self));
  totals->RemoveStream();
}

void LinkStream::Drive() {
  mu_.Lock();
  if (!driving_) {
    driving_ = true;
    for (Call call = NextCall(); call != Call::kNone; call = NextCall()) {
      mu_.Unlock();
      StartCall(call);
      mu_.Lock();
    }
    driving_ = false;
  }
  mu_.Unlock();
}

LinkStream::Call LinkStream::NextCall() {
  if (!started_ || released_) return Call::kNone;
  if (read_closed_) {
    if (write_in_flight_) return Call::kNone;
    released_ = true;
    return Call::kRelease;
  }
  if (!write_in_flight_ && !write_closed_) {
    std::deque<Outgoing>& queue = control_.empty() ? data_ : control_;
    if (!queue.empty()) {
      grpc::ByteBuffer(&queue.front().message, 1).Swap(&writing_);
      queue.pop_front();
      write_in_flight_ = true;
      return Call::kWrite;
    }
    if (ending_) {
      write_closed_ = true;
      if (side_ == Side::kDialled) return Call::kHalfClose;
      released_ = true;
      return Call::kRelease;
    }
  }
  if (!read_in_flight_ && (ending_ || cut_ || unhandled_bytes_ < unhandled_max_)) {
    read_in_flight_ = true;
    return Call::kRead;
  }
  return Call::kNone;
}

void LinkStream::StartCall(Call call) {
  switch (call) {
    case Call::kRead:
      return calls_->Read(&reading_);
    case Call::kWrite:
      return calls_->Write(&writing_);
    case Call::kHalfClose:
      return calls_->HalfClose();
    case Call::kRelease:
      return calls_->Release();
    case Call::kNone:
      return;
  }
}

void LinkStream::DropQueues() {
  std::size_t bytes = 0;
  for (const auto* queue : {&control_, &data_}) {
    for (const Outgoing& queued : *queue) bytes += queued.message.size();
  }
  control_.clear();
  data_.clear();
  CountQueued(-static_cast<std::ptrdiff_t>(bytes));
}

void LinkStream::CountQueued(std::ptrdiff_t bytes) {
  queued_bytes_ += static_cast<std::size_t>(bytes);
  totals_->queued_bytes().fetch_add(static_cast<std::size_t>(bytes), std::memory_order_relaxed);
}

}  // namespace shoal::peer
