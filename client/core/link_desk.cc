#include "client/core/link_desk.h"

#include <optional>
#include <variant>

#include "common/base/overloaded.h"

namespace shoal::core {

void LinkDesk::Opened(const LinkOpened& opened) {
  const Mesh::Admission admission = mesh_.Admit(opened);
  if (admission.replaced) Close(*admission.replaced, admission.why);
  if (admission.link == nullptr && opened.dialled) {
    s_.members.DialFailed(opened.peer.id, s_.ctx.now);
  }
  s_.LookSoon();
}

void LinkDesk::DialFailed(const core::DialFailed& failed) {
  if (failed.reason == ByeReason::kDuplicate) {
    s_.members.DialSettled(failed.peer);
  } else if (failed.reason == ByeReason::kFull) {
    s_.members.DialRefused(failed.peer, s_.ctx.now);
  } else {
    ++s_.figures.links_failed;
    s_.members.DialFailed(failed.peer, s_.ctx.now);
  }
  s_.LookSoon();
}

void LinkDesk::Closed(const LinkClosed& closed) {
  const auto it = s_.links.find(closed.link);
  if (it == s_.links.end()) return;
  if (closed.reason == ByeReason::kUnspecified) ++s_.figures.links_failed;
  puller_.Forget(it->second);
  s_.ctx.uploader.LinkGone(closed.link);
  const PeerId peer = it->second.peer.id;
  mesh_.Remove(closed.link, closed.reason == ByeReason::kLeaving);
  if (closed.reason == ByeReason::kFull) {
    s_.members.DialRefused(peer, s_.ctx.now);
  } else if (closed.reason == ByeReason::kMisbehaved) {
    s_.members.DialFailed(peer, s_.ctx.now);  // not again at once
  }
  s_.LookSoon();
}

void LinkDesk::Close(LinkId id, ByeReason reason) {
  const auto it = s_.links.find(id);
  if (it == s_.links.end()) return;
  puller_.Forget(it->second);
  s_.ctx.uploader.LinkGone(id);
  mesh_.Remove(id, false);
  s_.ctx.Do(CloseLink{id, reason});
  s_.LookSoon();
}

void LinkDesk::Misbehaved(LinkId id) {
  const auto it = s_.links.find(id);
  if (it == s_.links.end()) return;
  ++s_.figures.misbehaviours;
  const PeerId peer = it->second.peer.id;
  Close(id, ByeReason::kMisbehaved);
  s_.members.DialFailed(peer, s_.ctx.now);
}

void LinkDesk::Received(LinkId id, const LinkMessage& message) {
  const auto it = s_.links.find(id);
  if (it == s_.links.end()) return;
  Link& link = it->second;
  link.last_heard = s_.ctx.now;
  const bool honest =
      std::visit(Overloaded{
                     [&](const Progress& progress) {
                       const bool matters = hearing_.Hear(
                           link, progress, [this](Segment& segment, std::uint64_t length) {
                             shelf_.LearnLength(segment, length, LengthSource::kPeer);
                           });
                       if (matters) s_.LookSoon();
                       return true;
                     },
                     [&](const Pull& pull) {
                       OnPull(link, pull);
                       return true;
                     },
                     [&](const Data& data) {
                       const std::size_t pulls_before = puller_.outstanding();
                       const bool ok = puller_.OnData(link, data);
                       if (puller_.outstanding() != pulls_before) s_.LookAtOnce();
                       return ok;
                     },
                     [&](const Ack& ack) { return s_.ctx.uploader.Acked(id, ack, s_.ctx.now); },
                     [&](const Reject& reject) {
                       s_.LookSoon();
                       return puller_.OnReject(link, reject);
                     },
                     [&](const Cancel& cancel) {
                       s_.ctx.uploader.Cancel(id, cancel.pull, cancel.unsent);
                       return true;
                     },
                 },
                 message);
  if (!honest) Misbehaved(id);
}

void LinkDesk::OnPull(Link& link, const Pull& pull) {
  const Segment* segment = s_.table.FindKey(pull.key);
  std::optional<Reject> reject;
  if (segment == nullptr || !segment->shareable || pull.piece >= segment->pieces.size() ||
      segment->pieces[pull.piece].progress == 0 || pull.from >= segment->PieceSize(pull.piece)) {
    reject = Reject{pull.pull, RejectReason::kNotHeld, 0};
  } else {
    reject = s_.ctx.uploader.Enqueue({.link = link.id,
                                      .pull = pull.pull,
                                      .segment = s_.Ref(*segment),
                                      .piece = pull.piece,
                                      .from = pull.from,
                                      .piece_size = segment->PieceSize(pull.piece)},
                                     s_.ctx.now);
  }
  if (!reject) return;
  ++s_.figures.rejects_sent;
  link.last_sent = s_.ctx.now;
  s_.ctx.Do(SendMessage{link.id, *reject});
}

void LinkDesk::Keep() {
  for (LinkId id : mesh_.Keep()) {
    ++s_.figures.links_failed;
    Close(id, ByeReason::kUnspecified);
  }
}

}  // namespace shoal::core
