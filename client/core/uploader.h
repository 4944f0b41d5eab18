// Serves the pulls of all links of this client from one upload budget.
//
//      Enqueue ──▶ queue of each link, oldest segment first ──▶ Pump ──▶ SendData
//                                                                ▲ Acked
//
// Who is sent to: links take turns, one Data message each. A link is served one piece at a time. If
// the piece in service has no further bytes yet (this client is still receiving it), another pull
// of that link is served meanwhile; within a pull bytes go out in order and without gaps.
//
// How much: what is sent and not acknowledged, over all links, stays within a window that keeps the
// line busy and its queue short (send_window.h). Transports swallow megabytes before they push back;
// without this bound queue figures and cancels would mean nothing on a slow line. Links that have
// work share that window equally, and none gets more than kLinkShareMax of it, so a slow receiver
// cannot fill it. One that acknowledges nothing for kAckPatience loses its turn: its bytes no longer
// count, nothing is sent to it, until it acknowledges something. The owner's cap, if any, is kept by
// a token bucket whose depth is a twentieth of a second's worth.
//
// Who is turned away: pulls that would wait behind more than kQueueMax. The first pull of an idle
// client is always accepted. Every accepted pull is served to its end unless it is cancelled, its
// link ends, its segment is dropped, or no byte of its piece arrives for kStarvedMax; in the last
// two cases a Reject says so.
//
// Payload bytes are what is counted. After Enqueue, Cancel, LinkGone, Dropped, Acked, and whenever
// bytes of a piece arrive that is pulled, call Pump; at NextWakeup() too.
//
// Cost: a Pump looks at the links that have work or owe acknowledgements, and allocates nothing but
// room in the caller's list.
//
// Ownership: copies what it keeps. Threads: not thread-safe. Time: `now` never decreases.
// Errors: whatever a peer does is answered by a Reject or ignored.
#ifndef SHOAL_CLIENT_CORE_UPLOADER_H_
#define SHOAL_CLIENT_CORE_UPLOADER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "client/core/actions.h"
#include "client/core/base_delay.h"
#include "client/core/in_flight.h"
#include "client/core/messages.h"
#include "client/core/ordered_table.h"
#include "client/core/send_window.h"
#include "client/core/token_bucket.h"
#include "client/core/types.h"
#include "client/core/upload_meter.h"
#include "common/base/upload_class.h"
#include "common/time/time.h"

namespace shoal::core {

// What this client holds of a piece: always a prefix.
class HeldBytes {
 public:
  virtual ~HeldBytes() = default;
  // Bytes held of the piece, from its first on. 0 for what is not known.
  virtual std::uint32_t Progress(const SegmentRef& segment, PieceIndex piece) const = 0;
};

// A peer asks for the bytes [from, piece_size) of a piece. All pulls of a link are of one stream.
struct PullRequest {
  LinkId link = 0;
  PullId pull = 0;
  SegmentRef segment;
  PieceIndex piece = 0;
  std::uint32_t from = 0;
  std::uint32_t piece_size = 0;  // of this piece: the last of a segment may be shorter
};

struct LinkReject {
  LinkId link = 0;
  Reject reject;
};

struct UploadFigures {
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_acked = 0;
  std::uint64_t rejects = 0;
  std::uint64_t turns_lost = 0;
};

class Uploader {
 public:
  // ---- Limits ----
  static constexpr Duration kQueueMax = Milliseconds(500);  // of upload, ahead of a new pull
  static constexpr std::size_t kPullsPerLinkMax = 8;
  static constexpr std::size_t kPullsMax = 256;
  static constexpr double kLinkShareMax = 0.75;  // of the window
  static constexpr Duration kAckPatience = Milliseconds(500);
  // The same while nobody acknowledges anything: then it is likely the own line that is slow.
  static constexpr Duration kSilencePatience = Seconds(1);
  // Of a piece still being received, at least this many bytes are sent at a time (or its rest),
  // unless no more arrive for kTricklePatience.
  static constexpr std::uint32_t kChunkMin = SendWindow::kMessageMin;
  static constexpr Duration kTricklePatience = Milliseconds(100);
  // A pull whose piece has got no byte for so long is rejected: its asker has long turned
  // elsewhere.
  static constexpr Duration kStarvedMax = Seconds(2);
  // What a busy Reject names: how long until the queue is gone, within these.
  static constexpr Duration kRetryMin = Milliseconds(50);
  static constexpr Duration kRetryMax = Seconds(1);
  // Depth of the bucket that keeps the cap, in time: so much more may pass in any one second.
  static constexpr double kCapBurstSeconds = 0.05;
  // A cap below this is as good as none: a piece would take seven seconds.
  static constexpr std::uint64_t kCapMin = 8'000;  // bytes per second
  // Upload taken for granted before anything is known: 0.8 Mbit/s. Low on purpose: the bytes that it
  // lets stand in a slow uplink's queue are ahead of the requests to the CDN, and a playback that
  // has just begun cannot wait for them. Each burst that goes out faster raises it, to twice itself
  // at most, so that a shaper which lets a burst pass does not make a slow line look fast.
  static constexpr double kAssumedRate = 100'000;  // bytes per second
  // Members that boast cannot make this client assume more than 10 Mbit/s.
  static constexpr double kAssumedRateMax = 1'250'000;  // bytes per second
  // The class changes when the measured upload is further than this from it, in steps of log2.
  static constexpr double kClassHysteresis = 0.75;

