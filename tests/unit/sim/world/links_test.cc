#include "tests/sim/world/links.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace shoal::sim {
namespace {

TimePoint At(std::int64_t ms) { return TimePoint(Milliseconds(ms)); }

// Two viewers, 10 ms apart, with up lines of 1 MB/s, wide down lines and no loss.
class LinksTest : public testing::Test, public LinkListener {
 protected:
  LinksTest() {
    scenario_.network.latency_min = scenario_.network.latency_max = Milliseconds(10);
    scenario_.network.loss = 0;
    network_.emplace(scenario_);
    links_.emplace(agenda_, *network_, *this, 64 * 1024);
    for (int i = 0; i < 2; ++i) {
      network_->AddViewer(1e6, 1e9);
      links_->AddViewer();
    }
  }

  void RunUntil(TimePoint time) {
    Agenda::Entry entry;
    while (agenda_.Take(time, &entry)) links_->Handle(entry);
  }
  // Opens a link from 0 to 1 and forgets how.
  void Open() {
    links_->Dial(0, 1, 0);
    RunUntil(At(100));
    log_.clear();
  }
  void Log(std::uint32_t viewer, const std::string& what) {
    log_.push_back(absl::StrCat(viewer, " ", what));
    when_.push_back(agenda_.now());
  }

  bool OnHello(std::uint32_t, std::uint32_t) override { return follows_; }
  void OnLinkOpened(std::uint32_t viewer, core::LinkId link, std::uint32_t, std::uint32_t peer,
                    UploadClass peer_class, bool dialled) override {
    link_[viewer] = link;
    Log(viewer, absl::StrCat(dialled ? "dialled " : "accepted ", peer, " of class ",
                             static_cast<int>(peer_class)));
    if (refuse_ && !dialled) links_->Close(link, core::ByeReason::kFull);
  }
  void OnDialFailed(std::uint32_t viewer, std::uint32_t, std::uint32_t,
                    core::ByeReason reason) override {
    Log(viewer, absl::StrCat("failed ", static_cast<int>(reason)));
  }
  void OnLinkMessage(std::uint32_t viewer, core::LinkId, core::LinkMessage&& message) override {
    const auto* data = std::get_if<core::Data>(&message);
    Log(viewer, data != nullptr ? absl::StrCat("data ", data->pull, " at ", data->offset)
                                : std::string("control"));
  }
  void OnLinkClosed(std::uint32_t viewer, core::LinkId, core::ByeReason reason) override {
    Log(viewer, absl::StrCat("closed ", static_cast<int>(reason)));
  }
  UploadClass ClassOf(std::uint32_t viewer) const override {
    return static_cast<UploadClass>(10 + viewer);
  }
  void OnSent(std::uint32_t, const WireSize&, std::uint32_t payload) override { sent_ += payload; }
  void OnOverflow(std::uint32_t, std::uint64_t) override { ++overflows_; }

  using Strings = std::vector<std::string>;

