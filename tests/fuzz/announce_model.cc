#include "tests/fuzz/announce_model.h"

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

namespace shoal::service {
namespace {

using membership::AnnounceEvent;

// Times of expiry are kept rounded.
constexpr Duration kRounding = Milliseconds(200);

}  // namespace

void Require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

bool KeepsTheRules(const v1::AnnounceRequest& request) {
  std::set<std::string> ids;
  for (const v1::SwarmAnnounce& swarm : request.swarms()) {
    const int event = swarm.event();
    if (swarm.swarm_id().size() != 16 || swarm.cookie().size() > 16) return false;
    if (event < 0 || event > 2 || !ids.insert(swarm.swarm_id()).second) return false;
  }
  return request.peer_id().size() == 16 && request.port() <= 65'535 &&
         request.upload_class() <= 31 && request.swarms_size() <= 64;
}

void AnnounceModel::Apply(const membership::AnnounceCall& call, TimePoint expires) {
  for (const membership::SwarmAnnounce& announce : call.swarms) {
    const Key key(announce.swarm, call.member.id);
    if (announce.event != AnnounceEvent::kStopped) {
      Put(key, {call.member.endpoint, expires});
      continue;
    }
    const Entry* known = Find(key);
    if (known == nullptr || known->endpoint.address != call.member.endpoint.address) continue;
    Remove(key);
    ++leaves_;
  }
}

void AnnounceModel::ApplyRefused(const membership::AnnounceCall& call, const Lookup& lookup) {
  Require(!HasRoomFor(call), "nobody is refused while there is room");
  for (const membership::SwarmAnnounce& announce : call.swarms) {
    const Key key(announce.swarm, call.member.id);
    const std::optional<membership::MemberRecord> record = lookup(key);
    const Entry* known = Find(key);
    if (record) {
      const bool is_as_before = known != nullptr && known->endpoint == record->member.endpoint;
      const bool is_as_told = announce.event != AnnounceEvent::kStopped &&
                              call.member.endpoint == record->member.endpoint;
      Require(is_as_before || is_as_told, "a refused call does what it says, or nothing");
      Put(key, {record->member.endpoint, record->expires});
    } else if (known != nullptr) {
      Require(announce.event == AnnounceEvent::kStopped &&
                  known->endpoint.address == call.member.endpoint.address,
              "a refused call removes nobody but who stops");
      Remove(key);
      ++leaves_;
    }
  }
}

void AnnounceModel::Expire(TimePoint now, const std::set<Key>& left) {
  std::vector<Key> gone;
  for (const auto& [key, entry] : members_) {
    if (left.contains(key)) {
      Require(now < entry.expires + kRounding, "whose time is up goes");
    } else {
      Require(now >= entry.expires - kRounding, "nobody goes before the time is up");
      gone.push_back(key);
    }
  }
  for (const Key& key : gone) Remove(key);
  Require(left.size() == members_.size(), "only who came is there");
  expirations_ += gone.size();
}

const AnnounceModel::Entry* AnnounceModel::Find(const Key& key) const {
  const auto found = members_.find(key);
  return found == members_.end() ? nullptr : &found->second;
}

std::size_t AnnounceModel::SizeOf(const SwarmId& swarm) const {
  const auto found = swarms_.find(swarm);
  return found == swarms_.end() ? 0 : found->second;
}

void AnnounceModel::Put(const Key& key, const Entry& entry) {
  const bool is_new = members_.insert_or_assign(key, entry).second;
  if (!is_new) return;
  ++swarms_[key.first];
  ++joins_;
}

void AnnounceModel::Remove(const Key& key) {
  members_.erase(key);
  if (--swarms_[key.first] == 0) swarms_.erase(key.first);
}

bool AnnounceModel::HasRoomFor(const membership::AnnounceCall& call) const {
  std::size_t members = members_.size();
  std::size_t swarms = swarms_.size();
  for (const membership::SwarmAnnounce& announce : call.swarms) {
    if (announce.event == AnnounceEvent::kStopped) continue;
    if (Find({announce.swarm, call.member.id}) != nullptr) continue;
    const std::size_t size = SizeOf(announce.swarm);
    if (size >= config_.max_members_per_swarm) return false;
    ++members;
    swarms += size == 0 ? 1 : 0;
  }
  return members <= config_.max_members && swarms <= config_.max_swarms;
}

}  // namespace shoal::service