  // `cap`: bytes per second over all links; nullopt: none; below kCapMin: nothing is uploaded.
  explicit Uploader(std::optional<std::uint64_t> cap);
  Uploader(const Uploader&) = delete;
  Uploader& operator=(const Uploader&) = delete;

  // ---- Pulls ----

  // Accepts a pull, or says why not: kNoUpload (the owner forbids it), kBusy (queue or limits full,
  // or the link has lost its turn), kNotHeld (nothing to send in [from, piece_size)), kUnspecified
  // (a pull of this id is being served on this link; that one goes on).
  std::optional<Reject> Enqueue(const PullRequest& request, TimePoint now);

  // The asker no longer wants the rest. Unknown pulls are ignored: it may just have been finished.
  // `unsent`: bytes of it that Pump gave out but that never left; nobody will acknowledge them.
  void Cancel(LinkId link, PullId pull, std::uint32_t unsent = 0);
  // The link ended. REQUIRES: called once for each link that ever pulled.
  void LinkGone(LinkId link);
  // The segment's bytes are gone, or no longer valid. Returns the rejects to send.
  [[nodiscard]] std::vector<LinkReject> Dropped(const SegmentRef& segment);

  // The peer received what the Ack says. False if that is more than it was sent: it lies. (The
  // excess is not counted.)
  bool Acked(LinkId link, const Ack& ack, TimePoint now);

  // Nothing is sent until then: the line is needed for something else.
  void RestUntil(TimePoint time) { rests_until_ = time; }

  // More bytes of some piece are held than at the last Pump.
  void BytesArrived() { touched_ = touched_ || jobs_ > 0; }

  // Whether Pump can do something now: another call came since the last one, or its time has come.
  bool Due(TimePoint now) const { return touched_ || (wakeup_ && *wakeup_ <= now); }
  // Appends what is to be sent now: SendData, and SendMessage with the Rejects of starved pulls.
  void Pump(TimePoint now, const HeldBytes& held, ActionList& out);
  // When Pump can do something without any other call before. As of the last Pump.
  std::optional<TimePoint> NextWakeup() const { return wakeup_; }

  // ---- Own upload ----

  // What to take for own upload until it is measured: the mean of the members' announced uploads.
  // Bytes per second, kAssumedRateMax at most; nothing or less restores kAssumedRate.
  void SetAssumedRate(double bytes_per_second);
  // Own upload, measured or assumed, within the cap. Bytes per second; 0 if nothing is uploaded.
  double rate() const;
  bool rate_known() const { return meter_.known(); }
  // What to announce: kUploadNone if nothing may be uploaded, kUploadUnknown until measured, then
  // the class of rate(), changed only when the rate has clearly left it.
  UploadClass upload_class() const { return class_; }
  // The class, if it has changed since the last call.
  std::optional<UploadClass> TakeClassChange();

  // ---- Figures ----

  // Accepted and not sent yet.
  std::uint64_t queued_bytes() const { return queued_; }
  // Sent and not acknowledged, by links that have their turn.
  std::uint64_t unacked_bytes() const { return unacked_; }
  // The bound of unacked_bytes() when something is sent.
  std::uint64_t window() const { return window_.Bytes(rate(), meter_.known()); }
  // How long what this client sends next, be it a request or TCP's acknowledgement of what it
  // receives, waits behind Data on a line that is no faster than own upload.
  Duration UplinkDelay() const;
  const UploadFigures& figures() const { return figures_; }

