#include "client/hls/text.h"

namespace shoal::hls {
namespace {

// How many bytes the UTF-8 sequence at the beginning of `text` has; 0 if it is none.
std::size_t SequenceSize(absl::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  // Bounds of the second byte; they exclude overlong forms, surrogates and what is too large.
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  std::size_t size = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    size = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    size = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    size = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (text.size() < size || byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return size;
}

}  // namespace

std::size_t FindNotUtf8(absl::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t size = SequenceSize(text.substr(at));
    if (size == 0) return at;
    at += size;
  }
  return absl::string_view::npos;
}

std::size_t FindControlCharacter(absl::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) continue;
    if (c == '\t' || c == '\n') continue;
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    return i;
  }
  return absl::string_view::npos;
}

}  // namespace shoal::hls