  Scenario scenario_;
  Agenda agenda_;
  std::optional<NetworkModel> network_;
  std::optional<Links> links_;
  bool follows_ = true;
  bool refuse_ = false;
  core::LinkId link_[2] = {};
  Strings log_;
  std::vector<TimePoint> when_;
  std::uint64_t sent_ = 0;
  int overflows_ = 0;
};

TEST_F(LinksTest, OpensAfterThreeRoundTrips) {
  links_->Dial(0, 1, 0);
  RunUntil(At(1000));
  EXPECT_EQ(log_, (Strings{"1 accepted 0 of class 10", "0 dialled 1 of class 11"}));
  EXPECT_NEAR(ToSeconds(when_[0].time_since_epoch()), 0.050, 0.001);
  EXPECT_NEAR(ToSeconds(when_[1].time_since_epoch()), 0.060, 0.001);
  EXPECT_NE(link_[0], link_[1]);
}

TEST_F(LinksTest, FailsAtOnceIfThePeerHasLeftAndAfterTheDialLimitIfNobodyAnswers) {
  links_->SetPresence(1, Presence::kRefuses);
  links_->Dial(0, 1, 0);
  RunUntil(At(30));
  EXPECT_EQ(log_, (Strings{"0 failed 0"}));
  links_->SetPresence(1, Presence::kSilent);
  links_->Dial(0, 1, 0);
  RunUntil(At(2029));
  EXPECT_EQ(log_.size(), 1u);
  RunUntil(At(2031));
  EXPECT_EQ(log_.size(), 2u);
  EXPECT_EQ(links_->open(), 0u) << "nothing is left of them";
}

TEST_F(LinksTest, IsToldThatThePeerIsNotInTheSwarm) {
  follows_ = false;
  links_->Dial(0, 1, 0);
  RunUntil(At(3000));
  EXPECT_EQ(log_, (Strings{"0 failed 3"}));
  EXPECT_EQ(links_->open(), 0u);
}

TEST_F(LinksTest, OpensAndClosesIfThePeerHasEnough) {
  refuse_ = true;
  links_->Dial(0, 1, 0);
  RunUntil(At(3000));
  EXPECT_EQ(log_, (Strings{"1 accepted 0 of class 10", "0 dialled 1 of class 11", "0 closed 4"}));
  EXPECT_EQ(links_->open(), 0u);
}

TEST_F(LinksTest, DeliversAfterTheLineAndTheLatency) {
  Open();
  links_->SendData(link_[0], {.pull = 9, .offset = 61'000, .size = 10'000});
  RunUntil(At(1000));
  EXPECT_EQ(log_, (Strings{"1 data 9 at 61000"}));
  EXPECT_NEAR(ToSeconds(when_.back() - At(100)), 0.020, 0.001);
  EXPECT_EQ(sent_, 10'000u);
}

TEST_F(LinksTest, LetsControlOvertakeOnlyWhatTheKernelHasNotTaken) {
  Open();
  // 64 KiB fit three of 16,384 bytes with their framing.
  for (core::PullId i = 1; i <= 6; ++i) links_->SendData(link_[0], {.pull = i, .size = 16'384});
  links_->Send(link_[0], core::Cancel{1});
  links_->Send(link_[0], core::Cancel{2});
  RunUntil(At(1000));
  EXPECT_EQ(log_, (Strings{"1 data 1 at 0", "1 data 2 at 0", "1 data 3 at 0", "1 control",
                           "1 control", "1 data 4 at 0", "1 data 5 at 0", "1 data 6 at 0"}));
}

TEST_F(LinksTest, DropsWhatWaitsWhenItIsClosedButNotWhatTheKernelTook) {
  Open();
  for (core::PullId i = 1; i <= 6; ++i) links_->SendData(link_[0], {.pull = i, .size = 16'384});
  links_->Close(link_[0], core::ByeReason::kLeaving);
  links_->SendData(link_[0], {.pull = 7, .size = 100});
  RunUntil(At(3000));
  EXPECT_EQ(log_, (Strings{"1 data 1 at 0", "1 data 2 at 0", "1 data 3 at 0", "1 closed 1"}));
  EXPECT_EQ(links_->open(), 0u);
}

TEST_F(LinksTest, SaysNothingWhenAPeerVanishes) {
  Open();
  links_->Vanish(1);
  links_->Send(link_[0], core::Cancel{1});
  RunUntil(At(5000));
  EXPECT_EQ(log_, Strings{});
  links_->Close(link_[0], core::ByeReason::kUnspecified);
  RunUntil(At(6000));
  EXPECT_EQ(links_->open(), 0u);
}

TEST_F(LinksTest, TellsOfMoreThanMayWait) {
  Open();
  links_->Vanish(1);  // so that its kernel acknowledges nothing
  for (core::PullId i = 1; i <= 66; ++i) links_->SendData(link_[0], {.pull = i, .size = 16'384});
  EXPECT_EQ(overflows_, 0);
  links_->SendData(link_[0], {.pull = 67, .size = 16'384});
  EXPECT_EQ(overflows_, 1);
}

TEST_F(LinksTest, KeepsTheOrderWhenSomethingIsLost) {
  scenario_.network.loss = 0.05;
  network_.emplace(scenario_);
  network_->AddViewer(1e6, 1e9);
  network_->AddViewer(1e6, 1e9);
  Open();
  ASSERT_NE(link_[0], 0u);
  Strings expected;
  for (core::PullId i = 1; i <= 40; ++i) {
    links_->SendData(link_[0], {.pull = i, .size = 1000});
    expected.push_back(absl::StrCat("1 data ", i, " at 0"));
  }
  const TimePoint begin = agenda_.now();
  RunUntil(At(10'000));
  EXPECT_EQ(log_, expected);
  EXPECT_GT(when_.back() - begin, Milliseconds(200)) << "one in twenty is lost";
}

}  // namespace
}  // namespace shoal::sim
