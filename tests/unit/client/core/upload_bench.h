// An Uploader on a simulated line, with receivers that acknowledge: for its tests.
//
// Checks, whatever the test does, what must hold for every Data: it continues its pull without gap,
// was held, fits into a message, belongs to a live pull, and keeps the window.
#ifndef SHOAL_TESTS_UNIT_CLIENT_CORE_UPLOAD_BENCH_H_
#define SHOAL_TESTS_UNIT_CLIENT_CORE_UPLOAD_BENCH_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/core/uploader.h"
#include "common/time/time.h"

namespace shoal::core {

// Everything is held in full unless said otherwise.
class FakeHeldBytes final : public HeldBytes {
 public:
  void Set(std::uint64_t sequence, PieceIndex piece, std::uint32_t bytes) {
    progress_[{sequence, piece}] = bytes;
  }
  std::uint32_t Progress(const SegmentRef& segment, PieceIndex piece) const override {
    const auto it = progress_.find({segment.sequence, piece});
    return it == progress_.end() ? kPieceSize : it->second;
  }

 private:
  std::map<std::pair<std::uint64_t, PieceIndex>, std::uint32_t> progress_;
};

class UploadBench {
 public:
  using Key = std::pair<LinkId, PullId>;
  struct Sent {
    TimePoint time;
    LinkId link;
    PullId pull;
    std::uint32_t offset;
    std::uint32_t size;
  };

  explicit UploadBench(std::optional<std::uint64_t> cap = std::nullopt) : uploader(cap) {}

  // ---- The picture: set before use ----
  double line_rate = 1e9;                // bytes per second
  Duration delay = Milliseconds(5);      // from the line's end to a receiver
  Duration ack_delay = Milliseconds(5);  // from a receiver back
  std::set<LinkId> silent;               // receivers that acknowledge nothing
  std::map<LinkId, double> slow;         // bytes per second that a receiver takes in

  TimePoint now{Seconds(1000)};
  Uploader uploader;
  FakeHeldBytes held;

  // ---- Acts ----
  // Asks for piece `piece` of segment `sequence`. True if accepted; `last_reject` otherwise.
  bool Ask(LinkId link, PullId pull, std::uint64_t sequence, PieceIndex piece = 0,
           std::uint32_t from = 0, std::uint32_t piece_size = kPieceSize);
  void Cancel(LinkId link, PullId pull);
  void LinkGone(LinkId link);
  void Drop(std::uint64_t sequence);
  void Pump();
  // Lets time pass: acknowledgements arrive, the uploader wakes up when it wants to.
  void Run(Duration length);
  // Acknowledges now all that `link` was sent and has not acknowledged.
  void AckAll(LinkId link);

  // ---- Claims ----
  std::vector<Sent> sent;
  std::vector<LinkReject> rejects;  // by Pump or Drop
  Reject last_reject;
  // The links in the order in which they were sent to, one letter a Data: 'a' is link 1.
  std::string Turns() const;
  std::uint64_t SentTo(LinkId link) const;
  // How long what is sent now waits in the line.
  Duration line_queue() const { return std::max(line_free_ - now, Duration{}); }
  // Pulls accepted, and neither served to their end nor ended otherwise.
  std::size_t live_pulls() const { return live_.size(); }
  // The most bytes that went out in any interval of `length`.
  std::uint64_t MostSentWithin(Duration length) const;

 private:
  struct Live {
    std::uint64_t sequence;
    PieceIndex piece;
    std::uint32_t next;
    std::uint32_t piece_size;
  };

  void Check(const SendData& data);
  void Transmit(const SendData& data);
  void DeliverAcks();

  std::map<Key, Live> live_;
  std::multimap<TimePoint, std::pair<LinkId, std::uint32_t>> acks_;  // on their way
  std::map<LinkId, std::uint64_t> unacked_;
  TimePoint line_free_{};
  std::map<LinkId, TimePoint> receiver_free_;
};

}  // namespace shoal::core

#endif  // SHOAL_TESTS_UNIT_CLIENT_CORE_UPLOAD_BENCH_H_
