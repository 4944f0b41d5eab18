#include "client/core/member_table.h"

#include <algorithm>

namespace shoal::core {

void MemberTable::Apply(const SwarmHandout& handout) {
  tracker_size_ = std::max<std::uint32_t>(1, handout.swarm_size);
  if (handout.full) {
    for (auto& [id, entry] : entries_) entry.handed_out = false;
  }
  for (const PeerId& id : handout.removed) {
    const auto it = entries_.find(id);
    if (it != entries_.end()) it->second.handed_out = false;
  }
  for (const Member& member : handout.added) {
    if (member.id == self_) continue;
    auto it = entries_.find(member.id);
    if (it == entries_.end()) {
      if (entries_.size() >= kMembersMax) continue;
      it = entries_.try_emplace(member.id).first;
    } else if (it->second.member.endpoint != member.endpoint) {
      it->second.failures = 0;  // it came back elsewhere: old failures say nothing
      it->second.dial_after = TimePoint{};
    }
    it->second.member = member;
    it->second.handed_out = true;
  }
  Changed();
}

void MemberTable::Linked(const Member& peer) {
  const auto [it, added] = entries_.try_emplace(peer.id);
  Entry& entry = it->second;
  if (added) {
    entry.member = peer;
  } else {
    entry.member.upload_class = peer.upload_class;
  }
  if (entry.is_dialling) --dialling_;
  if (!entry.is_linked) ++linked_;
  entry.is_dialling = false;
  entry.is_linked = true;
  entry.failures = 0;
  Changed(it);
}

void MemberTable::Unlinked(const PeerId& peer, bool gone) {
  const auto it = entries_.find(peer);
  if (it == entries_.end()) return;
  if (it->second.is_linked) --linked_;
  it->second.is_linked = false;
  if (gone) it->second.handed_out = false;
  Changed(it);
}

void MemberTable::SetClass(const PeerId& peer, UploadClass upload_class) {
  const auto it = entries_.find(peer);
  if (it == entries_.end() || it->second.member.upload_class == upload_class) return;
  it->second.member.upload_class = upload_class;
  Changed(it);
}

bool MemberTable::CanDial(const Entry& entry, TimePoint now) const {
  return entry.handed_out && !entry.is_linked && !entry.is_dialling &&
         entry.member.can_be_dialled && entry.member.endpoint.port != 0 && entry.dial_after <= now;
}

const Member* MemberTable::PickToDial(std::uint64_t random, TimePoint now) const {
  double all = 0;
  for (const auto& [id, entry] : entries_) all += CanDial(entry, now) ? DialWeight(entry) : 0;
  double skip = all * static_cast<double>(random >> 11) * 0x1.0p-53;
  const Member* picked = nullptr;
  for (const auto& [id, entry] : entries_) {
    if (!CanDial(entry, now)) continue;
    picked = &entry.member;
    skip -= DialWeight(entry);
    if (skip < 0) break;
  }
  return picked;
}

double MemberTable::DialWeight(const Entry& entry) const {
  const UploadClass upload = entry.member.upload_class;
  if (upload == kUploadUnknown || mean_upload_ <= 0) return 1;
  return std::clamp(UploadBytesPerSecond(upload) / mean_upload_, kDialWeightMin, kDialWeightMax);
}

void MemberTable::Dialling(const PeerId& peer) {
  const auto it = entries_.find(peer);
  if (it == entries_.end() || it->second.is_dialling) return;
  it->second.is_dialling = true;
  ++dialling_;
  linkable_until_ = TimePoint::min();
}

void MemberTable::DialSettled(const PeerId& peer) {
  const auto it = entries_.find(peer);
  if (it == entries_.end() || !it->second.is_dialling) return;
  it->second.is_dialling = false;
  --dialling_;
  if (!Kept(it->second)) to_sweep_ = true;
  linkable_until_ = TimePoint::min();
}

void MemberTable::DialRefused(const PeerId& peer, TimePoint now) {
  const auto it = entries_.find(peer);
  if (it == entries_.end()) return;
  Entry& entry = it->second;
  if (entry.is_dialling) --dialling_;
  entry.is_dialling = false;
  entry.failures = 0;
  entry.dial_after = now + kRedialFull;
  Changed(it);
}

void MemberTable::DialFailed(const PeerId& peer, TimePoint now) {
  const auto it = entries_.find(peer);
  if (it == entries_.end()) return;
  Entry& entry = it->second;
  if (entry.is_dialling) --dialling_;
  entry.is_dialling = false;
  entry.dial_after = now + std::min(kRedialMin * (1 << std::min(entry.failures, 6u)), kRedialMax);
  ++entry.failures;
  Changed(it);
}

std::uint32_t MemberTable::swarm_size() const {
  return std::max<std::uint32_t>(tracker_size_, static_cast<std::uint32_t>(known_.size() + 1));
}

std::size_t MemberTable::linkable(TimePoint now) {
  if (now < linkable_until_) return linkable_;
  linkable_ = 0;
  linkable_until_ = TimePoint::max();
  for (const auto& [id, entry] : entries_) {
    if (entry.is_linked || entry.is_dialling || CanDial(entry, now)) ++linkable_;
    if (entry.dial_after > now) linkable_until_ = std::min(linkable_until_, entry.dial_after);
  }
  return linkable_;
}

void MemberTable::KnownChanged() {
  double sum = 0;
  int count = 0;
  for (const KnownMember& member : known_) {
    if (member.upload_class == kUploadUnknown) continue;
    sum += UploadBytesPerSecond(member.upload_class);
    ++count;
  }
  mean_upload_ = count == 0 ? 0 : sum / count;
  ++version_;
}

void MemberTable::Changed() {
  linkable_until_ = TimePoint::min();
  to_sweep_ = false;
  for (auto it = entries_.begin(); it != entries_.end();) {
    it = Kept(it->second) ? std::next(it) : entries_.erase(it);
  }
  std::vector<KnownMember> known;
  for (const auto& [id, entry] : entries_) {
    if (CountedOn(entry)) known.push_back({id, entry.member.upload_class});
  }
  const auto same = [](const KnownMember& a, const KnownMember& b) {
    return a.id == b.id && a.upload_class == b.upload_class;
  };
  if (std::equal(known.begin(), known.end(), known_.begin(), known_.end(), same)) return;
  known_ = std::move(known);
  KnownChanged();
}

void MemberTable::Changed(absl::btree_map<PeerId, Entry>::iterator it) {
  if (to_sweep_) return Changed();
  linkable_until_ = TimePoint::min();
  const PeerId id = it->first;
  const KnownMember member = {id, it->second.member.upload_class};
  const bool kept = Kept(it->second);
  const bool counted_on = kept && CountedOn(it->second);
  if (!kept) entries_.erase(it);
  const auto place =
      std::lower_bound(known_.begin(), known_.end(), id,
                       [](const KnownMember& a, const PeerId& b) { return a.id < b; });
  const bool was_known = place != known_.end() && place->id == id;
  if (was_known && counted_on) {
    if (place->upload_class == member.upload_class) return;
    place->upload_class = member.upload_class;
  } else if (counted_on) {
    known_.insert(place, member);
  } else if (was_known) {
    known_.erase(place);
  } else {
    return;
  }
  KnownChanged();
}

}  // namespace shoal::core
