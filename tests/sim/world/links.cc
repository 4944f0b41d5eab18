#include "tests/sim/world/links.h"

#include <algorithm>
#include <utility>

namespace shoal::sim {
namespace {

// Bits of a link id that name its end; the rest counts, so that ids grow as in client/peer.
constexpr int kEndBits = 24;
constexpr std::uint32_t kDialledEnd = 1;  // of a link; 0 is the one that dialled
constexpr std::uint32_t kSyn = 60;        // bytes
constexpr int kOffsetBits = 16;

std::uint64_t Pack(const core::Data& data) {
  return std::uint64_t{data.pull} << kOffsetBits | data.offset;
}

core::Data Unpack(std::uint64_t packed, std::uint32_t size) {
  return {.pull = static_cast<core::PullId>(packed >> kOffsetBits),
          .offset = static_cast<std::uint32_t>(packed & ((1u << kOffsetBits) - 1)),
          .size = size};
}

}  // namespace

Links::Links(Agenda& agenda, NetworkModel& network, LinkListener& listener,
             std::uint32_t socket_buffer)
    : agenda_(agenda), network_(network), listener_(listener), socket_buffer_(socket_buffer) {}

void Links::AddViewer() {
  presence_.push_back(Presence::kAccepts);
  vanished_.push_back(false);
  ends_of_.emplace_back();
}

void Links::SetPresence(std::uint32_t viewer, Presence presence) { presence_[viewer] = presence; }

core::LinkId Links::NewId(std::uint32_t end) { return ++serial_ << kEndBits | end; }

std::optional<std::uint32_t> Links::FindOpen(core::LinkId id) {
  const auto end = static_cast<std::uint32_t>(id & ((1u << kEndBits) - 1));
  if (end / 2 >= links_.size()) return std::nullopt;
  const End& found = EndOf(end);
  if (found.id != id || found.state != State::kOpen) return std::nullopt;
  return end;
}

void Links::Schedule(std::uint32_t link, TimePoint at, Happening what, std::uint32_t a,
                     std::uint32_t b, std::uint64_t c) {
  ++links_[link].entries;
  agenda_.Add(at, what, a, b, c);
}

void Links::FreeIfOver(std::uint32_t number) {
  Link& link = links_[number];
  if (!link.in_use || link.entries > 0) return;
  for (const End& end : link.ends) {
    if (end.state != State::kClosed && end.state != State::kNone) return;
  }
  link = Link{};
  free_.push_back(number);
}

// ---- Dialling ----------------------------------------------------------------------------------

void Links::Dial(std::uint32_t from, std::uint32_t to, std::uint32_t rendition) {
  std::uint32_t number = static_cast<std::uint32_t>(links_.size());
  if (free_.empty()) {
    links_.emplace_back();
  } else {
    number = free_.back();
    free_.pop_back();
  }
  Link& link = links_[number];
  link.in_use = true;
  link.rendition = rendition;
  link.ends[0].viewer = from;
  link.ends[0].state = State::kHandshake;
  link.ends[kDialledEnd].viewer = to;
  ends_of_[from].push_back(2 * number);
  const TimePoint now = agenda_.now();
  Schedule(number, now + kDialLimit, Happening::kDialTimeout, number);
  if (presence_[to] == Presence::kSilent) return;
  const Duration latency = network_.Latency(from, to);
  const TimePoint sent = network_.OpenAt(from, to, network_.up(from).Enqueue(now, kSyn));
  if (presence_[to] == Presence::kRefuses) {
    Schedule(number, sent + 2 * latency, Happening::kRefused, number);
  } else {
    Schedule(number, sent + 4 * latency, Happening::kConnected, number);
  }
}

void Links::Connected(std::uint32_t number) {
  End& end = links_[number].ends[0];
  if (end.state != State::kHandshake) return;
  const UploadClass upload_class = listener_.ClassOf(end.viewer);
  QueueParcel(2 * number, parcels_.Add({.message = {},
                                        .kind = ParcelKind::kHello,
                                        .upload_class = upload_class,
                                        .size = SizeOfHello(upload_class, kPort)}));
}

void Links::Fail(std::uint32_t number, core::ByeReason reason) {
  Link& link = links_[number];
  End& end = link.ends[0];
  if (end.state != State::kHandshake) return;
  end.state = State::kClosed;
  std::erase(ends_of_[end.viewer], 2 * number);
  listener_.OnDialFailed(end.viewer, link.rendition, link.ends[kDialledEnd].viewer, reason);
}

// ---- Sending -----------------------------------------------------------------------------------

void Links::Send(core::LinkId id, core::LinkMessage&& message) {
  const std::optional<std::uint32_t> end = FindOpen(id);
  if (!end) return;
  const WireSize size = SizeOf(message);
  QueueParcel(*end, parcels_.Add({.message = std::move(message), .size = size}));
  CheckQueue(*end);
}

void Links::SendData(core::LinkId id, const core::Data& data) {
  const std::optional<std::uint32_t> found = FindOpen(id);
  if (!found) return;
  End& end = EndOf(*found);
  const std::uint32_t bytes = SizeOf(data).framed();
  if (!end.backlog && Fits(end, bytes)) return ToKernel(*found, data);
  if (!end.backlog) end.backlog = std::make_unique<Backlog>();
  end.backlog->data.push_back(data);
  end.backlog->bytes += bytes;
  CheckQueue(*found);
}

bool Links::Fits(const End& end, std::uint32_t bytes) const {
  return end.in_kernel == 0 || end.in_kernel + bytes <= socket_buffer_;
}

void Links::QueueParcel(std::uint32_t number, std::uint32_t parcel) {
  End& end = EndOf(number);
  const std::uint32_t bytes = parcels_[parcel].size.framed();
  if (!end.backlog && Fits(end, bytes)) return ToKernel(number, parcel);
  if (!end.backlog) end.backlog = std::make_unique<Backlog>();
  end.backlog->control.push_back(parcel);
  end.backlog->bytes += bytes;
}

TimePoint Links::Transmit(std::uint32_t number, std::uint32_t bytes) {
  End& end = EndOf(number);
  const std::uint32_t to = EndOf(number ^ 1).viewer;
  const TimePoint sent = network_.up(end.viewer).Enqueue(agenda_.now(), bytes);
  end.in_kernel += bytes;
  end.last_arrival = std::max(end.last_arrival, network_.Arrival(end.viewer, to, sent, bytes));
  return end.last_arrival;
}

void Links::ToKernel(std::uint32_t end, std::uint32_t parcel) {
  const WireSize size = parcels_[parcel].size;
  const TimePoint arrival = Transmit(end, size.framed());
  Schedule(end / 2, arrival, Happening::kMessageArrives, end ^ 1, parcel);
  listener_.OnSent(EndOf(end).viewer, size, 0);
}

void Links::ToKernel(std::uint32_t end, const core::Data& data) {
  const WireSize size = SizeOf(data);
  const TimePoint arrival = Transmit(end, size.framed());
  Schedule(end / 2, arrival, Happening::kDataArrives, end ^ 1, data.size, Pack(data));
  listener_.OnSent(EndOf(end).viewer, size, data.size);
}

void Links::Drain(std::uint32_t number) {
  while (EndOf(number).backlog) {
    Backlog& backlog = *EndOf(number).backlog;
    const bool control = !backlog.control.empty();
    if (!control && backlog.data.empty()) {
      EndOf(number).backlog.reset();
      return;
    }
    const std::uint32_t bytes = control ? parcels_[backlog.control.front()].size.framed()
                                        : SizeOf(backlog.data.front()).framed();
    if (!Fits(EndOf(number), bytes)) return;
    backlog.bytes -= bytes;
    if (control) {
      const std::uint32_t parcel = backlog.control.front();
      backlog.control.pop_front();
      ToKernel(number, parcel);
    } else {
      const core::Data data = backlog.data.front();
      backlog.data.pop_front();
      ToKernel(number, data);
    }
  }
}

void Links::CheckQueue(std::uint32_t number) {
  End& end = EndOf(number);
  if (!end.backlog || end.backlog->bytes <= kQueuedMax) return;
  listener_.OnOverflow(end.viewer, end.backlog->bytes);
  DropBacklog(end);
}

void Links::DropBacklog(End& end) {
  if (!end.backlog) return;
  for (const std::uint32_t parcel : end.backlog->control) parcels_.Free(parcel);
  end.backlog.reset();
}

// ---- Ending ------------------------------------------------------------------------------------

void Links::Close(core::LinkId id, core::ByeReason reason) {
  const std::optional<std::uint32_t> number = FindOpen(id);
  if (!number) return;
  End& end = EndOf(*number);
  DropBacklog(end);
  std::erase(ends_of_[end.viewer], *number);
  // The last words, and without any the end of the stream.
  const std::uint32_t parcel = parcels_.Add(
      {.message = {}, .kind = ParcelKind::kBye, .reason = reason, .size = SizeOfBye(reason)});
  ToKernel(*number, parcel);
  EndOf(*number).state = State::kClosed;
}

void Links::Vanish(std::uint32_t viewer) {
  presence_[viewer] = Presence::kSilent;
  vanished_[viewer] = true;
  for (const std::uint32_t number : std::exchange(ends_of_[viewer], {})) {
    EndOf(number).state = State::kClosed;
    DropBacklog(EndOf(number));
    FreeIfOver(number / 2);
  }
}

// ---- Arriving ----------------------------------------------------------------------------------

void Links::Handle(const Agenda::Entry& entry) {
  switch (entry.what) {
    case Happening::kConnected:
    case Happening::kRefused:
    case Happening::kDialTimeout:
      --links_[entry.a].entries;
      if (entry.what == Happening::kConnected) {
        Connected(entry.a);
      } else {
        Fail(entry.a, core::ByeReason::kUnspecified);
      }
      FreeIfOver(entry.a);
      return;
    case Happening::kMessageArrives:
    case Happening::kDataArrives:
      return Arrive(entry);
    case Happening::kMessageIn:
      --links_[entry.a / 2].entries;
      Deliver(entry.a, parcels_[entry.b]);
      parcels_.Free(entry.b);
      FreeIfOver(entry.a / 2);
      return;
    case Happening::kDataIn: {
      --links_[entry.a / 2].entries;
      const End& end = EndOf(entry.a);
      if (end.state == State::kOpen) {
        listener_.OnLinkMessage(end.viewer, end.id, Unpack(entry.c, entry.b));
      }
      FreeIfOver(entry.a / 2);
      return;
    }
    default:
      return;
  }
}

// At the receiver's line: usually it is free, and what came is in at once.
void Links::Arrive(const Agenda::Entry& entry) {
  const bool is_data = entry.what == Happening::kDataArrives;
  const std::uint32_t bytes =
      is_data ? SizeOf(Unpack(entry.c, entry.b)).framed() : parcels_[entry.b].size.framed();
  const std::uint32_t viewer = EndOf(entry.a).viewer;
  Agenda::Entry in = entry;
  in.what = is_data ? Happening::kDataIn : Happening::kMessageIn;
  // Whose machine is gone acknowledges nothing, so the sender's kernel keeps it.
  if (!vanished_[viewer]) {
    EndOf(entry.a ^ 1).in_kernel -= bytes;
    Drain(entry.a ^ 1);
  }
  const TimePoint through = network_.down(viewer).Pass(entry.at, bytes);
  if (through <= entry.at) return Handle(in);
  agenda_.Add(through, in.what, in.a, in.b, in.c);
}

void Links::Deliver(std::uint32_t number, Parcel& parcel) {
  const End& end = EndOf(number);
  if (parcel.kind == ParcelKind::kHello) return HelloArrived(number, parcel.upload_class);
  if (parcel.kind == ParcelKind::kBye) return ByeArrived(number, parcel.reason);
  if (end.state != State::kOpen) return;
  listener_.OnLinkMessage(end.viewer, end.id, std::move(parcel.message));
}

void Links::HelloArrived(std::uint32_t number, UploadClass peer_class) {
  const std::uint32_t viewer = EndOf(number).viewer;
  const std::uint32_t peer = EndOf(number ^ 1).viewer;
  const std::uint32_t rendition = links_[number / 2].rendition;
  if (vanished_[viewer]) return;
  if (number % 2 == kDialledEnd) {
    if (EndOf(number).state != State::kNone) return;
    if (presence_[viewer] == Presence::kRefuses) return Reset(number);  // left meanwhile
    const bool known = listener_.OnHello(viewer, rendition);
    EndOf(number).state = State::kOpen;
    EndOf(number).id = NewId(number);
    ends_of_[viewer].push_back(number);
    if (!known) return Close(EndOf(number).id, core::ByeReason::kUnknownSwarm);
    const UploadClass own = listener_.ClassOf(viewer);
    QueueParcel(number, parcels_.Add({.message = {},
                                      .kind = ParcelKind::kHello,
                                      .upload_class = own,
                                      .size = SizeOfHello(own, kPort)}));
  } else {
    if (EndOf(number).state != State::kHandshake) return Reset(number);  // given up meanwhile
    EndOf(number).state = State::kOpen;
    EndOf(number).id = NewId(number);
  }
  listener_.OnLinkOpened(viewer, EndOf(number).id, rendition, peer, peer_class,
                         number % 2 != kDialledEnd);
}

void Links::Reset(std::uint32_t number) {
  EndOf(number).state = State::kClosed;
  ToKernel(number, parcels_.Add({.message = {},
                                 .kind = ParcelKind::kBye,
                                 .size = SizeOfBye(core::ByeReason::kUnspecified)}));
}

void Links::ByeArrived(std::uint32_t number, core::ByeReason reason) {
  End& end = EndOf(number);
  if (end.state == State::kHandshake) return Fail(number / 2, reason);
  if (end.state != State::kOpen) return;
  end.state = State::kClosed;
  DropBacklog(end);
  std::erase(ends_of_[end.viewer], number);
  listener_.OnLinkClosed(end.viewer, end.id, reason);
}

}  // namespace shoal::sim
