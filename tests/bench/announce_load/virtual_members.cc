#include "tests/bench/announce_load/virtual_members.h"

#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/upload_class.h"
#include "common/grpc/member_codec.h"
#include "common/random/random.h"

namespace shoal::bench {
namespace {

constexpr std::uint32_t kUploadClass = 12;
constexpr std::size_t kPortMin = 1024;
constexpr std::size_t kPorts = 60'000;
constexpr std::uint64_t kSwarmSeed = std::uint64_t{1} << 40;  // apart from those of members
constexpr int kFollowerShift = 41;                            // of whoever comes after a member

// `size` bytes, a multiple of 8, that follow from `seed`.
std::string BytesOf(std::uint64_t seed, std::size_t size) {
  Random random(seed);
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size; at += sizeof(std::uint64_t)) {
    const std::uint64_t word = random.Next();
    std::memcpy(bytes.data() + at, &word, sizeof(word));
  }
  return bytes;
}

std::string ShoalSwarm(std::size_t group, std::size_t swarms_per_member, std::size_t index) {
  return BytesOf(kSwarmSeed + group * swarms_per_member + index, 16);
}

std::string InfoHash(std::size_t group) { return BytesOf(kSwarmSeed + group, 24).substr(0, 20); }

// Of every swarm's members each has a port of its own, since all have one address.
std::uint32_t PortOf(std::size_t member) {
  return static_cast<std::uint32_t>(kPortMin + member % kPorts);
}

// The text of a bencoded string, or the digits of a number, right after `key`.
std::optional<absl::string_view> ValueAfter(absl::string_view message, absl::string_view key) {
  const std::size_t at = message.find(key);
  if (at == absl::string_view::npos) return std::nullopt;
  absl::string_view rest = message.substr(at + key.size());
  std::size_t size = 0;
  const std::size_t end = rest.find_first_of("e:");
  if (end == absl::string_view::npos) return std::nullopt;
  if (rest[0] == 'i') return rest.substr(1, end - 1);
  if (!absl::SimpleAtoi(rest.substr(0, end), &size) || rest.size() < end + 1 + size) {
    return std::nullopt;
  }
  return rest.substr(end + 1, size);
}

}  // namespace

std::vector<std::string> ShoalSwarms(std::size_t members, std::size_t swarm_size,
                                     std::size_t swarms_per_member) {
  std::vector<std::string> ids;
  for (std::size_t group = 0; group * swarm_size < members; ++group) {
    for (std::size_t i = 0; i < swarms_per_member; ++i) {
      ids.push_back(absl::BytesToHexString(ShoalSwarm(group, swarms_per_member, i)));
    }
  }
  return ids;
}

std::vector<std::string> BittorrentSwarms(std::size_t members, std::size_t swarm_size) {
  std::vector<std::string> ids;
  for (std::size_t group = 0; group * swarm_size < members; ++group) {
    ids.push_back(absl::BytesToHexString(InfoHash(group)));
  }
  return ids;
}

ShoalMembers::ShoalMembers(const Options& options, const Clock& clock)
    : swarm_size_(options.swarm_size),
      swarms_per_member_(options.swarms_per_member),
      with_cookies_(options.with_cookies),
      clock_(clock),
      has_joined_(options.members),
      is_leaving_(options.members) {
  if (options.mean_stay > Duration(0)) {
    stays_.emplace(options.members, options.mean_stay, options.seed);
  }
}

std::string ShoalMembers::Request(std::size_t member) {
  const v1::AnnounceEvent event = NextEvent(member);
  const std::uint64_t before = stays_ ? stays_->before(member) : 0;
  const bool knows_upload = !stays_ || has_joined_[member];
  request_.Clear();
  request_.set_peer_id(BytesOf(before << kFollowerShift | member, 16));
  request_.set_port(PortOf(member));
  request_.set_upload_class(knows_upload ? kUploadClass : kUploadUnknown);
  const std::size_t group = member / swarm_size_;
  for (std::size_t i = 0; i < swarms_per_member_; ++i) {
    v1::SwarmAnnounce* swarm = request_.add_swarms();
    swarm->set_swarm_id(ShoalSwarm(group, swarms_per_member_, i));
    swarm->set_event(event);
    if (!cookies_.empty()) swarm->set_cookie(cookies_[member * swarms_per_member_ + i]);
  }
  return request_.SerializeAsString();
}

