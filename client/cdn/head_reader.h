// Reads the head of an HTTP answer line by line, as curl hands it out, within limits.
//
// Threads: not thread-safe.
#ifndef SHOAL_CLIENT_CDN_HEAD_READER_H_
#define SHOAL_CLIENT_CDN_HEAD_READER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "client/cdn/fetch.h"

namespace shoal::cdn {

class HeadReader {
 public:
  enum class State : std::uint8_t {
    kReading,   // more lines are to come
    kComplete,  // the head of the final answer is there; whatever follows (trailers) is ignored
    kRefused,   // not a head, or beyond kHeaderBytesMax or kHeaderCountMax; see problem()
  };

  // Takes the next line, line end included. Interim answers (1xx) are skipped, but their bytes
  // count.
  State Take(absl::string_view line);

  State state() const { return state_; }
  const std::string& problem() const { return problem_; }

  // REQUIRES of the rest: state() == kComplete.
  int status() const { return status_; }
  bool http2() const { return http2_; }
  Headers& headers() { return headers_; }
  // Of the body, from Content-Length; nullopt if there is none or the body is chunked.
  std::optional<std::uint64_t> content_length() const { return content_length_; }

 private:
  State Refuse(std::string problem);
  State TakeStatusLine(absl::string_view line);
  State TakeField(absl::string_view line);
  State TakeEnd();

  State state_ = State::kReading;
  std::string problem_;
  std::size_t bytes_ = 0;
  int status_ = 0;  // 0: the status line is still to come
  bool http2_ = false;
  Headers headers_;
  std::optional<std::uint64_t> content_length_;
};

}  // namespace shoal::cdn

#endif  // SHOAL_CLIENT_CDN_HEAD_READER_H_
