// The wire form of an answer's head (RFC 9112, 4 and 5). Threads: any.
#ifndef SHOAL_CLIENT_PROXY_ANSWER_HEAD_H_
#define SHOAL_CLIENT_PROXY_ANSWER_HEAD_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/proxy/headers.h"
#include "client/proxy/request.h"

namespace shoal::proxy {

// The usual words for a status ("Not Found"); empty for one without any.
absl::string_view ReasonPhrase(int status);

// Whether an answer of this status has no body, whatever its headers say (RFC 9110, 6.4.1).
bool IsBodyless(int status);

// Errors: kInvalidArgument, naming what is wrong, if a field or the status may not be sent.
absl::Status CheckHead(int status, const Headers& headers);

// Status line, `headers` without those that concern one connection only (also the ones that their
// Connection header names) and without Content-Length, Date and Server if they are not given, then
// `framing`, and the empty line. REQUIRES: CheckHead of both header lists is OK.
std::string FormatHead(int status, const Headers& headers, const Headers& framing);

// A whole answer to a request that reaches no handler: text/plain, and the connection ends with it.
// `with_body` is false when the request was HEAD.
std::string FormatErrorAnswer(int status, absl::string_view message, bool with_body);

}  // namespace shoal::proxy

#endif  // SHOAL_CLIENT_PROXY_ANSWER_HEAD_H_
