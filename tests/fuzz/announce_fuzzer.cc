#include "tests/fuzz/announce_fuzzer.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_split.h"
#include "common/grpc/ip_address.h"
#include "common/grpc/member_codec.h"
#include "tests/fuzz/announce_model.h"
#include "tests/unit/tracker/fake_clock.h"
#include "tracker/membership/announce_interval.h"
#include "tracker/membership/handout.h"
#include "tracker/service/announce_request.h"
#include "tracker/service/caller_address.h"
#include "tracker/service/membership_table.h"

namespace shoal::service {
namespace {

using membership::AnnounceEvent;

constexpr std::size_t kFirstMembers = 58;  // more than are handed out whole
constexpr std::size_t kStepsMax = 500;
constexpr std::uint8_t kProxy = 3;
const char* const kCallers[] = {"ipv4:192.0.2.1:40001", "ipv4:198.51.100.2:40002",
                                "ipv6:%5B2001:db8::3%5D:40003", "ipv4:10.0.0.9:40004"};
const char* const kAddresses[] = {"192.0.2.1", "198.51.100.2", "2001:db8::3", "10.0.0.9"};
const Duration kPauses[] = {Duration::zero(), Seconds(1), Seconds(20), Seconds(300)};

membership::MembershipConfig Config() {
  return {.announces_per_second = 2,
          .max_members_per_swarm = 64,
          .max_swarms = 6,
          .max_members = 90,
          .placement_seed = 7};
}

std::uint16_t ZoneOf(const std::string& address) {
  return static_cast<std::uint16_t>(static_cast<std::uint8_t>(address.back()) % 3);
}

// The members that a store would hold by what the journal is told.
class MirroredJournal final : public membership::MembershipJournal {
 public:
  void Put(const membership::MemberRecord& record) override {
    members.insert_or_assign({record.swarm, record.member.id}, record.member.endpoint);
  }
  void Remove(const SwarmId& swarm, const PeerId& peer) override {
    Require(members.erase({swarm, peer}) == 1, "only those that are stored are removed");
  }

  std::map<AnnounceModel::Key, Endpoint> members;
};

// A tracker's membership, and who calls it.
class World {
 public:
  World()
      : table_(Config(), 3, clock_),
        callers_({*AddressBlock::Parse("10.0.0.0/8")}),
        model_(Config()) {
    table_.set_journal(&journal_);
    for (std::size_t i = 0; i < kFirstMembers; ++i) Join(FirstMember(i));
  }

  void Step(std::uint8_t what, absl::string_view forwarded, absl::string_view message) {
    clock_.Advance(kPauses[(what >> 2) & 3]);
    if (what & 0x80) Sweep();
    const absl::StatusOr<std::string> address = AddressOf(what & 3, what & 0x10, forwarded);
    v1::AnnounceRequest request;
    // What gRPC refuses by itself.
    if (message.size() > kAnnounceRequestSizeMax) return;
    if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) return;
    if (!address.ok()) return;
    if (what & 0x20) PutCookies(request);
    const absl::StatusOr<membership::AnnounceCall> call =
        ParseAnnounceRequest(request, *address, ZoneOf(*address));
    Require(call.ok() == KeepsTheRules(request), "what keeps the rules is taken, nothing else is");
    if (!call.ok()) {
      Require(absl::IsInvalidArgument(call.status()) && !call.status().message().empty(),
              "a broken rule is named");
    } else {
      CheckCall(*call, request);
      Call(*call, what & 0x40);
    }
    CheckTotals();
  }

  // Everybody goes without a word.
  void End() {
    clock_.Advance(Seconds(3600));
    Sweep();
    CheckTotals();
    Require(model_.members().empty(), "who does not call is forgotten");
  }

 private:
  // What a client holds of a swarm.
  struct Handout {
    std::string cookie;
    std::map<PeerId, Member> members;
  };

  static membership::AnnounceCall FirstMember(std::size_t number) {
    const auto byte = static_cast<char>('A' + number);
    membership::AnnounceCall call;
    call.member.id = *PeerId::FromBytes(std::string(16, byte));
    call.member.endpoint = {std::string("\xcb\0\x71", 3) + byte,
                            static_cast<std::uint16_t>(number % 4 == 0 ? 0 : 7000 + number)};
    call.member.can_be_dialled = number % 4 != 0;
    call.member.zone = ZoneOf(call.member.endpoint.address);
    call.member.upload_class = static_cast<UploadClass>(number % 32);
    call.swarms.push_back(
        {.swarm = *SwarmId::FromBytes(std::string(16, 'w')), .event = AnnounceEvent::kStarted});
    return call;
  }

