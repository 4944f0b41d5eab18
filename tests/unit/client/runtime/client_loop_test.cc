#include "client/runtime/client_loop.h"

#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/ids.h"
#include "gtest/gtest.h"
#include "tests/unit/client/runtime/fakes.h"

namespace shoal::runtime {
namespace {

// Calls back for each action of one kind, and remembers all.
class FakeExecutor final : public ActionExecutor {
 public:
  void Execute(const core::Action& action, absl::string_view payload) override {
    indices.push_back(action.index());
    payloads.emplace_back(payload);
    if (on_action) on_action(action);
  }
  template <class A>
  bool Has() const {
    const std::size_t index = core::Action(A{}).index();
    for (std::size_t i : indices) {
      if (i == index) return true;
    }
    return false;
  }

  std::vector<std::size_t> indices;
  std::vector<std::string> payloads;
  std::function<void(const core::Action&)> on_action;
};

class ClientLoopTest : public testing::Test {
 protected:
  core::PlaylistLoaded Listing() const {
    core::PlaylistLoaded loaded{.stream = 1, .first_sequence = 1, .target_duration = Seconds(2)};
    loaded.segments.push_back({.key = *SegmentKey::FromBytes("12345678"), .duration = Seconds(2)});
    return loaded;
  }
  // A player asks, which makes the core fetch from the CDN.
  void AskForSegment() {
    loop_.Post(core::StreamOpened{.stream = 1, .swarm = {}});
    loop_.Post(Listing());
    loop_.Post(core::PlayerRequested{.request = 1, .player = 1, .segment = {1, 1}, .hints = {}});
  }

  boost::asio::io_context io_;
  FakeClock clock_;
  FakeExecutor executor_;
  core::ClientCore core_{
      {.assignment = core::AssignmentKind::kOff, .has_tracker = false}, PeerId(), 1};
  ClientLoop loop_{io_, clock_, core_, executor_};
};

TEST_F(ClientLoopTest, CarriesOutWhatTheCoreWants) {
  AskForSegment();
  EXPECT_TRUE(executor_.Has<core::FetchFromCdn>());
}

TEST_F(ClientLoopTest, EventsRaisedByActionsWaitUntilTheActionsAreDone) {
  std::string order;
  executor_.on_action = [&](const core::Action& action) {
    if (!std::holds_alternative<core::FetchFromCdn>(action) || !order.empty()) return;
    order += "fetch ";
    loop_.Post(
        core::CdnResponded{.fetch = std::get<core::FetchFromCdn>(action).fetch, .total_length = 3});
    loop_.Post(core::CdnBytes{.fetch = std::get<core::FetchFromCdn>(action).fetch, .size = 3},
               std::string("abc"));
    order += "returned ";
  };
  AskForSegment();
  EXPECT_EQ(order, "fetch returned ");
  ASSERT_TRUE(executor_.Has<core::StoreBytes>());
  const std::size_t store = core::Action(core::StoreBytes{}).index();
  for (std::size_t i = 0; i < executor_.indices.size(); ++i) {
    if (executor_.indices[i] == store) {
      EXPECT_EQ(executor_.payloads[i], "abc");
    }
  }
}

TEST_F(ClientLoopTest, WakesTheCoreWhenItWants) {
  AskForSegment();
  loop_.Post(Listing());  // so soon after the look before that the core puts the next one off
  ASSERT_TRUE(core_.NextWakeup().has_value());
  const std::uint64_t before = loop_.events();
  clock_.now = *core_.NextWakeup();
  while (loop_.events() == before && io_.run_one_for(std::chrono::seconds(5)) > 0) {
  }
  EXPECT_EQ(loop_.events(), before + 1);
}

TEST_F(ClientLoopTest, AfterStopNothingHappens) {
  AskForSegment();
  loop_.Stop();
  const std::uint64_t before = loop_.events();
  loop_.Post(core::TimerFired{});
  io_.run();  // nothing is left to wait for
  EXPECT_EQ(loop_.events(), before);
}

}  // namespace
}  // namespace shoal::runtime
