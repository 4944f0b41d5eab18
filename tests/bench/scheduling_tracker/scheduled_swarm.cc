#include "tests/bench/scheduling_tracker/scheduled_swarm.h"

#include <algorithm>
#include <tuple>

namespace shoal::bench {
namespace {

// Holders that are compared, and that are drawn at most to find so many.
constexpr int kHoldersCompared = 4;
constexpr int kDrawsMax = 10;
// What an order may take, beside the time in which it is told and reported.
constexpr Duration kFetchLimit = Seconds(1.5);
// A piece that was not ordered is handed off an interval and so much before it is needed.
constexpr Duration kHandoffLead = Milliseconds(250);
constexpr std::size_t kCheckedPerReport = 2;

}  // namespace

ScheduledSwarm::ScheduledSwarm(Duration report_interval, std::uint64_t seed)
    : report_interval_(report_interval), random_(seed) {}

MemberRef ScheduledSwarm::Join(const Joiner& joiner, TimePoint now) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(members_.size()));
    members_.emplace_back();
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  Member& member = members_[slot];
  member.endpoint = joiner.endpoint;
  member.here = true;
  member.heard_at = now;
  member.upload = UploadBudget(joiner.upload_bytes_per_s, now);
  if (joiner.upload_bytes_per_s > 0) ++uploaders_;
  return {slot, member.generation};
}

bool ScheduledSwarm::Knows(MemberRef ref) const {
  return ref.slot < members_.size() && members_[ref.slot].here &&
         members_[ref.slot].generation == ref.generation;
}

void ScheduledSwarm::Report(MemberRef ref, std::span<const SegmentNews> news, TimePoint now,
                            std::vector<Order>& orders) {
  Member& member = members_[ref.slot];
  member.heard_at = now;
  KeepHouse(now);  // before orders name anybody
  for (const SegmentNews& segment : news) TakeIn(ref, segment, now);
  DropOrders(member, now);
  FindCandidates(member, now);
  GiveOrders(ref, now, orders);
}

// ---- what is reported ---------------------------------------------------------------------------

ScheduledSwarm::Segment* ScheduledSwarm::Find(std::uint32_t sequence) {
  Segment& segment = segments_[PlaceOf(sequence)];
  return segment.length != 0 && segment.sequence == sequence ? &segment : nullptr;
}

void ScheduledSwarm::Begin(Member& member, const SegmentNews& news, TimePoint now) {
  Segment& segment = segments_[PlaceOf(news.sequence)];
  if (segment.length == 0 || segment.sequence < news.sequence) {
    if (news.sequence + kWindowSegments <= edge_) return;
    segment.sequence = news.sequence;
    segment.length = news.length;
    segment.pieces.resize(PieceCount(news.length));
    for (Piece& piece : segment.pieces) {
      piece.holders.clear();
      piece.copies = 0;
      piece.seeder = kNobody;
    }
    edge_ = std::max(edge_, news.sequence);
  }
  if (segment.sequence != news.sequence) return;
  Shelf& shelf = member.shelves[PlaceOf(news.sequence)];
  if (shelf.sequence != news.sequence || !shelf.wanted) shelf = {.sequence = news.sequence};
  shelf.wanted = true;
  shelf.needed_at = now + news.needed_in;
}

void ScheduledSwarm::TakeIn(MemberRef ref, const SegmentNews& news, TimePoint now) {
  Member& member = members_[ref.slot];
  if (news.length != 0) Begin(member, news, now);
  Segment* segment = Find(news.sequence);
  Shelf& shelf = member.shelves[PlaceOf(news.sequence)];
  if (segment == nullptr || !shelf.wanted || shelf.sequence != news.sequence) return;
  const PieceMap come = news.held & ~shelf.held & AllPieces(segment->length);
  shelf.held |= come;
  if (news.failed != 0) DropFailed(member, news);
  if (member.upload.rate() <= 0) return;
  ForEachPiece(come, [&](std::uint32_t index) {
    Piece& piece = segment->pieces[index];
    piece.holders.push_back(ref);
    ++piece.copies;
  });
}

void ScheduledSwarm::DropFailed(Member& member, const SegmentNews& news) {
  member.shelves[PlaceOf(news.sequence)].ordered &= ~news.failed;
  std::erase_if(member.open_orders, [&](const OpenOrder& order) {
    return order.sequence == news.sequence && (Bit(order.piece) & news.failed) != 0;
  });
}

// Those that are fulfilled, and those that will not be.
void ScheduledSwarm::DropOrders(Member& member, TimePoint now) {
  std::erase_if(member.open_orders, [&](const OpenOrder& order) {
    Shelf& shelf = member.shelves[PlaceOf(order.sequence)];
    if (shelf.sequence != order.sequence) return true;
    const bool is_held = (shelf.held & Bit(order.piece)) != 0;
    const bool is_lost = order.lost_at <= now || (order.source != kNobody && !Knows(order.source));
    if (is_held || is_lost) shelf.ordered &= ~Bit(order.piece);
    return is_held || is_lost;
  });
}

// ---- what is ordered ----------------------------------------------------------------------------

