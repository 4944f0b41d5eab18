#include "tests/sim/reduced/teller.h"

#include <algorithm>
#include <array>
#include <utility>

#include "client/core/holders.h"
#include "client/core/teller.h"

namespace shoal::sim::reduced {
namespace {

using core::Holders;

constexpr Micros kGrid = ToMicros(core::Teller::kTellGrid);
// Of Viewer::tells.
static_assert(core::Teller::kTellOfNoUse + 2 * core::Teller::kTellGrid <
              64 * core::Teller::kTellGrid);
constexpr Mask TellBit(Micros at) { return Mask{1} << (at / kGrid % 64); }
constexpr Micros kAgeUnit = 50'000;  // as Progress has it

// What is told apart of what a peer says; see LinkEnd.
constexpr std::array kTold = {PieceState::kReceiving, PieceState::kHalf, PieceState::kComplete,
                              PieceState::kStalled, PieceState::kSeeding};

PieceState Rounded(PieceState state) {
  if (state == PieceState::kQuarter) return PieceState::kReceiving;
  return state == PieceState::kThreeQuarters ? PieceState::kHalf : state;
}

PieceState Theirs(const LinkEnd& end, unsigned piece) {
  const Mask bit = Bit(piece);
  if ((end.all & bit) != 0) return PieceState::kComplete;
  if ((end.half & bit) != 0) return PieceState::kHalf;
  if ((end.has & bit) != 0) return PieceState::kReceiving;
  return (end.seeding & bit) != 0 ? PieceState::kSeeding : PieceState::kNone;
}

// As in client/core/mesh.cc.
bool IsNews(PieceState ours, PieceState theirs) {
  if (theirs == PieceState::kComplete) return false;
  if (ours == PieceState::kSeeding) return theirs == PieceState::kNone;
  if (ours == PieceState::kStalled) return true;
  return ours > (theirs == PieceState::kSeeding ? PieceState::kNone : theirs);
}

}  // namespace

// ---- Telling -----------------------------------------------------------------------------------

void Teller::TellWithin(std::uint32_t viewer, unsigned link, Micros after) {
  Micros& tell_at = s_.tell_at_of[s_.place(viewer, link)];
  if (tell_at != 0 && tell_at <= s_.now + after) return;
  tell_at = ((s_.now + after) / kGrid + 1) * kGrid;
  // One event for all links that are told at the same time.
  Mask& tells = s_.viewers[viewer].tells;
  if ((tells & TellBit(tell_at)) != 0) return;
  tells |= TellBit(tell_at);
  s_.wheel.Add({.at = tell_at, .viewer = viewer, .mask = tell_at, .kind = Kind::kTell});
}

void Teller::TellSoon(std::uint32_t viewer, unsigned link) {
  const Micros tell_at = s_.tell_at_of[s_.place(viewer, link)];
  if (tell_at != 0 && tell_at <= s_.now + ToMicros(core::Teller::kTellAfterMax)) return;
  const Duration after = s_.random.Uniform(core::Teller::kTellAfterMin,
                                           core::Teller::kTellAfterMax - core::Teller::kTellGrid);
  TellWithin(viewer, link, ToMicros(after));
}

void Teller::SeedingBegun(std::uint32_t index, unsigned number) {
  const Viewer& viewer = s_.viewers[index];
  Piece& piece = s_.piece(index, number);
  if (!viewer.uploads || piece.chunks > 0) return;
  piece.told_seeding = true;
  piece.told_stalled = false;
  for (unsigned link = 0; link < viewer.links; ++link) {
    s_.news_of[s_.place(index, link)] |= Bit(number);
    TellWithin(index, link, 0);
  }
  piece.heard = s_.now;
  PassOn(index, number);
}

void Teller::Took(std::uint32_t index, unsigned number, PieceState before) {
  if (s_.StateOf(index, number) == before) return;
  if (s_.viewers[index].uploads) s_.piece(index, number).heard = s_.now;
  PieceChanged(index, number, before);
}

void Teller::PieceChanged(std::uint32_t index, unsigned number, PieceState before) {
  const PieceState state = s_.StateOf(index, number);
  const bool in_between = before != PieceState::kNone && before != PieceState::kStalled &&
                          state != PieceState::kStalled;
  if (in_between && state != PieceState::kHalf && state != PieceState::kComplete) return;
  const Viewer& viewer = s_.viewers[index];
  // What it holds nobody can have: that all is there is told, lest it be told of it.
  if (!viewer.uploads && state != PieceState::kComplete) return;
  const bool common = viewer.holders[number] > core::Teller::kCommon;
  for (unsigned link = 0; link < viewer.links; ++link) {
    s_.news_of[s_.place(index, link)] |= Bit(number);
    if (!viewer.uploads) {
      TellWithin(index, link, ToMicros(core::Teller::kTellOfNoUse));
    } else if (in_between || common) {
      TellWithin(index, link, ToMicros(core::Teller::kTellInBetween));
    } else {
      TellSoon(index, link);
    }
  }
  PassOn(index, number);
}

void Teller::PassOn(std::uint32_t index, unsigned number) {
  const Viewer& viewer = s_.viewers[index];
  Piece& piece = s_.piece(index, number);
  if (piece.heard == 0 || s_.viewers.size() <= viewer.links + 1u) return;
  const Micros news_after = ToMicros(core::Teller::kHoldMin * 6 / 10);
  if (piece.passed_on != 0 && piece.heard < piece.passed_on + news_after) return;
  if (s_.now > piece.heard + ToMicros(core::Teller::kHoldMax)) return;
  piece.passed_on = piece.heard;
  const unsigned share =
      (viewer.links + core::Teller::kGossipFanout - 1) / core::Teller::kGossipFanout;
  const unsigned turn = share <= 1 ? 0 : static_cast<unsigned>(s_.random.Next() % share);
  for (unsigned link = turn; link < viewer.links; link += share) {
    s_.gossip_of[s_.place(index, link)] |= Bit(number);
    TellWithin(index, link, ToMicros(core::Teller::kTellGossip));
  }
}

void Teller::OnTell(const Event& event) {
  Viewer& viewer = s_.viewers[event.viewer];
  viewer.tells &= ~TellBit(static_cast<Micros>(event.mask));
  due_.clear();
  for (unsigned link = 0; link < viewer.links; ++link) {
    if (s_.tell_at_of[s_.place(event.viewer, link)] != event.mask) continue;
    __builtin_prefetch(&s_.end(event.viewer, link));
    due_.push_back(link);
  }
  for (const unsigned link : due_) Tell(event.viewer, link);
}

void Teller::Tell(std::uint32_t index, unsigned link) {
  const std::size_t place = s_.place(index, link);
  s_.tell_at_of[place] = 0;
  const Mask news_before = std::exchange(s_.news_of[place], 0);
  const Mask gossip_before = std::exchange(s_.gossip_of[place], 0);
  const LinkEnd& end = s_.ends[place];
  const Viewer& viewer = s_.viewers[index];
  Mask news = 0;
  ForEach(news_before & viewer.entered & ~end.all, [&](unsigned piece) {
    if (IsNews(s_.StateOf(index, piece), Theirs(end, piece))) news |= Bit(piece);
  });
  // What it provides itself it says, or has said, first hand.
  Mask gossip = gossip_before & viewer.entered & ~end.has & ~end.seeding;
  if (viewer.uploads) {
    ForEach(gossip, [&](unsigned piece) {
      if (Holders::Provides(s_.StateOf(index, piece))) gossip &= ~Bit(piece);
    });
  }
  if (news != 0) SendNews(index, link, news);
  if (gossip != 0) SendGossip(index, link, gossip, news != 0 ? 0 : kProgressBytes);
}

void Teller::SendNews(std::uint32_t index, unsigned link, Mask news) {
  std::array<Mask, kTold.size()> by_state{};
  ForEach(news, [&](unsigned piece) {
    const PieceState state = Rounded(s_.StateOf(index, piece));
    for (std::size_t i = 0; i < kTold.size(); ++i) {
      if (kTold[i] == state) by_state[i] |= Bit(piece);
    }
  });
  // They are one message.
  std::uint32_t bytes = kProgressBytes;
  for (std::size_t i = 0; i < kTold.size(); ++i) {
    if (by_state[i] == 0) continue;
    bytes += static_cast<std::uint32_t>(__builtin_popcountll(by_state[i])) * kProgressPieceBytes;
    s_.Message(
        index, link, bytes,
        {.mask = by_state[i], .kind = Kind::kNews, .count = static_cast<std::uint8_t>(kTold[i])});
    bytes = 0;
  }
}

void Teller::SendGossip(std::uint32_t index, unsigned link, Mask gossip, std::uint32_t overhead) {
  while (gossip != 0) {
    Mask same = 0;
    Micros age = 0;
    ForEach(gossip, [&](unsigned piece) {
      const Micros heard = s_.piece(index, piece).heard;
      // Time may have stepped back a little since; see Wheel.
      const Micros since = s_.now - std::min(heard, s_.now);
      const Micros units = heard == 0 ? core::kGossipAgeUnitsMax + 1u : since / kAgeUnit;
      if (same == 0) age = units;
      if (units == age) same |= Bit(piece);
    });
    gossip &= ~same;
    if (age > core::kGossipAgeUnitsMax) continue;
    const auto pieces = static_cast<std::uint32_t>(__builtin_popcountll(same));
    s_.Message(index, link, overhead + pieces * kProgressPieceBytes,
               {.mask = same, .kind = Kind::kGossip, .count = static_cast<std::uint8_t>(age)});
    overhead = 0;
  }
}

// ---- Being told --------------------------------------------------------------------------------

void Teller::Count(Viewer& viewer, const LinkEnd& end, Mask had, Mask provided) {
  ForEach(end.has & ~had, [&](unsigned piece) { ++viewer.holders[piece]; });
  ForEach(had & ~end.has, [&](unsigned piece) { --viewer.holders[piece]; });
  if (!end.peer_uploads) return;
  const Mask provides = end.has | end.seeding;
  ForEach(provides & ~provided, [&](unsigned piece) { ++viewer.providers[piece]; });
  ForEach(provided & ~provides, [&](unsigned piece) { --viewer.providers[piece]; });
}

void Teller::Apply(std::uint32_t index, LinkEnd& end, Mask mask, PieceState state) {
  Viewer& viewer = s_.viewers[index];
  const Mask had = end.has;
  const Mask provided = end.has | end.seeding;
  end.has &= ~mask;
  end.half &= ~mask;
  end.all &= ~mask;
  end.seeding &= ~mask;
  if (state == PieceState::kSeeding) end.seeding |= mask;
  if (state != PieceState::kSeeding && state != PieceState::kStalled) end.has |= mask;
  if (state >= PieceState::kHalf && state <= PieceState::kComplete) end.half |= mask;
  if (state == PieceState::kComplete) end.all |= mask;
  Count(viewer, end, had, provided);
  if (end.peer_uploads) viewer.offered |= end.has & mask;
  // Who had it has it no more: is there anybody left?
  ForEach(had & ~end.has, [&](unsigned piece) {
    viewer.offered &= ~Bit(piece);
    for (unsigned link = 0; link < viewer.links; ++link) {
      const LinkEnd& other = s_.end(index, link);
      if (other.peer_uploads) viewer.offered |= other.has & Bit(piece);
    }
  });
}

Mask Teller::OnNews(const Event& event) {
  Viewer& viewer = s_.viewers[event.viewer];
  LinkEnd& end = s_.end(event.viewer, event.link);
  const auto state = static_cast<PieceState>(event.count);
  Apply(event.viewer, end, event.mask, state);
  ForEach(event.mask, [&](unsigned piece) {
    const auto slot = static_cast<std::uint8_t>(1u << (piece / kPiecesMax));
    end.knows |= slot;
    // Who has a byte knows the length, and says it.
    if (state != PieceState::kSeeding) viewer.lengths |= slot;
  });
  const Mask known = event.mask & viewer.entered;
  Mask matters = 0;
  ForEach(known & viewer.missing, [&](unsigned piece) {
    const std::uint8_t source = s_.piece(event.viewer, piece).source;
    const bool wants = source == kNobody || (source != kCdn && state == PieceState::kStalled);
    if (wants && state != PieceState::kSeeding) matters |= Bit(piece);
  });
  if (!end.peer_uploads) return matters;
  ForEach(known, [&](unsigned piece) {
    if (state != PieceState::kStalled) {
      Hear(event.viewer, piece, s_.now);
    } else if (viewer.providers[piece] == 0) {
      s_.piece(event.viewer, piece).heard = 0;
    }
  });
  return matters;
}

void Teller::Hear(std::uint32_t index, unsigned number, Micros born) {
  Piece& piece = s_.piece(index, number);
  piece.heard = std::max(piece.heard, born);
  PassOn(index, number);
}

void Teller::OnGossip(const Event& event) {
  const Micros age = event.count * kAgeUnit;
  ForEach(event.mask & s_.viewers[event.viewer].entered,
          [&](unsigned piece) { Hear(event.viewer, piece, s_.now > age ? s_.now - age : 1); });
}

void Teller::Forget(std::uint32_t viewer, unsigned link, unsigned piece) {
  Apply(viewer, s_.end(viewer, link), Bit(piece), PieceState::kStalled);
}

}  // namespace shoal::sim::reduced
