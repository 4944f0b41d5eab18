// What linked peers say of the pieces they hold, and of what they heard: taken over into the books, and
// passed on where it is news.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_HEARING_H_
#define SHOAL_CLIENT_CORE_HEARING_H_

#include "client/core/stream_state.h"
#include "client/core/teller.h"

namespace shoal::core {

class Hearing {
 public:
  Hearing(StreamState& state, Teller& teller) : s_(state), teller_(teller) {}

  // Takes over what a peer says it holds and what it heard. Calls `learn_length(segment, length)`
  // for listed segments whose length the peer knows. Returns whether that may change what this
  // client does: the news are of pieces that it misses and does not get.
  template <typename LearnLength>
  bool Hear(Link& link, const Progress& progress, LearnLength learn_length) {
    bool matters = false;
    if (progress.upload_class) {
      matters = true;
      HearClass(link, *progress.upload_class);
    }
    for (const SegmentProgress& news : progress.segments) {
      Segment* segment = s_.table.FindKey(news.key);
      Apply(link, news, segment);
      if (segment == nullptr) {
        if (news.dropped) continue;
        s_.poller.Grown();
        matters = true;
        continue;
      }
      if (news.length != 0) learn_length(*segment, news.length);
      matters = matters || Matters(*segment, news);
      HearGossip(link, *segment, news);
    }
    return matters;
  }

 private:
  void HearClass(Link& link, UploadClass upload_class);
  // Enters the news in the peer's view. `segment`: the one they are of; nullptr if it is not listed.
  void Apply(Link& link, const SegmentProgress& news, Segment* segment);
  static bool Matters(const Segment& segment, const SegmentProgress& news);
  void HearGossip(const Link& link, Segment& segment, const SegmentProgress& news);
  // Somebody who can upload had the piece when these news were born.
  void Heard(Segment& segment, PieceIndex index, TimePoint born);
  // The last linked peer that provided the piece does not any more: what was heard of it is void.
  void Unhear(Segment& segment, PieceIndex piece);

  StreamState& s_;
  Teller& teller_;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_HEARING_H_
