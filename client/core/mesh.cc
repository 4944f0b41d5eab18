#include "client/core/mesh.h"

#include <algorithm>

namespace shoal::core {
namespace {

// Of two links between the same pair, the one that the smaller id dialled stays.
bool Outranks(const LinkOpened& opened, const PeerId& self) {
  return opened.dialled == (self < opened.peer.id);
}

}  // namespace

double Mesh::LinksWanted() const {
  const UploadClass own = s_.ctx.uploader.upload_class();
  const double mean = s_.members.MeanUpload();
  const bool known = own != kUploadUnknown && own != kUploadNone && mean > 0;
  const double strength = known ? UploadBytesPerSecond(own) / mean : 1;
  return s_.ctx.config.links * std::clamp(strength, 1.0, kStrongMax);
}

const Link* Mesh::WeakerThan(const Member& peer) const {
  if (peer.upload_class == kUploadUnknown) return nullptr;
  const Link* weakest = nullptr;
  for (const auto& [id, link] : s_.links) {
    const UploadClass upload = link.peer.upload_class;
    if (link.dialled || upload == kUploadUnknown || upload >= peer.upload_class) continue;
    if (weakest == nullptr || upload < weakest->peer.upload_class) weakest = &link;
  }
  return weakest;
}

Mesh::Admission Mesh::Admit(const LinkOpened& opened) {
  Admission admission;
  const auto same = std::find_if(s_.links.begin(), s_.links.end(), [&](const auto& entry) {
    return entry.second.peer.id == opened.peer.id;
  });
  if (opened.peer.id == s_.ctx.self || !s_.active_since) {
    s_.ctx.Do(CloseLink{opened.link, ByeReason::kLeaving});
    return admission;
  }
  if (same != s_.links.end()) {
    // Dialled twice from the same side: the older one is a leftover of a connection that broke.
    if (same->second.dialled != opened.dialled && !Outranks(opened, s_.ctx.self)) {
      s_.ctx.Do(CloseLink{opened.link, ByeReason::kDuplicate});
      return admission;
    }
    admission.replaced = same->first;
  } else if (!opened.dialled &&
             static_cast<double>(s_.links.size()) >= kAcceptedMax * LinksWanted()) {
    const Link* weaker = WeakerThan(opened.peer);
    if (weaker == nullptr) {
      s_.ctx.Do(CloseLink{opened.link, ByeReason::kFull});
      return admission;
    }
    admission.replaced = weaker->id;
    admission.why = ByeReason::kFull;
  }
  Link& link = s_.links[opened.link];
  link = Link{};
  link.id = opened.link;
  link.dialled = opened.dialled;
  link.opened = s_.ctx.now;
  link.peer = opened.peer;
  link.last_heard = link.last_sent = s_.ctx.now;
  admission.link = &link;
  LinksChanged();
  s_.members.Linked(opened.peer);
  ++s_.figures.links_opened;
  teller_.Linked(link);
  keep_at_ = std::min(keep_at_, s_.ctx.now + kAliveEvery);
  return admission;
}

void Mesh::LinksChanged() {
  ++s_.links_version;
  std::uint32_t place = 0;
  for (auto& [id, link] : s_.links) link.place = place++;
}

void Mesh::Remove(LinkId id, bool gone) {
  const auto it = s_.links.find(id);
  if (it == s_.links.end()) return;
  const PeerId peer = it->second.peer.id;
  teller_.Unlinked(it->second);
  s_.links.erase(it);
  LinksChanged();
  const bool still_linked = std::any_of(s_.links.begin(), s_.links.end(), [&](const auto& entry) {
    return entry.second.peer.id == peer;
  });
  if (!still_linked) s_.members.Unlinked(peer, gone);
}

void Mesh::Look() {
  MemberTable& members = s_.members;
  while (static_cast<double>(members.linked() + members.dialling()) < LinksWanted() &&
         members.dialling() < kDialsMax) {
    const Member* member = members.PickToDial(s_.ctx.random.Next(), s_.ctx.now);
    if (member == nullptr) break;
    s_.ctx.Do(Dial{s_.id, *member});
    members.Dialling(member->id);
  }
}

std::vector<LinkId> Mesh::Keep() {
  keep_at_ = TimePoint::max();
  std::vector<LinkId> dead;
  for (auto& [id, link] : s_.links) {
    if (s_.ctx.now - link.last_heard >= kDeadAfter) {
      dead.push_back(id);
      continue;
    }
    if (s_.ctx.now - link.last_sent >= kAliveEvery) teller_.SayAlive(link);
    keep_at_ = std::min({keep_at_, link.last_sent + kAliveEvery, link.last_heard + kDeadAfter});
  }
  return dead;
}

}  // namespace shoal::core
