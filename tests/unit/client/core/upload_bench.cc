#include "tests/unit/client/core/upload_bench.h"

#include <algorithm>
#include <cstddef>
#include <variant>

#include "gtest/gtest.h"

namespace shoal::core {
namespace {

std::uint16_t ClockMs(TimePoint time) {
  return static_cast<std::uint16_t>(time.time_since_epoch() / Milliseconds(1));
}

}  // namespace

bool UploadBench::Ask(LinkId link, PullId pull, std::uint64_t sequence, PieceIndex piece,
                      std::uint32_t from, std::uint32_t piece_size) {
  const auto reject = uploader.Enqueue({.link = link,
                                        .pull = pull,
                                        .segment = {.stream = 1, .sequence = sequence},
                                        .piece = piece,
                                        .from = from,
                                        .piece_size = piece_size},
                                       now);
  if (reject) {
    EXPECT_EQ(reject->pull, pull);
    last_reject = *reject;
    return false;
  }
  live_[{link, pull}] = {sequence, piece, from, piece_size};
  return true;
}

void UploadBench::Cancel(LinkId link, PullId pull) {
  uploader.Cancel(link, pull);
  live_.erase({link, pull});
}

void UploadBench::LinkGone(LinkId link) {
  uploader.LinkGone(link);
  std::erase_if(live_, [link](const auto& live) { return live.first.first == link; });
  std::erase_if(acks_, [link](const auto& ack) { return ack.second.first == link; });
  unacked_.erase(link);
}

void UploadBench::Drop(std::uint64_t sequence) {
  for (const LinkReject& reject : uploader.Dropped({.stream = 1, .sequence = sequence})) {
    EXPECT_EQ(reject.reject.reason, RejectReason::kNotHeld);
    EXPECT_EQ(live_.erase({reject.link, reject.reject.pull}), 1u);
    rejects.push_back(reject);
  }
  for (const auto& [key, live] : live_) EXPECT_NE(live.sequence, sequence);
}

void UploadBench::Pump() {
  ActionList actions;
  const std::size_t sent_before = sent.size();
  // Pump may learn that the line is slower.
  const std::uint64_t before = uploader.window();
  uploader.Pump(now, held, actions);
  for (const Action& action : actions) {
    if (const auto* data = std::get_if<SendData>(&action)) {
      Check(*data);
      Transmit(*data);
      continue;
    }
    const auto& message = std::get<SendMessage>(action);
    const auto& reject = std::get<Reject>(message.message);
    EXPECT_EQ(live_.erase({message.link, reject.pull}), 1u);
    rejects.push_back({message.link, reject});
  }
  if (sent.size() > sent_before) {
    EXPECT_LE(uploader.unacked_bytes(), std::max(before, uploader.window()));
  }
  std::uint64_t queued = 0;
  for (const auto& [key, live] : live_) queued += live.piece_size - live.next;
  EXPECT_EQ(uploader.queued_bytes(), queued);
  EXPECT_GT(uploader.NextWakeup().value_or(TimePoint::max()), now);
}

void UploadBench::Check(const SendData& data) {
  const auto it = live_.find({data.link, data.data.pull});
  ASSERT_NE(it, live_.end()) << "Data for a pull that is over";
  Live& live = it->second;
  EXPECT_EQ(data.data.offset, live.next);
  EXPECT_GT(data.data.size, 0u);
  EXPECT_LE(data.data.size, kDataPayloadMax);
  EXPECT_LE(data.data.offset + data.data.size, held.Progress(data.segment, live.piece));
  EXPECT_EQ(data.segment.sequence, live.sequence);
  EXPECT_EQ(data.segment_offset, std::uint64_t{live.piece} * kPieceSize + data.data.offset);
  live.next += data.data.size;
  EXPECT_LE(live.next, live.piece_size);
  if (live.next == live.piece_size) live_.erase(it);
}

void UploadBench::Transmit(const SendData& data) {
  const std::uint32_t size = data.data.size;
  sent.push_back({now, data.link, data.data.pull, data.data.offset, size});
  unacked_[data.link] += size;
  line_free_ = std::max(line_free_, now) + Seconds(size / line_rate);
  TimePoint received = line_free_ + delay;
  if (const auto it = slow.find(data.link); it != slow.end()) {
    TimePoint& free = receiver_free_[data.link];
    received = free = std::max(free, received) + Seconds(size / it->second);
  }
  if (!silent.contains(data.link)) acks_.emplace(received + ack_delay, std::pair(data.link, size));
}

void UploadBench::DeliverAcks() {
  while (!acks_.empty() && acks_.begin()->first <= now) {
    const auto [link, size] = acks_.begin()->second;
    acks_.erase(acks_.begin());
    unacked_[link] -= size;
    EXPECT_TRUE(uploader.Acked(link, {size, ClockMs(now - ack_delay)}, now));
  }
}

void UploadBench::AckAll(LinkId link) {
  std::erase_if(acks_, [link](const auto& ack) { return ack.second.first == link; });
  const auto bytes = static_cast<std::uint32_t>(unacked_[link]);
  EXPECT_TRUE(uploader.Acked(link, {bytes, ClockMs(now)}, now));
  unacked_[link] = 0;
}

void UploadBench::Run(Duration length) {
  const TimePoint end = now + length;
  Pump();
  while (now < end) {
    TimePoint next = end;
    if (!acks_.empty()) next = std::min(next, acks_.begin()->first);
    if (const auto wakeup = uploader.NextWakeup()) next = std::min(next, *wakeup);
    now = next;
    DeliverAcks();
    Pump();
  }
}

std::string UploadBench::Turns() const {
  std::string turns;
  for (const Sent& s : sent) turns += static_cast<char>('a' + s.link - 1);
  return turns;
}

std::uint64_t UploadBench::SentTo(LinkId link) const {
  std::uint64_t sum = 0;
  for (const Sent& s : sent) sum += s.link == link ? s.size : 0;
  return sum;
}

std::uint64_t UploadBench::MostSentWithin(Duration length) const {
  std::uint64_t within = 0;
  std::uint64_t most = 0;
  for (std::size_t begin = 0, end = 0; end < sent.size(); ++end) {
    within += sent[end].size;
    while (sent[end].time - sent[begin].time >= length) within -= sent[begin++].size;
    most = std::max(most, within);
  }
  return most;
}

}  // namespace shoal::core
