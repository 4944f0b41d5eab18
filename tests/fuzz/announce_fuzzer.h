// One run of the announce fuzzer: calls to a tracker's membership as they come from the network,
// made as `script` says. There is a swarm of 58 already; limits are a little above.
//
// The script is a sequence of steps: a byte that tells what else happens, then, if its bit 4 is
// set, a byte with the size of x-forwarded-for and its text (a line break begins another header of
// that name), then two bytes with the size of a message, little-endian, and the AnnounceRequest as
// it stands on the wire. The first byte's bits:
//
//   0-1  who calls: 192.0.2.1, 198.51.100.2, 2001:db8::3, or the trusted proxy 10.0.0.9
//   2-3  time that passes before: none, 1 s, 20 s, 5 min
//   4    x-forwarded-for comes along
//   5    its cookies are replaced by the last that the tracker gave to whom it names
//   6    who calls is then tried, and cannot be dialled
//   7    first all whose time is up are removed
//
// What is missing at the end counts as empty.
//
// Aborts, saying why, when a promise is broken: what breaks a rule is refused and changes nothing,
// and else the tracker knows what a plain model knows (AnnounceModel), within its limits; answers
// have at most 50 members, those that there are, never the caller; changes add up to a whole handout; the
// journal is told of all; nobody says where another is; in the end all are forgotten. Threads: any.
#ifndef SHOAL_TESTS_FUZZ_ANNOUNCE_FUZZER_H_
#define SHOAL_TESTS_FUZZ_ANNOUNCE_FUZZER_H_

#include "absl/strings/string_view.h"

namespace shoal::service {

void FuzzAnnounces(absl::string_view script);

}  // namespace shoal::service

#endif  // SHOAL_TESTS_FUZZ_ANNOUNCE_FUZZER_H_
