// One gRPC stream of encoded messages, whichever side opened it: queues what the loop wants sent,
// with one write in flight; keeps what arrived until the loop takes it, with one read in flight and
// none while the loop has enough to do; ends in good order.
//
// The gRPC reactor (StreamCalls) and this object own each other while the call lives; the reactor
// breaks that tie in OnDone by handing the stream to its `on_done`, so that both are destroyed
// where that puts them: on the loop. (gRPC joins its callback threads when the last channel dies,
// so none of them may destroy one.)
//
// Threads: as each group says. gRPC calls are started outside the lock, by one thread at a time and
//          in the order decided under it, so that gRPC may call back from within them.
#ifndef SHOAL_CLIENT_PEER_LINK_STREAM_H_
#define SHOAL_CLIENT_PEER_LINK_STREAM_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>
#include <grpcpp/support/status.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "client/core/types.h"
#include "client/peer/link_limits.h"
#include "client/peer/stream_totals.h"

namespace shoal::peer {

// What LinkStream needs of a gRPC reactor. Never two reads or two writes at once.
class StreamCalls {
 public:
  virtual ~StreamCalls() = default;
  virtual void Read(grpc::ByteBuffer* into) = 0;         // answered by ReadDone
  virtual void Write(const grpc::ByteBuffer* from) = 0;  // answered by WriteDone
  // The side that dialled: nothing more will be written.
  virtual void HalfClose() = 0;
  // Nothing more will be called but Cancel; the side that accepted ends the call. OnDone follows
  // once the other side has ended it too.
  virtual void Release() = 0;
  // Cuts the call. At any time, by any thread, also when it is over.
  virtual void Cancel() = 0;
};

// Of a message of Data: what it is for, and the bytes of its payload.
struct DataTag {
  core::PullId pull = 0;
  std::uint32_t payload = 0;
};

class LinkStream {
 public:
  enum class Side { kDialled, kAccepted };
  enum class Lane { kControl, kData };

  // Called on gRPC's threads; they only post to the loop.
  struct Callbacks {
    // TakeReceived has something. Not called again before TakeReceived.
    std::function<void(core::LinkId)> on_received;
    // The call is over and gRPC has let go of it. Called once, last.
    std::function<void(std::shared_ptr<LinkStream>)> on_done;
  };

  LinkStream(core::LinkId id, Side side, const LinkLimits& limits, Callbacks callbacks,
             std::shared_ptr<StreamTotals> totals);
  ~LinkStream();
  LinkStream(const LinkStream&) = delete;
  LinkStream& operator=(const LinkStream&) = delete;

  core::LinkId id() const { return id_; }

  // ---- Whoever opens the stream, once ----

  // Takes the reactor and begins to read. What the loop wants before waits until then.
  void Start(std::unique_ptr<StreamCalls> calls) ABSL_LOCKS_EXCLUDED(mu_);

  // ---- The loop ----

  // Queues a message; control goes before data. False, and nothing is queued, if that would be more
  // than may be queued on this link or on all.
  [[nodiscard]] bool Write(Lane lane, grpc::Slice message, DataTag tag = {})
      ABSL_LOCKS_EXCLUDED(mu_);
  // Drops the Data of this pull that is queued, and says how many bytes of payload that was. What
  // gRPC has begun to write goes out all the same.
  std::uint32_t DropData(core::PullId pull) ABSL_LOCKS_EXCLUDED(mu_);
  // Drops what is queued, writes `last` if there is one, then ends the call. What still arrives is
  // thrown away.
  void End(std::optional<grpc::Slice> last) ABSL_LOCKS_EXCLUDED(mu_);
  // Cuts the call.
  void Cancel() ABSL_LOCKS_EXCLUDED(mu_);

  // What arrived since the last call, in order. Call Handled with the same when it is dealt with:
  // reading goes on then.
  std::deque<grpc::ByteBuffer> TakeReceived() ABSL_LOCKS_EXCLUDED(mu_);
  void Handled(const std::deque<grpc::ByteBuffer>& messages) ABSL_LOCKS_EXCLUDED(mu_);

  std::size_t queued_bytes() const ABSL_LOCKS_EXCLUDED(mu_);
  // How the call ended. OK before it is done, and on the side that accepted.
  grpc::Status status() const ABSL_LOCKS_EXCLUDED(mu_);

  // ---- The reactor ----

  void ReadDone(bool ok) ABSL_LOCKS_EXCLUDED(mu_);
  void WriteDone(bool ok) ABSL_LOCKS_EXCLUDED(mu_);
  // The side that accepted: the call was cut. Reading goes on to its end, whatever the loop does.
  void Cut() ABSL_LOCKS_EXCLUDED(mu_);
  // `self` is this object; the reactor no longer holds it.
  static void Done(std::shared_ptr<LinkStream> self, const grpc::Status& status);

 private:
  struct Outgoing {
    grpc::Slice message;
    DataTag tag;
  };
  enum class Call { kNone, kRead, kWrite, kHalfClose, kRelease };

  // Starts gRPC calls until there is nothing to start, unless another thread is at it.
  void Drive() ABSL_LOCKS_EXCLUDED(mu_);
  // The next call to start; marks it as started.
  Call NextCall() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void StartCall(Call call);
  void DropQueues() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CountQueued(std::ptrdiff_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // Constant after construction.
  const core::LinkId id_;
  const Side side_;
  const std::size_t queued_max_;
  const std::size_t queued_max_over_all_;
  const std::size_t unhandled_max_;
  const Callbacks callbacks_;
  const std::shared_ptr<StreamTotals> totals_;

  // Constant once started_.
  std::unique_ptr<StreamCalls> calls_;

  // gRPC's while a read or write is in flight, else guarded by mu_.
  grpc::ByteBuffer reading_;
  grpc::ByteBuffer writing_;

  mutable absl::Mutex mu_;
  bool started_ ABSL_GUARDED_BY(mu_) = false;
  bool cancel_wanted_ ABSL_GUARDED_BY(mu_) = false;  // before it was started
  bool driving_ ABSL_GUARDED_BY(mu_) = false;
  bool read_in_flight_ ABSL_GUARDED_BY(mu_) = false;
  bool write_in_flight_ ABSL_GUARDED_BY(mu_) = false;
  bool read_closed_ ABSL_GUARDED_BY(mu_) = false;   // nothing more will arrive
  bool write_closed_ ABSL_GUARDED_BY(mu_) = false;  // nothing more can be sent
  bool ending_ ABSL_GUARDED_BY(mu_) = false;        // End was called
  bool cut_ ABSL_GUARDED_BY(mu_) = false;           // Cut was called
  bool released_ ABSL_GUARDED_BY(mu_) = false;
  bool received_told_ ABSL_GUARDED_BY(mu_) = false;  // on_received, since TakeReceived
  std::deque<Outgoing> control_ ABSL_GUARDED_BY(mu_);
  std::deque<Outgoing> data_ ABSL_GUARDED_BY(mu_);
  std::size_t queued_bytes_ ABSL_GUARDED_BY(mu_) = 0;  // also of the write in flight
  std::deque<grpc::ByteBuffer> received_ ABSL_GUARDED_BY(mu_);
  std::size_t unhandled_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  grpc::Status status_ ABSL_GUARDED_BY(mu_);
};

}  // namespace shoal::peer

#endif  // SHOAL_CLIENT_PEER_LINK_STREAM_H_