void ScheduledSwarm::FindCandidates(const Member& member, TimePoint now) {
  candidates_.clear();
  for (std::size_t place = 0; place < kWindowSegments; ++place) {
    const Segment& segment = segments_[place];
    const Shelf& shelf = member.shelves[place];
    // What is overdue the client has taken from the CDN by itself.
    if (segment.length == 0 || !shelf.wanted || shelf.sequence != segment.sequence ||
        shelf.needed_at <= now) {
      continue;
    }
    const bool is_urgent = shelf.needed_at - now < report_interval_ + kHandoffLead;
    ForEachPiece(AllPieces(segment.length) & ~shelf.held & ~shelf.ordered, [&](std::uint32_t i) {
      candidates_.push_back({.place = static_cast<std::uint32_t>(place),
                             .piece = i,
                             .copies = segment.pieces[i].copies,
                             .sequence = segment.sequence,
                             .is_urgent = is_urgent});
    });
  }
  std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
    return std::tuple(!a.is_urgent, a.copies, a.sequence, a.piece) <
           std::tuple(!b.is_urgent, b.copies, b.sequence, b.piece);
  });
}

bool ScheduledSwarm::IsBeingSeeded(const Segment& segment, const Candidate& candidate) const {
  const MemberRef seeder = segment.pieces[candidate.piece].seeder;
  if (seeder == kNobody || !Knows(seeder)) return false;
  const Shelf& shelf = members_[seeder.slot].shelves[candidate.place];
  return shelf.sequence == segment.sequence && (shelf.ordered & Bit(candidate.piece)) != 0;
}

std::size_t ScheduledSwarm::SeedsMax(const Member& member) const {
  if (uploaders_ == 0) return kOpenOrdersMax;  // nobody could pass anything on
  if (member.upload.rate() <= 0) return 0;
  std::size_t waiting = 0;
  for (const Candidate& candidate : candidates_) {
    if (candidate.copies == 0 && !IsBeingSeeded(segments_[candidate.place], candidate)) ++waiting;
  }
  return (waiting + uploaders_ - 1) / uploaders_;
}

MemberRef ScheduledSwarm::DrawHolder(Piece& piece, double bytes, TimePoint now) {
  MemberRef best = kNobody;
  double most_left = 0;
  int compared = 0;
  for (int draw = 0; draw < kDrawsMax && compared < kHoldersCompared; ++draw) {
    if (piece.holders.empty()) break;
    MemberRef& drawn = piece.holders[random_.Below(piece.holders.size())];
    if (!Knows(drawn)) {
      drawn = piece.holders.back();
      piece.holders.pop_back();
      continue;
    }
    ++compared;
    const double left = members_[drawn.slot].upload.Left(now);
    if (left < bytes || left <= most_left) continue;
    most_left = left;
    best = drawn;
  }
  if (best != kNobody) members_[best.slot].upload.Take(bytes);
  return best;
}

void ScheduledSwarm::GiveOrders(MemberRef ref, TimePoint now, std::vector<Order>& orders) {
  Member& member = members_[ref.slot];
  std::size_t seeds_left = SeedsMax(member);
  for (const Candidate& candidate : candidates_) {
    if (member.open_orders.size() >= kOpenOrdersMax) break;
    Segment& segment = segments_[candidate.place];
    Piece& piece = segment.pieces[candidate.piece];
    const double bytes = PieceSize(segment.length, candidate.piece);
    Duration transfer{};
    MemberRef source = kNobody;
    if (candidate.copies > 0 && !candidate.is_urgent) {
      source = DrawHolder(piece, bytes, now);
      if (source == kNobody) continue;  // all are busy: the next report may find one
      transfer = Seconds(bytes / members_[source.slot].upload.rate());
    } else if (!candidate.is_urgent) {
      if (seeds_left == 0 || (uploaders_ > 0 && IsBeingSeeded(segment, candidate))) continue;
      --seeds_left;
    }
    if (source == kNobody && candidate.copies == 0) piece.seeder = ref;
    member.shelves[candidate.place].ordered |= Bit(candidate.piece);
    member.open_orders.push_back({.sequence = segment.sequence,
                                  .piece = candidate.piece,
                                  .source = source,
                                  .lost_at = now + 2 * report_interval_ + kFetchLimit + transfer});
    orders.push_back({.sequence = segment.sequence,
                      .piece = candidate.piece,
                      .source = source == kNobody ? nullptr : &members_[source.slot].endpoint});
  }
}

// ---- who is there -------------------------------------------------------------------------------

void ScheduledSwarm::KeepHouse(TimePoint now) {
  for (std::size_t i = 0; i < kCheckedPerReport; ++i) {
    next_to_check_ = (next_to_check_ + 1) % members_.size();
    const Member& member = members_[next_to_check_];
    if (member.here && member.heard_at + kSilentIntervals * report_interval_ <= now) {
      Forget(static_cast<std::uint32_t>(next_to_check_));
    }
  }
}

void ScheduledSwarm::Forget(std::uint32_t slot) {
  Member& member = members_[slot];
  if (member.upload.rate() > 0) {
    --uploaders_;
    for (std::size_t place = 0; place < kWindowSegments; ++place) {
      const Shelf& shelf = member.shelves[place];
      if (segments_[place].length == 0 || shelf.sequence != segments_[place].sequence) continue;
      ForEachPiece(shelf.held, [&](std::uint32_t i) { --segments_[place].pieces[i].copies; });
    }
  }
  const std::uint32_t generation = member.generation + 1;
  member = Member{.generation = generation};
  free_.push_back(slot);
}

}  // namespace shoal::bench
