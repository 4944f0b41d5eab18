// Where the runtime's services put what happened, for the core.
#ifndef SHOAL_CLIENT_RUNTIME_EVENT_SINK_H_
#define SHOAL_CLIENT_RUNTIME_EVENT_SINK_H_

#include "absl/strings/string_view.h"
#include "client/core/events.h"

namespace shoal::runtime {

class EventSink {
 public:
  virtual ~EventSink() = default;

  // Has the core handle `event` and its actions carried out: before this returns, unless another
  // event is being handled, in which case right after that one. `payload` belongs to CdnBytes and
  // Data; it need not outlive the call.
  // Threads: loop thread only.
  virtual void Post(core::Event event, absl::string_view payload = {}) = 0;
};

}  // namespace shoal::runtime

#endif  // SHOAL_CLIENT_RUNTIME_EVENT_SINK_H_
