#include "tests/sim/world/cdn_model.h"

#include <algorithm>
#include <utility>

#include "tests/sim/world/mix.h"

namespace shoal::sim {

CdnModel::CdnModel(const Scenario& scenario, Agenda& agenda, NetworkModel& network,
                   const Media& media, CdnListener& listener)
    : config_(scenario.cdn),
      outages_(scenario.faults.cdn),
      agenda_(agenda),
      network_(network),
      media_(media),
      listener_(listener),
      random_(Mix(scenario.seed, 0x63646e)) {}

bool CdnModel::Down(TimePoint time) const {
  return std::any_of(outages_.begin(), outages_.end(), [time](const Outage& outage) {
    return outage.begin <= time && time < outage.begin + outage.length;
  });
}

bool CdnModel::Healthy(TimePoint time, double bytes_per_second) const {
  const bool fast = config_.bytes_per_second == 0 || config_.bytes_per_second >= bytes_per_second;
  return fast && config_.error_share == 0 && !Down(time);
}

Duration CdnModel::FirstByte() {
  Duration wait = config_.first_byte;
  if (config_.first_byte_jitter > Duration::zero()) {
    wait += Seconds(random_.Exponential(ToSeconds(config_.first_byte_jitter)));
  }
  return wait;
}

void CdnModel::Start(const Ask& ask) {
  ++requests_;
  auto slot = static_cast<std::uint32_t>(transfers_.size());
  if (free_.empty()) {
    transfers_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  const TimePoint now = agenda_.now();
  Transfer& transfer = transfers_[slot];
  transfer = Transfer{.ask = ask, .first_byte = FirstByte(), .next = ask.range.begin, .live = true};
  const std::uint32_t viewer = ask.name.viewer;
  if (live_of_.size() <= viewer) live_of_.resize(viewer + 1);
  live_of_[viewer].push_back(slot);
  ++transfer.entries;
  const TimePoint sent = network_.up(viewer).Enqueue(now, kRequest);
  agenda_.Add(sent + transfer.first_byte, Happening::kCdnHead, slot);
}

void CdnModel::Cancel(const TransferName& name) {
  if (live_of_.size() <= name.viewer) return;
  std::vector<std::uint32_t>& live = live_of_[name.viewer];
  for (std::size_t i = 0; i < live.size(); ++i) {
    const std::uint32_t slot = live[i];
    const TransferName& known = transfers_[slot].ask.name;
    if (known.id != name.id || known.relay != name.relay) continue;
    transfers_[slot].live = false;
    live.erase(live.begin() + static_cast<std::ptrdiff_t>(i));
    return FreeIfOver(slot);
  }
}

void CdnModel::CancelAll(std::uint32_t viewer) {
  if (live_of_.size() <= viewer) return;
  const std::vector<std::uint32_t> live = std::exchange(live_of_[viewer], {});
  for (const std::uint32_t slot : live) {
    transfers_[slot].live = false;
    FreeIfOver(slot);
  }
}

void CdnModel::FreeIfOver(std::uint32_t slot) {
  if (!transfers_[slot].live && transfers_[slot].entries == 0) free_.push_back(slot);
}

void CdnModel::AskPlaylist(std::uint32_t viewer, std::uint32_t followed) {
  const TimePoint sent = network_.up(viewer).Enqueue(agenda_.now(), kRequest);
  const Duration first_byte = FirstByte();
  const TimePoint answered = sent + first_byte;
  const TimePoint made = sent + first_byte / 2;
  // Too small to stand in anybody's way; but it stands behind what is in the line already.
  const TimePoint in = std::max(answered, network_.down(viewer).free_at()) +
                       Seconds(kPlaylist / network_.down(viewer).bytes_per_second());
  const std::uint64_t c =
      Down(made) ? 0 : static_cast<std::uint64_t>(made.time_since_epoch().count()) + 1;
  agenda_.Add(in, Happening::kPlaylist, viewer, followed, c);
}

void CdnModel::Handle(const Agenda::Entry& entry) {
  --transfers_[entry.a].entries;
  if (entry.what == Happening::kCdnHead) {
    Head(entry.a);
  } else if (entry.what == Happening::kCdnPush) {
    transfers_[entry.a].pushing = false;
    Push(entry.a);
  } else if (entry.what == Happening::kCdnAck) {
    Acked(entry.a, entry.b);
  } else {
    Chunk(entry.a, entry.b);
  }
}

void CdnModel::Head(std::uint32_t slot) {
  if (!transfers_[slot].live) return FreeIfOver(slot);
  const Ask ask = transfers_[slot].ask;
  const std::uint64_t length = media_.Length(ask.rendition, ask.sequence);
  if (Down(agenda_.now())) return Finish(slot, core::FetchOutcome::kUnreachable, 0, 0);
  if (config_.error_share > 0 && random_.Uniform() < config_.error_share) {
    return Finish(slot, core::FetchOutcome::kHttpError, 503, 0);
  }
  if (ask.range.begin >= length) {
    return Finish(slot, core::FetchOutcome::kRangeNotSatisfiable, 416, length);
  }
  Transfer& transfer = transfers_[slot];
  transfer.end = std::min(ask.range.end, length);
  transfer.paced = agenda_.now();
  ++transfer.entries;  // keeps the slot while the client is told
  listener_.OnCdnHead(ask.name, length, transfer.first_byte);
  --transfers_[slot].entries;
  Push(slot);
}

void CdnModel::Push(std::uint32_t slot) {
  const TimePoint now = agenda_.now();
  Transfer& transfer = transfers_[slot];
  if (!transfer.live) return FreeIfOver(slot);
  const std::uint32_t viewer = transfer.ask.name.viewer;
  while (transfer.in_line < kWindow && transfer.unacked < transfer.window &&
         transfer.next < transfer.end) {
    if (transfer.paced > now) {
      if (transfer.pushing) return;
      transfer.pushing = true;
      ++transfer.entries;
      agenda_.Add(transfer.paced, Happening::kCdnPush, slot);
      return;
    }
    const auto bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(
        std::min(kChunk, transfer.window - transfer.unacked), transfer.end - transfer.next));
    transfer.next += bytes;
    ++transfer.in_line;
    transfer.unacked += bytes;
    ++transfer.entries;
    if (config_.bytes_per_second > 0) transfer.paced += Seconds(bytes / config_.bytes_per_second);
    agenda_.Add(network_.down(viewer).Enqueue(now, bytes), Happening::kCdnChunk, slot, bytes);
    listener_.OnCdnSent(viewer, bytes);
  }
}

void CdnModel::Chunk(std::uint32_t slot, std::uint32_t bytes) {
  Transfer& transfer = transfers_[slot];
  --transfer.in_line;
  if (!transfer.live) return FreeIfOver(slot);
  if (Down(agenda_.now())) return Finish(slot, core::FetchOutcome::kTruncated, 0, 0);
  const TransferName name = transfer.ask.name;
  const bool last = transfer.in_line == 0 && transfer.next == transfer.end;
  // Before the client hears of the bytes, since it may have nothing more to do with the transfer.
  if (!last) {
    ++transfer.entries;
    const TimePoint sent = network_.up(name.viewer).Enqueue(agenda_.now(), kAck);
    agenda_.Add(sent + config_.first_byte / 2, Happening::kCdnAck, slot, bytes);
  }
  ++transfers_[slot].entries;  // keeps the slot while the client is told
  listener_.OnCdnBytes(name, bytes);
  --transfers_[slot].entries;
  if (!transfers_[slot].live) return FreeIfOver(slot);
  if (last) Finish(slot, core::FetchOutcome::kComplete, 206, 0);
}

void CdnModel::Acked(std::uint32_t slot, std::uint32_t bytes) {
  Transfer& transfer = transfers_[slot];
  if (!transfer.live) return FreeIfOver(slot);
  transfer.unacked -= bytes;
  transfer.window += bytes;
  Push(slot);
}

void CdnModel::Finish(std::uint32_t slot, core::FetchOutcome outcome, int http_status,
                      std::uint64_t total_length) {
  const TransferName name = transfers_[slot].ask.name;
  transfers_[slot].live = false;
  std::erase(live_of_[name.viewer], slot);
  FreeIfOver(slot);
  listener_.OnCdnFinished(name, outcome, http_status, total_length);
}

}  // namespace shoal::sim
