#include "client/announce/identity.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/atomic_file.h"
#include "common/base/sha256.h"

namespace shoal::announce {
namespace {

// A PEM file of such a key has about 250 bytes; one much larger is something else.
constexpr std::size_t kKeyFileBytesMax = 16 * 1024;

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;

absl::StatusOr<PeerId> IdOf(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) return absl::InternalError("OpenSSL cannot write a public key");
  const Sha256Digest digest =
      Sha256({{reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)}});
  OPENSSL_free(der);
  return *PeerId::FromBytes({reinterpret_cast<const char*>(digest.data()), PeerId::kSize});
}

absl::StatusOr<PeerIdentity> MakeIdentity() {
  const Key key(EVP_EC_gen("P-256"));
  const Bio out(BIO_new(BIO_s_mem()));
  if (!key || !out ||
      PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1) {
    return absl::InternalError("OpenSSL cannot make a key");
  }
  char* pem = nullptr;
  const long size = BIO_get_mem_data(out.get(), &pem);
  const absl::StatusOr<PeerId> id = IdOf(key.get());
  if (!id.ok()) return id.status();
  return PeerIdentity{*id, std::string(pem, static_cast<std::size_t>(size))};
}

// Never asks for a pass phrase: a key that needs one is an error.
int NoPassPhrase(char*, int, int, void*) { return -1; }

absl::StatusOr<PeerIdentity> ParseIdentity(const std::string& pem) {
  const Bio in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Key key(PEM_read_bio_PrivateKey(in.get(), nullptr, NoPassPhrase, nullptr));
  if (!key) return absl::DataLossError("holds no private key in PEM form");
  char group[32] = "";
  std::size_t group_size = 0;
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_EC ||
      EVP_PKEY_get_group_name(key.get(), group, sizeof(group), &group_size) != 1 ||
      absl::string_view(group) != "prime256v1") {
    return absl::DataLossError("holds a key that is not ECDSA P-256");
  }
  const absl::StatusOr<PeerId> id = IdOf(key.get());
  if (!id.ok()) return id.status();
  return PeerIdentity{*id, pem};
}

absl::StatusOr<PeerIdentity> LoadIdentity(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
  std::string pem(kKeyFileBytesMax, '\0');
  file.read(pem.data(), static_cast<std::streamsize>(pem.size()));
  if (file.bad()) return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
  pem.resize(static_cast<std::size_t>(file.gcount()));
  absl::StatusOr<PeerIdentity> identity = ParseIdentity(pem);
  if (identity.ok()) return identity;
  return absl::Status(identity.status().code(),
                      absl::StrCat(path, " ", identity.status().message(),
                                   "; delete it to start with a new identity"));
}

}  // namespace

absl::StatusOr<PeerIdentity> LoadOrCreateIdentity(absl::string_view state_dir) {
  if (state_dir.empty()) return MakeIdentity();

  namespace fs = std::filesystem;
  const fs::path dir{std::string(state_dir)};
  const std::string path = (dir / kKeyFileName).string();
  std::error_code error;
  const bool known = fs::exists(fs::symlink_status(path, error));
  if (known) return LoadIdentity(path);

  if (fs::create_directories(dir, error)) {
    fs::permissions(dir, fs::perms::owner_all, error);
  }
  if (error) {
    return absl::ErrnoToStatus(error.value(), absl::StrCat("cannot create ", state_dir));
  }
  absl::StatusOr<PeerIdentity> identity = MakeIdentity();
  if (!identity.ok()) return identity;
  const absl::Status written = WriteFileAtomically(path, identity->private_key_pem, 0600);
  if (!written.ok()) return written;
  return identity;
}

}  // namespace shoal::announce
