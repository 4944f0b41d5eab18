// An announce as it came over the wire, checked and turned into what membership understands.
// Threads: any.
#ifndef SHOAL_TRACKER_SERVICE_ANNOUNCE_REQUEST_H_
#define SHOAL_TRACKER_SERVICE_ANNOUNCE_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shoal/v1/tracker.pb.h"
#include "tracker/membership/membership.h"

namespace shoal::service {

// Limits of proto/shoal/v1/tracker.proto. A call that breaks one is refused as a whole.
inline constexpr int kSwarmsPerAnnounceMax = 64;
inline constexpr std::size_t kCookieSizeMax = 16;
inline constexpr std::uint32_t kPortMax = 65535;
// Bytes of a whole request. The largest that keeps the limits above has about 3 KB.
inline constexpr int kAnnounceRequestSizeMax = 16 * 1024;

// The call that `request` makes, if it keeps the limits; kInvalidArgument, naming the field and the
// numbers, if not. `address`, from which it came, has 4 or 16 bytes, and is in `zone`. The call
// borrows the cookies of `request`.
absl::StatusOr<membership::AnnounceCall> ParseAnnounceRequest(const v1::AnnounceRequest& request,
                                                              std::string address,
                                                              std::uint16_t zone);

}  // namespace shoal::service

#endif  // SHOAL_TRACKER_SERVICE_ANNOUNCE_REQUEST_H_
