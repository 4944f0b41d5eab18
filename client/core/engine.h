// All streams of one client, and what they share: the announces to the tracker, the upload budget,
// the cache. ClientCore is its public face.
// Threads: the loop's thread only.
#ifndef SHOAL_CLIENT_CORE_ENGINE_H_
#define SHOAL_CLIENT_CORE_ENGINE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "client/core/announce_timer.h"
#include "client/core/context.h"
#include "client/core/events.h"
#include "client/core/figures.h"
#include "client/core/ordered_table.h"
#include "client/core/stream.h"

namespace shoal::core {

class Engine final : public HeldBytes {
 public:
  // Streams followed at once; a further one is not followed (its requests are relayed).
  static constexpr std::size_t kStreamsMax = 64;
  // If time jumps by more than this while there was something to do, the device slept.
  static constexpr Duration kClockGap = Seconds(5);

  Engine(const CoreConfig& config, const PeerId& self, std::uint64_t seed);

  ActionList Handle(const Event& event, TimePoint now);
  std::optional<TimePoint> NextWakeup() const { return next_wakeup_; }
  UploadClass upload_class() const { return ctx_.uploader.upload_class(); }
  std::uint64_t cache_bytes() const { return ctx_.cache_bytes; }
  CoreFigures Figures() const;

  std::uint32_t Progress(const SegmentRef& segment, PieceIndex piece) const override;

 private:
  // One overload an event.
  void On(const StreamOpened& event);
  void On(const PlaylistLoaded& event);
  void On(const PlaylistFailed& event);
  void On(const PlaylistRequested& event);
  void On(const PlayerRequested& event);
  void On(const PlayerServed& event);
  void On(const PlayerGone& event);
  void On(const CdnResponded& event);
  void On(const CdnBytes& event);
  void On(const CdnFinished& event);
  void On(const LinkOpened& event);
  void On(const DialFailed& event);
  void On(const MessageReceived& event);
  void On(const LinkClosed& event);
  void On(const AnnounceAnswered& event);
  void On(const AnnounceFailed& event);
  void On(const TimerFired&) {}
  void On(const ShutdownRequested&);

  Stream* Find(StreamId id);
  void LookAll();
  void AnnounceIfDue();
  void AnnounceSoon();
  void CloseAbandoned();
  void EvictIfFull();
  void Upload();
  void NoticeClockGap(TimePoint now);
  std::optional<TimePoint> FindNextWakeup() const;

  // What each event touches.
  std::optional<TimePoint> next_wakeup_;  // as of the last event
  OrderedTable<StreamId, Stream> streams_;
  AnnounceTimer announce_timer_;
  bool announcing_ = false;
  bool shut_down_ = false;
  Context ctx_;

  std::map<RequestId, StreamId> request_streams_;
  std::set<StreamId> new_streams_;    // not announced yet
  std::vector<AnnouncedSwarm> left_;  // to be announced as stopped
  std::uint64_t announces_ = 0;
  std::uint64_t announces_failed_ = 0;
};

}  // namespace shoal::core

#endif  // SHOAL_CLIENT_CORE_ENGINE_H_