  absl::StatusOr<std::string> AddressOf(std::uint8_t caller, bool is_forwarded,
                                        absl::string_view forwarded) const {
    std::vector<absl::string_view> headers;
    if (is_forwarded) headers = absl::StrSplit(forwarded, '\n');
    absl::StatusOr<std::string> address = callers_.Find(kCallers[caller], headers);
    if (caller != kProxy || !is_forwarded) {
      Require(address.ok() && *address == *ParseAddress(kAddresses[caller]),
              "only a trusted proxy says where a call comes from");
    } else if (address.ok()) {
      Require(address->size() == 4 || address->size() == 16, "an address is one");
      Require(!IsUnspecified(*address) && AddressWithoutMapping(*address) == *address,
              "one machine has one address");
    } else {
      Require(absl::IsInvalidArgument(address.status()), "a wrong address is the caller's fault");
    }
    return address;
  }

  void PutCookies(v1::AnnounceRequest& request) const {
    const std::optional<PeerId> peer = PeerId::FromBytes(request.peer_id());
    for (v1::SwarmAnnounce& swarm : *request.mutable_swarms()) {
      const std::optional<SwarmId> id = SwarmId::FromBytes(swarm.swarm_id());
      if (!peer || !id) continue;
      const auto known = handouts_.find({*id, *peer});
      if (known != handouts_.end()) swarm.set_cookie(known->second.cookie);
    }
  }

  static void CheckCall(const membership::AnnounceCall& call, const v1::AnnounceRequest& request) {
    Require(call.member.id.bytes() == absl::string_view(request.peer_id()), "ids are kept");
    Require(call.member.endpoint.port == request.port(), "ports are kept");
    Require(call.member.can_be_dialled == (request.port() != 0), "without a port nobody dials");
    Require(call.swarms.size() == static_cast<std::size_t>(request.swarms_size()),
            "all swarms are kept");
  }

  void Join(const membership::AnnounceCall& call) {
    const absl::StatusOr<membership::AnnounceResult> result = table_.Announce(call);
    Require(result.ok(), "there is room for the first");
    model_.Apply(call, clock_.Now() + membership::ExpiryAfter(result->interval));
  }

  void Call(const membership::AnnounceCall& call, bool cannot_be_dialled) {
    // So that Lookup, which removes the expired, changes nothing if the call is refused.
    if (!model_.HasRoomFor(call)) Sweep();
    const absl::StatusOr<membership::AnnounceResult> result = table_.Announce(call);
    if (!result.ok()) {
      Require(absl::IsResourceExhausted(result.status()), "what keeps the rules meets limits only");
      model_.ApplyRefused(call, Lookup());
      return;
    }
    Require(result->interval >= membership::kAnnounceIntervalMin &&
                result->interval <= membership::kAnnounceIntervalMax,
            "intervals are within their bounds");
    Require(result->handouts.size() == call.swarms.size(), "each swarm has an answer");
    model_.Apply(call, clock_.Now() + membership::ExpiryAfter(result->interval));
    for (std::size_t i = 0; i < call.swarms.size(); ++i) {
      CheckHandout(call.member, call.swarms[i], result->handouts[i]);
    }
    Require(result->untried.empty() || call.member.can_be_dialled, "only who can is to be dialled");
    if (!cannot_be_dialled || result->untried.empty()) return;
    table_.NoteDialled(
        {.endpoint = call.member.endpoint, .peer = call.member.id, .swarms = result->untried},
        false);
  }

  void CheckHandout(const Member& caller, const membership::SwarmAnnounce& announce,
                    const membership::SwarmHandout& answer) {
    const AnnounceModel::Key key(announce.swarm, caller.id);
    Require(answer.swarm_size == model_.SizeOf(announce.swarm), "a swarm's size is what it is");
    if (announce.event == AnnounceEvent::kStopped) {
      Require(
          answer.handout.added.empty() && answer.handout.removed.empty() && answer.cookie.empty(),
          "who stops is told nothing");
      handouts_.erase(key);
      return;
    }
    Require(!answer.cookie.empty() && answer.cookie.size() <= kCookieSizeMax, "cookies are small");
    const std::optional<Handout> held = Held(key, announce, answer);
    if (!held) return;  // changes to what it made up
    CheckMembers(*held, key);
    // The same without a cookie is the whole of it.
    const membership::AnnounceCall again{caller, {{.swarm = announce.swarm}}};
    const absl::StatusOr<membership::AnnounceResult> whole = table_.Announce(again);
    Require(whole.ok(), "a member finds room");
    model_.Apply(again, clock_.Now() + membership::ExpiryAfter(whole->interval));
    const membership::SwarmHandout& all = whole->handouts[0];
    Require(all.handout.full && all.cookie == answer.cookie, "an announce alone changes nothing");
    const absl::StatusOr<std::vector<Member>> members = UnpackMembers(all.handout.added);
    Require(members.ok() && members->size() == held->members.size() &&
                std::all_of(members->begin(), members->end(),
                            [&](const Member& member) {
                              const auto known = held->members.find(member.id);
                              return known != held->members.end() && known->second == member;
                            }),
            "changes add up to the whole handout");
    handouts_[key] = *held;
  }

