// One run of the playlist fuzzer: everything that reads or rewrites a playlist, fed with `text`.
//
// Aborts, saying why, when a promise of client/hls is broken: errors have reasons, values are
// within their limits, rewriting keeps what it should. Threads: any.
#ifndef SHOAL_TESTS_FUZZ_PLAYLIST_FUZZER_H_
#define SHOAL_TESTS_FUZZ_PLAYLIST_FUZZER_H_

#include "absl/strings/string_view.h"

namespace shoal::hls {

void FuzzPlaylist(absl::string_view text);

}  // namespace shoal::hls

#endif  // SHOAL_TESTS_FUZZ_PLAYLIST_FUZZER_H_
