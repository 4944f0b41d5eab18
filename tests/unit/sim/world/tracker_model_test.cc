#include "tests/sim/world/tracker_model.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace shoal::sim {
namespace {

TimePoint At(double s) { return TimePoint(Seconds(s)); }

PeerId IdOf(std::uint32_t viewer) {
  return *PeerId::FromBytes(std::string(PeerId::kSize, static_cast<char>('a' + viewer)));
}

class TrackerModelTest : public testing::Test, public TrackerListener {
 protected:
  void Begin() {
    network_.emplace(scenario_);
    for (int i = 0; i < 3; ++i) network_->AddViewer(1e6, 1e6);
    tracker_.emplace(scenario_, agenda_, *network_, *this);
  }
  void Announce(std::uint32_t viewer, core::AnnounceKind kind) {
    const SwarmId swarm = *SwarmId::FromBytes(std::string(SwarmId::kSize, 's'));
    tracker_->Announce(viewer, IdOf(viewer),
                       {.upload_class = static_cast<UploadClass>(10 + viewer),
                        .swarms = {{.stream = 4, .swarm = swarm, .kind = kind}}});
  }
  void RunUntil(TimePoint time) {
    Agenda::Entry entry;
    while (agenda_.Take(time, &entry)) tracker_->Handle(entry);
  }
  void OnAnnounceAnswered(std::uint32_t viewer, core::AnnounceAnswered answer) override {
    last_viewer_ = viewer;
    answers_.push_back(std::move(answer));
  }
  void OnAnnounceFailed(std::uint32_t) override { ++failures_; }

  Scenario scenario_;
  Agenda agenda_;
  std::optional<NetworkModel> network_;
  std::optional<TrackerModel> tracker_;
  std::vector<core::AnnounceAnswered> answers_;
  std::uint32_t last_viewer_ = 0;
  int failures_ = 0;
};

TEST_F(TrackerModelTest, HandsOutWhoIsThereAsTheyAnnouncedThemselves) {
  Begin();
  Announce(0, core::AnnounceKind::kStarted);
  RunUntil(At(1));
  Announce(1, core::AnnounceKind::kStarted);
  RunUntil(At(2));
  ASSERT_EQ(answers_.size(), 2u);
  EXPECT_TRUE(answers_[0].swarms[0].added.empty()) << "nobody is handed itself";
  const core::SwarmHandout& handout = answers_[1].swarms[0];
  EXPECT_EQ(handout.stream, 4u);
  EXPECT_EQ(handout.swarm_size, 2u);
  ASSERT_EQ(handout.added.size(), 1u);
  const Member& member = handout.added[0];
  EXPECT_EQ(member.id, IdOf(0));
  EXPECT_EQ(member.upload_class, 10);
  EXPECT_TRUE(member.can_be_dialled);
  EXPECT_EQ(ViewerAt(member.endpoint), 0u);
  EXPECT_NE(member.zone, 0);
  EXPECT_GE(answers_[1].interval, Seconds(15));
}

TEST_F(TrackerModelTest, FailsDuringAnOutage) {
  scenario_.faults.tracker = {{.begin = At(1), .length = Seconds(1)}};
  Begin();
  RunUntil(At(1.5));
  Announce(0, core::AnnounceKind::kStarted);
  RunUntil(At(2.5));
  EXPECT_EQ(failures_, 1);
  EXPECT_TRUE(answers_.empty());
}

TEST_F(TrackerModelTest, AnswersFromThePastIfHandoutsAreStale) {
  scenario_.faults.stale_handouts = Seconds(10);
  Begin();
  Announce(0, core::AnnounceKind::kStarted);
  RunUntil(At(5));
  Announce(1, core::AnnounceKind::kStarted);
  RunUntil(At(12));
  EXPECT_TRUE(answers_[1].swarms[0].added.empty()) << "the first was not there yet";
  Announce(0, core::AnnounceKind::kStopped);
  RunUntil(At(13));
  Announce(1, core::AnnounceKind::kRefresh);
  RunUntil(At(14));
  EXPECT_EQ(answers_[3].swarms[0].added.size(), 1u) << "it had not left yet";
  EXPECT_TRUE(answers_[2].swarms.empty()) << "who has stopped is told nothing";
}

TEST_F(TrackerModelTest, ForgetsThoseThatNoLongerCall) {
  Begin();
  Announce(0, core::AnnounceKind::kStarted);
  RunUntil(At(100));
  EXPECT_EQ(tracker_->membership().figures().members, 1u);
  tracker_->Expire();
  EXPECT_EQ(tracker_->membership().figures().members, 0u);
}

TEST(EndpointOf, NamesTheViewer) {
  for (const std::uint32_t viewer : {0u, 1u, 255u, 256u, 65'535u, 65'536u, 1'000'000u}) {
    EXPECT_EQ(ViewerAt(EndpointOf(viewer)), viewer);
  }
}

}  // namespace
}  // namespace shoal::sim
