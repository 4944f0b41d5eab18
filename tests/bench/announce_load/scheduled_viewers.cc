#include "tests/bench/announce_load/scheduled_viewers.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/escaping.h"

namespace shoal::bench {
namespace {

constexpr std::size_t kFirstPort = 10'000;
constexpr std::size_t kPortSize = 2;
// Who is not known joins again after so long.
constexpr Duration kPauseBeforeJoining = Milliseconds(100);

}  // namespace

ScheduledViewers::ScheduledViewers(std::size_t viewers, std::size_t swarm_size, const Clock& clock)
    : swarm_size_(swarm_size), clock_(clock), numbers_(viewers) {
  const TimePoint begin = clock.Now();
  for (std::size_t left = viewers; left > 0; left -= std::min(left, swarm_size)) {
    crowds_.emplace_back(std::min(left, swarm_size), begin);
  }
  for (const std::string& id : ShoalSwarms(viewers, swarm_size, 1)) {
    swarm_ids_.push_back(absl::HexStringToBytes(id));
  }
}

std::string ScheduledViewers::Request(std::size_t member) {
  const std::size_t swarm = member / swarm_size_;
  request_.Clear();
  if (numbers_[member] != 0) {
    request_.set_member(numbers_[member]);
  } else {
    schedule::Joining& joining = *request_.mutable_joining();
    joining.set_swarm_id(swarm_ids_[swarm]);
    joining.set_port(static_cast<std::uint32_t>(kFirstPort + member % swarm_size_));
    joining.set_upload_bytes_per_s(static_cast<std::uint64_t>(ViewerCrowd::kUploadBytesPerS));
  }
  for (const SegmentNews& news : crowds_[swarm].Report(member % swarm_size_, clock_.Now())) {
    schedule::SegmentReport& segment = *request_.add_segments();
    segment.set_sequence(news.sequence);
    segment.set_held(news.held);
    segment.set_length(news.length);
    segment.set_needed_in_ms(static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(news.needed_in).count()));
  }
  return request_.SerializeAsString();
}

std::optional<AnnounceReply> ScheduledViewers::Read(std::size_t member, absl::string_view message) {
  if (!response_.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return std::nullopt;
  }
  ViewerCrowd& crowd = crowds_[member / swarm_size_];
  AnnounceReply reply{.interval = report_interval_, .memberships = 1};
  if (response_.unknown()) {
    numbers_[member] = 0;
    crowd.OnUnknown(member % swarm_size_);
    reply.interval = kPauseBeforeJoining;
    return reply;
  }
  if (response_.member() != 0) {
    numbers_[member] = response_.member();
    reply.interval = report_interval_ = Milliseconds(response_.report_interval_ms());
  }
  crowd.OnAnswered(member % swarm_size_);
  for (const schedule::SegmentOrder& order : response_.orders()) CarryOut(member, order, reply);
  return reply;
}

void ScheduledViewers::CarryOut(std::size_t member, const schedule::SegmentOrder& order,
                                AnnounceReply& reply) {
  ViewerCrowd& crowd = crowds_[member / swarm_size_];
  const std::size_t viewer = member % swarm_size_;
  const TimePoint now = clock_.Now();
  crowd.Fetch(viewer, order.sequence(), order.from_cdn(), std::nullopt, now);
  for (const schedule::PeerOrder& peer : order.from_peers()) {
    ++reply.members;
    const std::optional<std::size_t> source = IndexOf(peer.endpoint(), crowd);
    if (source) {
      crowd.Fetch(viewer, order.sequence(), peer.pieces(), source, now);
    } else {
      ++wrong_orders_;
    }
  }
}

std::optional<std::size_t> ScheduledViewers::IndexOf(absl::string_view endpoint,
                                                     const ViewerCrowd& crowd) const {
  if (endpoint.size() < kPortSize) return std::nullopt;
  const auto byte = [&](std::size_t from_end) {
    return static_cast<std::size_t>(
        static_cast<unsigned char>(endpoint[endpoint.size() - from_end]));
  };
  const std::size_t port = byte(2) << 8 | byte(1);
  if (port < kFirstPort || port - kFirstPort >= crowd.size()) return std::nullopt;
  return port - kFirstPort;
}

std::optional<ViewingFigures> ScheduledViewers::Viewing() const {
  ViewingFigures all{.wrong_orders = wrong_orders_};
  for (const ViewerCrowd& crowd : crowds_) all += crowd.figures();
  return all;
}

}  // namespace shoal::bench
