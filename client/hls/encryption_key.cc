#include "client/hls/encryption_key.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/hls/parse_error.h"

namespace shoal::hls {
namespace {

EncryptionKey::Method MethodOf(absl::string_view name) {
  using enum EncryptionKey::Method;
  if (name == "NONE") return kNone;
  if (name == "AES-128") return kAes128;
  if (name == "SAMPLE-AES") return kSampleAes;
  if (name == "SAMPLE-AES-CTR") return kSampleAesCtr;
  return kOther;
}

constexpr std::size_t kIvBytes = 16;

}  // namespace

absl::StatusOr<EncryptionKey> EncryptionKey::Parse(const AttributeList& attributes,
                                                   VariableScope& scope) {
  EncryptionKey key;
  const std::optional<absl::string_view> method = attributes.EnumeratedString("METHOD");
  if (!method) return ParseError(ParseErrorReason::kMissingAttribute, "METHOD is missing");
  key.method = MethodOf(*method);
  if (key.method == Method::kNone) return key;

  absl::StatusOr<std::string> uri = attributes.RequiredQuotedString("URI", scope);
  if (!uri.ok()) return uri.status();
  key.uri = *std::move(uri);

  auto iv = attributes.HexSequence("IV", scope);
  if (!iv.ok()) return iv.status();
  if (iv->has_value() && (*iv)->size() != kIvBytes) {
    return ParseError(ParseErrorReason::kBadHex,
                      absl::StrCat("IV has ", (*iv)->size(), " bytes instead of ", kIvBytes));
  }
  key.iv = *std::move(iv);

  auto format = attributes.QuotedString("KEYFORMAT", scope);
  if (!format.ok()) return format.status();
  if (format->has_value()) key.key_format = **std::move(format);
  auto versions = attributes.QuotedString("KEYFORMATVERSIONS", scope);
  if (!versions.ok()) return versions.status();
  if (versions->has_value()) key.key_format_versions = **std::move(versions);
  return key;
}

}  // namespace shoal::hls
