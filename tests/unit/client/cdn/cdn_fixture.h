// A CdnClient on a loop that the test turns, an origin, and a listener that writes everything down.
#ifndef SHOAL_TESTS_UNIT_CLIENT_CDN_CDN_FIXTURE_H_
#define SHOAL_TESTS_UNIT_CLIENT_CDN_CDN_FIXTURE_H_

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>  // before Asio, which forgets to include it

#include "absl/strings/string_view.h"
#include "client/cdn/cdn_client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/client/cdn/scripted_origin.h"

namespace shoal::cdn {

inline void PrintTo(FetchOutcome outcome, std::ostream* os) {
  const absl::string_view name = FetchOutcomeName(outcome);
  os->write(name.data(), static_cast<std::streamsize>(name.size()));
}

// Keeps what it hears, and then does what the test asks it to.
class Recorder : public FetchListener {
 public:
  struct Heard {
    std::optional<ResponseHead> head;
    std::string body;
    std::optional<FetchResult> result;
  };

  void OnHead(TransferId id, const ResponseHead& head) override {
    EXPECT_FALSE(in_call_from_test) << "called from within a call made to the client";
    EXPECT_FALSE(heard[id].head.has_value() || heard[id].result.has_value());
    heard[id].head = head;
    if (then_on_head) then_on_head(id);
  }
  void OnBody(TransferId id, absl::string_view bytes) override {
    EXPECT_FALSE(in_call_from_test) << "called from within a call made to the client";
    EXPECT_TRUE(heard[id].head.has_value() && !heard[id].result.has_value());
    EXPECT_FALSE(bytes.empty());
    heard[id].body.append(bytes.data(), bytes.size());
    if (then_on_body) then_on_body(id);
  }
  void OnDone(TransferId id, const FetchResult& result) override {
    EXPECT_FALSE(in_call_from_test) << "called from within a call made to the client";
    EXPECT_FALSE(heard[id].result.has_value());
    EXPECT_EQ(result.bytes, heard[id].body.size());
    EXPECT_EQ(result.outcome == FetchOutcome::kComplete, result.message.empty()) << result.message;
    heard[id].result = result;
    ++done;
    if (then_on_done) then_on_done(id);
  }

  std::map<TransferId, Heard> heard;
  int done = 0;
  bool in_call_from_test = false;
  std::function<void(TransferId)> then_on_head;
  std::function<void(TransferId)> then_on_body;
  std::function<void(TransferId)> then_on_done;
};

class CdnTest : public ::testing::Test {
 protected:
  explicit CdnTest(CdnOptions options = {}) : cdn_(std::in_place, io_, std::move(options)) {}

  TransferId Start(FetchRequest request) {
    recorder_.in_call_from_test = true;
    const TransferId id = cdn_->Start(std::move(request), &recorder_);
    recorder_.in_call_from_test = false;
    return id;
  }

  // Turns the loop until `condition` holds; false if it does not within some seconds.
  bool RunUntil(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      io_.restart();
      io_.run_one_for(std::chrono::milliseconds(20));
    }
    return true;
  }
  // Turns the loop as long as it has something to do at once.
  void RunReady() {
    io_.restart();
    io_.poll();
  }
  void RunFor(std::chrono::milliseconds duration) {
    io_.restart();
    io_.run_for(duration);
  }

  // Runs one transfer to its end.
  const Recorder::Heard& Fetch(FetchRequest request) {
    const TransferId id = Start(std::move(request));
    EXPECT_TRUE(RunUntil([&] { return recorder_.heard[id].result.has_value(); }));
    return recorder_.heard[id];
  }
  const Recorder::Heard& FetchPath(const std::string& path) {
    return Fetch(FetchRequest{.url = origin_.Url(path)});
  }

  boost::asio::io_context io_;
  ScriptedOrigin origin_;
  Recorder recorder_;
  std::optional<CdnClient> cdn_;
};

}  // namespace shoal::cdn

#endif  // SHOAL_TESTS_UNIT_CLIENT_CDN_CDN_FIXTURE_H_
