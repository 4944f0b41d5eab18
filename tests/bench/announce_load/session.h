// One protocol on one connection: requests in, bytes out; bytes in, answers out. Sans-IO.
//
// Threads: not thread-safe.
#ifndef SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_SESSION_H_
#define SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_SESSION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

namespace shoal::bench {

class Session {
 public:
  // Chosen by the caller for each call, and given back with its answer.
  using Tag = std::uint64_t;
  // `message` is what the server answered, valid only during the call; empty unless `ok`.
  using Sink = absl::FunctionRef<void(Tag tag, bool ok, absl::string_view message)>;

  virtual ~Session() = default;

  virtual void Submit(Tag tag, std::string request) = 0;
  // Takes in what the server sent and tells `sink` of each answer that is complete, which may
  // submit further requests. False: the connection is of no further use.
  virtual bool Receive(absl::string_view bytes, Sink sink) = 0;
  // Appends what is to be sent. False: the connection is of no further use.
  virtual bool TakeOutput(std::string& out) = 0;
  // Whether the server has said that it closes the connection, and no call is under way.
  virtual bool finished() const = 0;
  // The calls that have no answer yet.
  virtual std::vector<Tag> Pending() const = 0;
};

}  // namespace shoal::bench

#endif  // SHOAL_TESTS_BENCH_ANNOUNCE_LOAD_SESSION_H_