  // What the caller holds with this answer; nullopt if it claimed to hold something else before.
  std::optional<Handout> Held(const AnnounceModel::Key& key,
                              const membership::SwarmAnnounce& announce,
                              const membership::SwarmHandout& answer) {
    Handout held;
    const auto known = handouts_.find(key);
    if (!answer.handout.full) {
      Require(!announce.cookie.empty(), "without a cookie a handout is whole");
      if (known == handouts_.end() || announce.cookie != known->second.cookie) return std::nullopt;
      held = known->second;
    }
    held.cookie = answer.cookie;
    const absl::StatusOr<std::vector<PeerId>> removed = UnpackPeerIds(answer.handout.removed);
    const absl::StatusOr<std::vector<Member>> added = UnpackMembers(answer.handout.added);
    Require(removed.ok() && added.ok(), "clients can read handouts");
    Require(added->size() <= membership::kHandoutSizeMax, "no answer has more than fifty members");
    for (const PeerId& peer : *removed) {
      Require(held.members.erase(peer) == 1, "only what a client holds is taken from it");
    }
    std::set<PeerId> told;
    for (const Member& member : *added) {
      Require(told.insert(member.id).second, "nobody is told of twice");
      held.members.insert_or_assign(member.id, member);
    }
    return held;
  }

  void CheckMembers(const Handout& held, const AnnounceModel::Key& key) const {
    const std::size_t others = model_.SizeOf(key.first) - 1;
    Require(held.members.size() == std::min(others, membership::kHandoutSizeMax),
            "a handout is as large as it can be");
    Require(!held.members.contains(key.second), "nobody is told of itself");
    for (const auto& [id, member] : held.members) {
      const AnnounceModel::Entry* entry = model_.Find({key.first, id});
      Require(entry != nullptr, "who is handed out is a member");
      Require(entry->endpoint == member.endpoint, "members are where they called from");
    }
  }

  AnnounceModel::Lookup Lookup() {
    return [this](const AnnounceModel::Key& key) {
      std::optional<membership::MemberRecord> record;
      table_.Read(key.first, [&](const membership::Swarm* swarm, TimePoint) {
        if (swarm == nullptr) return;
        Require(swarm->remembered() <= Config().max_members_per_swarm, "few are remembered");
        record = swarm->Find(key.second);
      });
      return record;
    };
  }

  void Sweep() {
    table_.RemoveExpired();
    std::set<AnnounceModel::Key> left;
    for (const auto& [id, size] : model_.swarms()) {
      table_.Read(id, [&](const membership::Swarm* swarm, TimePoint) {
        if (swarm == nullptr) return;
        for (const auto& record : swarm->MembersAfter(std::nullopt, 2 * kFirstMembers)) {
          left.insert({record.swarm, record.member.id});
        }
      });
    }
    model_.Expire(clock_.Now(), left);
    const membership::MembershipFigures figures = table_.figures();
    Require(figures.members == model_.members().size() && figures.swarms == model_.swarms().size(),
            "members and swarms are counted");
    Require(figures.joins == model_.joins() && figures.leaves == model_.leaves() &&
                figures.expirations == model_.expirations(),
            "comings and goings are counted");
  }

  void CheckTotals() const {
    const membership::MembershipConfig limits = Config();
    Require(model_.members().size() <= limits.max_members &&
                model_.swarms().size() <= limits.max_swarms,
            "limits hold");
    Require(table_.swarms() == model_.swarms().size(), "swarms with members are counted");
    for (const auto& [swarm, size] : model_.swarms()) {
      Require(size <= limits.max_members_per_swarm, "a swarm's limit holds");
    }
    Require(
        journal_.members.size() == model_.members().size() &&
            std::equal(journal_.members.begin(), journal_.members.end(), model_.members().begin(),
                       [](const auto& a, const auto& b) {
                         return a.first == b.first && a.second == b.second.endpoint;
                       }),
        "what is stored is who is there");
  }

  FakeClock clock_;
  MirroredJournal journal_;
  MembershipTable table_;
  const CallerAddress callers_;
  AnnounceModel model_;
  std::map<AnnounceModel::Key, Handout> handouts_;
};

// The first `size` bytes of `script`, or what there is, which then lies behind them.
absl::string_view Take(absl::string_view& script, std::size_t size) {
  const absl::string_view taken = script.substr(0, size);
  script.remove_prefix(taken.size());
  return taken;
}

std::size_t TakeNumber(absl::string_view& script, std::size_t bytes) {
  std::size_t number = 0;
  int shift = 0;
  for (const char byte : Take(script, bytes)) {
    number |= std::size_t{static_cast<std::uint8_t>(byte)} << shift;
    shift += 8;
  }
  return number;
}

}  // namespace

void FuzzAnnounces(absl::string_view script) {
  World world;
  for (std::size_t steps = 0; !script.empty() && steps < kStepsMax; ++steps) {
    const auto what = static_cast<std::uint8_t>(TakeNumber(script, 1));
    absl::string_view forwarded;
    if (what & 0x10) forwarded = Take(script, TakeNumber(script, 1));
    world.Step(what, forwarded, Take(script, TakeNumber(script, 2)));
  }
  world.End();
}

}  // namespace shoal::service

// libFuzzer's entry point.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  shoal::service::FuzzAnnounces({reinterpret_cast<const char*>(data), size});
  return 0;
}
