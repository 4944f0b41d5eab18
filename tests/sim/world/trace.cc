#include "tests/sim/world/trace.h"

#include <cstring>

#include "common/base/overloaded.h"
#include "tests/sim/world/message_size.h"

namespace shoal::sim {
namespace {

// The first eight bytes of an id.
template <typename Id>
std::uint64_t Head(const Id& id) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    value = value << 8 | static_cast<std::uint8_t>(id.bytes()[i]);
  }
  return value;
}

}  // namespace

// Multiply and rotate: all that was added before moves every bit of what comes out.
void Trace::Add(std::uint64_t value) {
  digest_ = (digest_ ^ value) * 0x9e3779b97f4a7c15u;
  digest_ ^= digest_ >> 29;
}

void Trace::Add(std::uint32_t viewer, const core::Action& action, TimePoint now) {
  Add(static_cast<std::uint64_t>(now.time_since_epoch().count()));
  Add(std::uint64_t{viewer} << 8 | action.index());
  const auto segment = [this](const core::SegmentRef& ref) {
    Add(std::uint64_t{ref.stream} << 48 ^ ref.sequence);
  };
  std::visit(
      Overloaded{
          [this](const core::FetchPlaylist& a) { Add(a.stream); },
          [this, &segment](const core::FetchFromCdn& a) {
            segment(a.segment);
            Add(a.range.begin);
            Add(a.range.end);
          },
          [this](const core::CancelFetch& a) { Add(a.fetch); },
          [this, &segment](const core::StoreBytes& a) {
            segment(a.segment);
            Add(a.offset << 20 ^ a.size);
          },
          [&segment](const core::DropSegment& a) { segment(a.segment); },
          [this](const core::ReleaseRequest& a) { Add(a.request ^ a.segment_length << 24); },
          [this](const core::RelayRequest& a) { Add(a.request); },
          [this](const core::FailRequest& a) { Add(a.request); },
          [this](const core::Dial& a) { Add(Head(a.peer.id)); },
          [this](const core::CloseLink& a) { Add(a.link ^ static_cast<std::uint64_t>(a.reason)); },
          [this](const core::SendMessage& a) {
            Add(a.link);
            Add(std::uint64_t{a.message.index()} << 32 | SizeOf(a.message).bytes);
          },
          [this, &segment](const core::SendData& a) {
            Add(a.link);
            segment(a.segment);
            Add(a.segment_offset << 20 ^ a.data.size);
          },
          [this](const core::Announce& a) { Add(a.upload_class); },
          [this](const core::CloseStream& a) { Add(a.stream); },
      },
      action);
}

}  // namespace shoal::sim