 private:
  struct Job {
    PullRequest request;
    std::uint32_t sent = 0;      // offset within the piece up to which it was sent
    std::uint32_t progress = 0;  // held of the piece, as last seen
    TimePoint progressed{};      // when that was first seen

    std::uint32_t rest() const { return request.piece_size - sent; }
  };
  struct Link {
    LinkId id = 0;
    std::vector<Job> jobs;     // the one in service, then by segment, then by arrival
    bool serving = false;      // the first of them is in service
    std::uint64_t queued = 0;  // sum of the jobs' rest()
    std::uint64_t unacked = 0;
    InFlight in_flight;  // the same, message by message
    BaseDelay base_delay;
    // Meaningful while unacked > 0. Since its last acknowledgement, or since the first un-acked byte
    // went out, others have so many bytes to acknowledge before it can be the next.
    TimePoint heard{};
    std::uint64_t others_before = 0;    // as a value of settled_ to be reached
    std::optional<TimePoint> passed{};  // when it was
    bool has_turn = true;
    bool in_ring = false;
    // For the Pump that is going on: the job that can be sent from, and how much of it.
    std::size_t ready_job = 0;
    std::uint32_t ready_bytes = 0;  // 0: none
  };
  enum class SendResult : std::uint8_t {
    kSent,
    kLinkFull,  // the link has its share of the window
    kFull,      // the window is full, or the cap reached: nobody can be sent to
  };

  static double BytesIn(Duration time, double rate) { return ToSeconds(time) * rate; }

  std::optional<RejectReason> ReasonToReject(const PullRequest& request) const;
  // What is sent before the last byte of this pull: links take turns.
  std::uint64_t QueuedAhead(const PullRequest& request) const;
  Reject MakeReject(PullId pull, RejectReason reason);
  void RemoveJob(Link& link, std::size_t index);
  void TakeTurnFrom(Link& link, TimePoint now);
  void GiveTurnTo(Link& link);
  void EnterRing(Link& link);
  void LeaveRing(std::size_t index);

  // Learns about the line from Data that was sent at `sent`.
  void TakeSample(Link& link, TimePoint sent, std::uint16_t received_ms, TimePoint now);
  // From now on the link is expected to acknowledge what it was sent.
  void ExpectAck(Link& link, TimePoint now);
  // When the link loses its turn if nobody acknowledges anything any more.
  TimePoint PatienceEnds(Link& link, TimePoint now);

  // The parts of Pump.
  void SweepRing(TimePoint now);
  void FindReady(Link& link, TimePoint now, const HeldBytes& held, ActionList& out);
  std::uint32_t ReadyBytes(Job& job, TimePoint now);
  void SendInTurn(TimePoint now, const HeldBytes& held, ActionList& out);
  SendResult Send(Link& link, std::uint64_t link_window, TimePoint now, ActionList& out);
  std::uint32_t ChunkMax() const;
  std::size_t ReadyLinks() const;
  void WakeAt(TimePoint time);
  void UpdateClass();

  // Constant after construction.
  const std::optional<std::uint64_t> cap_;  // 0: nothing is uploaded

  // What is asked after every event.
  std::optional<TimePoint> wakeup_;
  double assumed_rate_ = kAssumedRate;
  std::size_t jobs_ = 0;
  bool touched_ = false;  // since the last Pump
  bool class_changed_ = false;
  UploadClass class_;

  OrderedTable<LinkId, Link> links_;  // those that pulled, until LinkGone
  std::vector<Link*> ring_;           // those that have their turn and jobs or un-acked bytes
  std::size_t turn_ = 0;              // index in ring_ of the link whose turn is next
  std::uint64_t queued_ = 0;
  std::uint64_t queued_in_turn_ = 0;  // of links that have their turn
  std::size_t jobs_in_turn_ = 0;
  std::uint64_t unacked_ = 0;  // of links that have their turn
  std::uint64_t settled_ = 0;  // bytes acknowledged, or taken back before they left
  TimePoint last_ack_{};       // of anybody
  TimePoint rests_until_{};

  SendWindow window_;
  UploadMeter meter_;
  double proven_rate_ = 0;      // by bursts, while the meter knows nothing
  double classified_rate_ = 0;  // that class_ was last compared with
  std::optional<TokenBucket> bucket_;
  UploadFigures figures_;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_UPLOADER_H_
