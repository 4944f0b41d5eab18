// Who this client is: an ECDSA P-256 key and the peer id that follows from it.
//
// The key lies in STATE_DIR/peer_key.pem (PKCS#8, mode 0600), made on first start. Delete the file
// to become somebody else. Threads: any.
#ifndef SHOAL_CLIENT_ANNOUNCE_IDENTITY_H_
#define SHOAL_CLIENT_ANNOUNCE_IDENTITY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/ids.h"

namespace shoal::announce {

inline constexpr char kKeyFileName[] = "peer_key.pem";

struct PeerIdentity {
  // First 16 bytes of SHA-256 over the DER SubjectPublicKeyInfo of the key.
  PeerId id;
  // The private key, PEM PKCS#8. Never log it.
  std::string private_key_pem;
};

// The identity kept in `state_dir`, made there if there is none; the directory is created (mode
// 0700) if missing. An empty `state_dir` gives a new identity that is kept nowhere. Errors name the
// file; one that cannot be read, is no key, or is a key of another kind is never overwritten.
absl::StatusOr<PeerIdentity> LoadOrCreateIdentity(absl::string_view state_dir);

}  // namespace shoal::announce

#endif  // SHOAL_CLIENT_ANNOUNCE_IDENTITY_H_
