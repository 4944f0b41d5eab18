#include "client/proxy/headers.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace shoal::proxy {

bool IsHeaderName(absl::string_view name) {
  static constexpr absl::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains(kMarks, c);
  });
}

bool IsHeaderValue(absl::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return c == '\t' || !absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
}

std::optional<absl::string_view> Headers::Find(absl::string_view name) const {
  for (const Field& field : fields_) {
    if (absl::EqualsIgnoreCase(field.first, name)) return field.second;
  }
  return std::nullopt;
}

std::size_t Headers::Count(absl::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      fields_.begin(), fields_.end(),
      [name](const Field& field) { return absl::EqualsIgnoreCase(field.first, name); }));
}

void Headers::Add(absl::string_view name, absl::string_view value) {
  fields_.emplace_back(std::string(name), std::string(value));
}

void Headers::Set(absl::string_view name, absl::string_view value) {
  // Copies first: `value` may be a view of the field that is about to go.
  Field field{std::string(name), std::string(value)};
  Remove(field.first);
  fields_.push_back(std::move(field));
}

void Headers::Remove(absl::string_view name) {
  std::erase_if(fields_,
                [name](const Field& field) { return absl::EqualsIgnoreCase(field.first, name); });
}

}  // namespace shoal::proxy
