// Announces of BitTorrent trackers over HTTP/1.1 (BEP 3, BEP 23), one at a time on a connection, for
// comparison. Serves as long as the server keeps the connection.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_HTTP_SESSION_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_HTTP_SESSION_H_

#include <cstddef>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/bench/announce_load/session.h"

namespace shoal::bench {

class HttpSession final : public Session {
 public:
  // Not `keep`: for one announce only, since some servers close without saying so.
  explicit HttpSession(bool keep) : keep_(keep) {}

  // `request`: a whole request without a body. The answer is the body.
  void Submit(Tag tag, std::string request) override;
  bool Receive(absl::string_view bytes, Sink sink) override;
  bool TakeOutput(std::string& out) override;
  bool finished() const override { return closing_ && waiting_.empty() && !under_way_; }
  std::vector<Tag> Pending() const override;

 private:
  // Takes one answer off the front of received_. False: more must come first.
  bool TakeAnswer(Sink sink);

  const bool keep_;
  std::deque<std::pair<Tag, std::string>> waiting_;
  bool under_way_ = false;
  Tag tag_ = 0;  // of the one under way
  std::string received_;
  bool closing_ = false;
  bool broken_ = false;
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_HTTP_SESSION_H_
