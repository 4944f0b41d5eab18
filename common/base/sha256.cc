#include "common/base/sha256.h"

#include <openssl/evp.h>

#include <memory>

namespace shoal {

Sha256Digest Sha256(std::initializer_list<absl::string_view> parts) {
  // Fetching the algorithm costs more than hashing a short string with it, so it is done once, and
  // each thread keeps one context. Failure here means memory is gone; there is no error to return.
  static const EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
      EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  Sha256Digest digest{};
  EVP_DigestInit_ex(context.get(), kAlgorithm, nullptr);
  for (absl::string_view part : parts) {
    EVP_DigestUpdate(context.get(), part.data(), part.size());
  }
  EVP_DigestFinal_ex(context.get(), digest.data(), nullptr);
  return digest;
}

}  // namespace shoal
