// One run of the peer fuzzer: a client with a stream open, its CDN and its player, and peers that
// send it whatever `script` says.
//
// The script is a sequence of steps: a byte, a length (2 bytes, little-endian), and so many bytes
// of a message as it stands on a link. The byte's bits: 0-1 the peer (3: none speaks), 2-3 how much
// time passes, 4 the CDN delivers, 5 the player asks for the next segment. What is missing at the
// end counts as empty.
//
// Aborts, saying why, when a promise of the link's converter or of the core is broken: what it
// sends can be decoded by a peer, only bytes held are sent, the cache's budget is kept, one event
// has a bounded number of actions, it does not wake itself without end. Threads: any.
#ifndef SHOAL_TESTS_FUZZ_PEER_FUZZER_H_
#define SHOAL_TESTS_FUZZ_PEER_FUZZER_H_

#include "absl/strings/string_view.h"

namespace shoal::peer {

void FuzzPeers(absl::string_view script);

}  // namespace shoal::peer

#endif  // SHOAL_TESTS_FUZZ_PEER_FUZZER_H_
