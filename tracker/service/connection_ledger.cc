#include "tracker/service/connection_ledger.h"

#include <algorithm>
#include <utility>

namespace shoal::service {

ConnectionLedger::ConnectionLedger(const ConnectionLimits& limits, std::vector<AddressBlock> exempt,
                                   const Clock& clock, IsOpen is_open)
    : limits_(limits), exempt_(std::move(exempt)), clock_(clock), is_open_(std::move(is_open)) {}

std::string ConnectionLedger::SourceOf(const Endpoint& peer) {
  constexpr std::size_t kIpv6NetworkSize = 8;
  return peer.address.size() == 16 ? peer.address.substr(0, kIpv6NetworkSize) : peer.address;
}

bool ConnectionLedger::IsExempt(const Endpoint& peer) const {
  return std::any_of(exempt_.begin(), exempt_.end(),
                     [&](const AddressBlock& block) { return block.Contains(peer.address); });
}

ConnectionLedger::Verdict ConnectionLedger::Judge(const Endpoint& peer) const {
  if (size_ >= limits_.in_all) return Verdict::kTooMany;
  const auto found = by_source_.find(SourceOf(peer));
  const bool is_full = found != by_source_.end() && found->second >= limits_.per_source;
  return is_full && !IsExempt(peer) ? Verdict::kTooManyOfSource : Verdict::kAdmitted;
}

ConnectionLedger::Verdict ConnectionLedger::Admit(int socket, const Endpoint& peer) {
  const auto number = static_cast<std::size_t>(socket);
  if (number >= entries_.size()) entries_.resize(number + 1);
  Forget(entries_[number]);  // the system gives numbers of closed sockets only
  Verdict verdict = Judge(peer);
  if (verdict != Verdict::kAdmitted && clock_.Now() >= next_review_) {
    Review();
    verdict = Judge(peer);
  }
  if (verdict != Verdict::kAdmitted) return verdict;
  entries_[number] = peer;
  ++by_source_[SourceOf(peer)];
  ++size_;
  return verdict;
}

void ConnectionLedger::Review() {
  for (std::size_t number = 0; number < entries_.size(); ++number) {
    Endpoint& entry = entries_[number];
    if (!entry.address.empty() && !is_open_(static_cast<int>(number), entry)) Forget(entry);
  }
  next_review_ = clock_.Now() + kReviewPause;
}

void ConnectionLedger::VisitAll(
    absl::FunctionRef<void(int socket, const Endpoint& peer)> visit) const {
  for (std::size_t number = 0; number < entries_.size(); ++number) {
    if (!entries_[number].address.empty()) visit(static_cast<int>(number), entries_[number]);
  }
}

void ConnectionLedger::Forget(Endpoint& entry) {
  if (entry.address.empty()) return;
  --size_;
  const auto source = by_source_.find(SourceOf(entry));
  if (--source->second == 0) by_source_.erase(source);
  entry = {};
}

}  // namespace shoal::service
