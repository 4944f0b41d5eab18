// The pulls of one stream that were asked for and are not over, side by side: a dozen at most, and every
// look goes through them.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_OPEN_PULLS_H_
#define SHOAL_CLIENT_CORE_OPEN_PULLS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "client/core/link.h"
#include "client/core/optional_time.h"
#include "client/core/types.h"
#include "common/time/time.h"

namespace shoal::core {

// A pull that was asked of a peer and is not over.
struct OpenPull {
  Link* link = nullptr;
  PullId pull = 0;
  PieceIndex piece = 0;
  std::uint64_t sequence = 0;
  std::uint32_t next = 0;  // offset in the piece of the next byte to come
  std::uint32_t from = 0;  // where it began
  TimePoint asked{};
  TimePoint last_data{};
  // When the peer was told to send no more: what it had sent by then is still welcome.
  OptionalTime wound_down;
};

class OpenPulls {
 public:
  std::size_t size() const { return pulls_.size(); }
  // In the order of links; those of one link in that in which they were asked for.
  // REQUIRES: place < size().
  const OpenPull& operator[](std::size_t place) const { return pulls_[place]; }
  const OpenPull* begin() const { return pulls_.data(); }
  const OpenPull* end() const { return pulls_.data() + pulls_.size(); }

  // nullptr: there is none.
  OpenPull* Find(LinkId link, PullId pull) {
    for (OpenPull& open : pulls_) {
      if (open.pull == pull && open.link->id == link) return &open;
    }
    return nullptr;
  }
  const OpenPull* Find(LinkId link, PullId pull) const {
    return const_cast<OpenPulls*>(this)->Find(link, pull);
  }

  void Add(const OpenPull& pull) {
    const auto behind = std::upper_bound(
        pulls_.begin(), pulls_.end(), pull,
        [](const OpenPull& a, const OpenPull& b) { return a.link->id < b.link->id; });
    pulls_.insert(behind, pull);
    ++pull.link->pulls;
  }
  // REQUIRES: it is one of these.
  void Remove(const OpenPull& pull) {
    --pull.link->pulls;
    pulls_.erase(pulls_.begin() + (&pull - pulls_.data()));
  }
  void RemoveAll(Link& link) {
    std::erase_if(pulls_, [&link](const OpenPull& open) { return open.link == &link; });
    link.pulls = 0;
  }

  // Bytes that are still to come of the pulls of this link.
  std::uint32_t BytesAhead(const Link& link) const {
    std::uint32_t bytes = 0;
    if (link.pulls == 0) return bytes;
    for (const OpenPull& open : pulls_) {
      if (open.link == &link) bytes += kPieceSize - open.next;
    }
    return bytes;
  }

 private:
  std::vector<OpenPull> pulls_;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_OPEN_PULLS_H_
