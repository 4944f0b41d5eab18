// EXT-X-KEY (RFC 8216, section 4.3.2.4). Threads: a value.
#ifndef SHOAL_CLIENT_HLS_ENCRYPTION_KEY_H_
#define SHOAL_CLIENT_HLS_ENCRYPTION_KEY_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "client/hls/attribute_list.h"

namespace shoal::hls {

// One key; a playlist may give several for the same segments, one for each KEYFORMAT.
struct EncryptionKey {
  enum class Method { kNone, kAes128, kSampleAes, kSampleAesCtr, kOther };

  Method method = Method::kNone;
  std::string uri;                // as written, variables substituted; empty only with kNone
  std::optional<std::string> iv;  // 16 bytes
  std::string key_format = "identity";
  std::string key_format_versions = "1";

  friend bool operator==(const EncryptionKey&, const EncryptionKey&) = default;

  static absl::StatusOr<EncryptionKey> Parse(const AttributeList& attributes, VariableScope& scope);
};

}  // namespace shoal::hls

#endif  // SHOAL_CLIENT_HLS_ENCRYPTION_KEY_H_
