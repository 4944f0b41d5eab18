// Common Media Client Data (CTA-5004): what a player tells about itself with each request, in the
// query argument "CMCD" or in the headers CMCD-Request, -Object, -Status and -Session.
//
// Lenient: what is malformed, out of bounds or of unknown name is passed over, for it is a hint and
// players err. Threads: any.
#ifndef SHOAL_CLIENT_PROXY_CMCD_H_
#define SHOAL_CLIENT_PROXY_CMCD_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "client/proxy/request.h"
#include "common/time/time.h"

namespace shoal::proxy {

// Values above these are nonsense and passed over.
inline constexpr Duration kCmcdDurationMax = Seconds(24 * 3600);
inline constexpr double kCmcdPlaybackRateMax = 100;

struct Cmcd {
  std::optional<Duration> buffer_length;  // bl, milliseconds on the wire
  std::optional<Duration> deadline;       // dl, milliseconds on the wire
  std::optional<double> playback_rate;    // pr; 0: paused

  bool empty() const { return !buffer_length && !deadline && !playback_rate; }
  friend bool operator==(const Cmcd&, const Cmcd&) = default;
};

// From the decoded text: "bl=21300,dl=18500,pr=1.08,sid=\"6e2f\"". Of a repeated key the last
// counts.
Cmcd ParseCmcd(absl::string_view text);

// From wherever the request carries it; a header's word counts above the query's.
Cmcd CmcdOf(const Request& request);

}  // namespace shoal::proxy

#endif  // SHOAL_CLIENT_PROXY_CMCD_H_