v1::AnnounceEvent ShoalMembers::NextEvent(std::size_t member) {
  if (!has_joined_[member]) return v1::ANNOUNCE_EVENT_STARTED;
  if (!stays_ || !stays_->IsOver(member, clock_.Now())) return v1::ANNOUNCE_EVENT_UNSPECIFIED;
  is_leaving_[member] = true;
  return v1::ANNOUNCE_EVENT_STOPPED;
}

void ShoalMembers::OnAnswered(std::size_t member) {
  if (is_leaving_[member]) {
    is_leaving_[member] = false;
    has_joined_[member] = false;
    stays_->Leave(member);
    return;
  }
  if (stays_ && !has_joined_[member]) stays_->Begin(member, clock_.Now());
  has_joined_[member] = true;
}

void ShoalMembers::KeepCookie(std::size_t member, int swarm) {
  const std::string& cookie = response_.swarms(swarm).cookie();
  if (!with_cookies_ || static_cast<std::size_t>(swarm) >= swarms_per_member_) return;
  if (cookies_.empty()) {
    if (cookie.empty()) return;
    cookies_.resize(has_joined_.size() * swarms_per_member_);
  }
  // Who has left gets none, and nor has whoever follows.
  cookies_[member * swarms_per_member_ + static_cast<std::size_t>(swarm)] = cookie;
}

std::optional<AnnounceReply> ShoalMembers::Read(std::size_t member, absl::string_view message) {
  if (!response_.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return std::nullopt;
  }
  OnAnswered(member);
  AnnounceReply reply{.interval = Milliseconds(response_.announce_interval_ms()),
                      .memberships = static_cast<std::size_t>(response_.swarms_size())};
  for (int i = 0; i < response_.swarms_size(); ++i) {
    const v1::SwarmHandout& handout = response_.swarms(i);
    // Of one address family, the machine's own: all members have one size.
    if (handout.added().size() > 1) {
      reply.members += (handout.added().size() - 1) / kPackedMemberIpv4Size;
    }
    KeepCookie(member, i);
  }
  return reply;
}

std::string BittorrentMembers::Request(std::size_t member) {
  const auto escaped = [](const std::string& bytes) {
    std::string text;
    for (const char byte : bytes) {
      absl::StrAppend(&text, "%", absl::Hex(static_cast<unsigned char>(byte), absl::kZeroPad2));
    }
    return text;
  };
  return absl::StrCat(
      "GET /announce?info_hash=",
      escaped(BytesOf(kSwarmSeed + member / swarm_size_, 24).substr(0, 20)),
      "&peer_id=", escaped(BytesOf(member, 24).substr(0, 20)), "&port=", PortOf(member),
      "&uploaded=0&downloaded=0&left=1&compact=1&numwant=50 HTTP/1.1\r\nHost: ", authority_,
      "\r\nConnection: keep-alive\r\n\r\n");
}

std::optional<AnnounceReply> BittorrentMembers::Read(std::size_t, absl::string_view message) {
  const std::optional<absl::string_view> interval = ValueAfter(message, "8:interval");
  const std::optional<absl::string_view> peers = ValueAfter(message, "5:peers");
  int seconds = 0;
  if (!interval || !peers || !absl::SimpleAtoi(*interval, &seconds)) return std::nullopt;
  constexpr std::size_t kCompactSize = 6;  // IPv4 address and port
  return AnnounceReply{
      .interval = Seconds(seconds), .memberships = 1, .members = peers->size() / kCompactSize};
}

}  // namespace shoal::bench
