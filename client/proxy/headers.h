// The header fields of a request or an answer, in order, names compared without case (RFC 9110, 5).
// Threads: a value.
#ifndef SHOAL_CLIENT_PROXY_HEADERS_H_
#define SHOAL_CLIENT_PROXY_HEADERS_H_

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace shoal::proxy {

// Whether `name` is a token (RFC 9110, 5.6.2): not empty, no separators, nothing outside ASCII.
bool IsHeaderName(absl::string_view name);
// Whether `value` holds no control character other than the tab: no CR, LF or NUL, so that no value
// can begin a header of its own. Bytes from 0x80 on are let through.
bool IsHeaderValue(absl::string_view value);

class Headers {
 public:
  using Field = std::pair<std::string, std::string>;  // name, value

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}
  explicit Headers(std::vector<Field> fields) : fields_(std::move(fields)) {}

  // The value of the first field called `name`; nullopt when there is none. The view lives as long
  // as this object is not changed.
  std::optional<absl::string_view> Find(absl::string_view name) const;
  bool Has(absl::string_view name) const { return Find(name).has_value(); }
  std::size_t Count(absl::string_view name) const;

  // Appends, whatever is there already. Any bytes are kept here; Exchange::SendHead refuses those
  // that may not be sent.
  void Add(absl::string_view name, absl::string_view value);
  // Replaces all fields of that name by one.
  void Set(absl::string_view name, absl::string_view value);
  void Remove(absl::string_view name);

  const std::vector<Field>& fields() const { return fields_; }
  std::size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<Field> fields_;
};

}  // namespace shoal::proxy

#endif  // SHOAL_CLIENT_PROXY_HEADERS_H_
