// The order of gRPC calls, with a reactor that does nothing until a test says so.
#include "client/peer/link_stream.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace shoal::peer {
namespace {

// Writes each call as a letter: R(ead), W(rite), H(alf close), E(nd), C(ancel).
class FakeCalls final : public StreamCalls {
 public:
  explicit FakeCalls(std::string* log, std::vector<std::string>* written)
      : log_(log), written_(written) {}

  void Read(grpc::ByteBuffer* into) override {
    log_->push_back('R');
    reading = into;
  }
  void Write(const grpc::ByteBuffer* from) override {
    log_->push_back('W');
    grpc::Slice slice;
    static_cast<void>(from->DumpToSingleSlice(&slice));
    written_->emplace_back(slice.begin(), slice.end());
  }
  void HalfClose() override { log_->push_back('H'); }
  void Release() override { log_->push_back('E'); }
  void Cancel() override { log_->push_back('C'); }

  grpc::ByteBuffer* reading = nullptr;

 private:
  std::string* const log_;
  std::vector<std::string>* const written_;
};

class LinkStreamTest : public testing::Test {
 protected:
  void Start(LinkStream::Side side, const LinkLimits& limits = {}) {
    Make(side, limits);
    StartCalls();
  }
  void Make(LinkStream::Side side, const LinkLimits& limits = {}) {
    stream = std::make_shared<LinkStream>(
        7, side, limits,
        LinkStream::Callbacks{[this](core::LinkId) { ++told; },
                              [this](std::shared_ptr<LinkStream> ended) { done = ended; }},
        totals);
  }
  void StartCalls() {
    auto made = std::make_unique<FakeCalls>(&log, &written);
    calls = made.get();
    stream->Start(std::move(made));
  }
  bool Write(LinkStream::Lane lane, const std::string& bytes) {
    return stream->Write(lane, grpc::Slice(bytes.data(), bytes.size()));
  }
  void Arrive(const std::string& bytes) {
    grpc::Slice slice(bytes.data(), bytes.size());
    grpc::ByteBuffer(&slice, 1).Swap(calls->reading);
    stream->ReadDone(true);
  }

  std::shared_ptr<StreamTotals> totals = std::make_shared<StreamTotals>();
  std::string log;
  std::vector<std::string> written;
  int told = 0;
  std::shared_ptr<LinkStream> done;
  std::shared_ptr<LinkStream> stream;
  FakeCalls* calls = nullptr;
};

constexpr auto kControl = LinkStream::Lane::kControl;
constexpr auto kData = LinkStream::Lane::kData;

TEST_F(LinkStreamTest, WritesAtOnceIfNothingIsInFlight) {
  Start(LinkStream::Side::kDialled);
  EXPECT_TRUE(Write(kData, "data"));
  EXPECT_EQ(log, "RW");
}

TEST_F(LinkStreamTest, WhatIsWantedBeforeTheStartWaitsForIt) {
  Make(LinkStream::Side::kAccepted);
  EXPECT_TRUE(Write(kData, "data"));
  stream->Cancel();
  EXPECT_EQ(log, "");
  StartCalls();
  EXPECT_EQ(log, "CWR");
}

TEST_F(LinkStreamTest, WritesOneAtATimeControlFirst) {
  Start(LinkStream::Side::kDialled);
  for (const char* bytes : {"d1", "d2", "d3"}) EXPECT_TRUE(Write(kData, bytes));
  for (const char* bytes : {"c1", "c2"}) EXPECT_TRUE(Write(kControl, bytes));
  EXPECT_EQ(stream->queued_bytes(), 10u);
  for (int i = 0; i < 5; ++i) stream->WriteDone(true);
  EXPECT_EQ(written, (std::vector<std::string>{"d1", "c1", "c2", "d2", "d3"}));
  EXPECT_EQ(stream->queued_bytes(), 0u);
  EXPECT_EQ(totals->queued_bytes().load(), 0u);
}

TEST_F(LinkStreamTest, DropsTheDataOfOnePullButForWhatIsBeingWritten) {
  Start(LinkStream::Side::kDialled);
  const auto write = [this](core::PullId pull, const std::string& bytes) {
    return stream->Write(kData, grpc::Slice(bytes), {.pull = pull, .payload = 2});
  };
  ASSERT_TRUE(write(1, "h-1a") && write(1, "h-1b") && write(2, "h-2a") && write(1, "h-1c"));
  EXPECT_TRUE(Write(kControl, "c"));
  EXPECT_EQ(stream->DropData(1), 4u) << "payload of 1b and 1c";
  EXPECT_EQ(stream->queued_bytes(), 9u) << "1a, 2a and the control message";
  EXPECT_EQ(totals->queued_bytes().load(), 9u);
  EXPECT_EQ(stream->DropData(1), 0u);
  for (int i = 0; i < 3; ++i) stream->WriteDone(true);
  EXPECT_EQ(written, (std::vector<std::string>{"h-1a", "c", "h-2a"}));
  EXPECT_EQ(stream->queued_bytes(), 0u);
}

TEST_F(LinkStreamTest, QueueTakesBytesUpToItsLimit) {
  LinkLimits limits;
  limits.queued_bytes_per_link = 10;
  Start(LinkStream::Side::kDialled, limits);
  EXPECT_TRUE(Write(kData, "12345"));
  EXPECT_TRUE(Write(kControl, "67890"));
  EXPECT_FALSE(Write(kControl, "x"));
  stream->WriteDone(true);
  EXPECT_TRUE(Write(kControl, "x"));
}

TEST_F(LinkStreamTest, TellsOnceOfWhatWasReceived) {
  Start(LinkStream::Side::kAccepted);
  Arrive("one");
  Arrive("two");
  EXPECT_EQ(told, 1);
  EXPECT_EQ(stream->TakeReceived().size(), 2u);
  Arrive("three");
  EXPECT_EQ(told, 2);
}

TEST_F(LinkStreamTest, ReadsOnOnlyWhenTheLoopHasHandledWhatCame) {
  LinkLimits limits;
  limits.unhandled_bytes_per_link = 1000;  // three messages with what each costs
  Start(LinkStream::Side::kAccepted, limits);
  for (int i = 0; i < 3; ++i) Arrive(std::string(100, 'x'));
  EXPECT_EQ(log, "RRR");
  const auto received = stream->TakeReceived();
  EXPECT_EQ(log, "RRR") << "taken is not handled";
  stream->Handled(received);
  EXPECT_EQ(log, "RRRR");
}

TEST_F(LinkStreamTest, EndOfADialledStreamHalfClosesAndWaitsForTheOther) {
  Start(LinkStream::Side::kDialled);
  EXPECT_TRUE(Write(kData, "in flight"));
  EXPECT_TRUE(Write(kData, "dropped"));
  stream->End(grpc::Slice(std::string("bye")));
  EXPECT_EQ(log, "RW");
  stream->WriteDone(true);
  EXPECT_EQ(written.back(), "bye");
  stream->WriteDone(true);
  EXPECT_EQ(log, "RWWH");
  Arrive("thrown away");
  EXPECT_EQ(log, "RWWHR");
  stream->ReadDone(false);
  EXPECT_EQ(log, "RWWHRE");
  EXPECT_EQ(told, 0);
}

TEST_F(LinkStreamTest, EndOfAnAcceptedStreamEndsTheCall) {
  Start(LinkStream::Side::kAccepted);
  stream->End(grpc::Slice(std::string("bye")));
  EXPECT_EQ(log, "RW");
  stream->WriteDone(true);
  EXPECT_EQ(log, "RWE");
  stream->ReadDone(false);
  EXPECT_EQ(log, "RWE");
}

TEST_F(LinkStreamTest, EndOfTheOtherSideReleasesOnceNothingIsInFlight) {
  Start(LinkStream::Side::kDialled);
  EXPECT_TRUE(Write(kData, "in flight"));
  stream->ReadDone(false);
  EXPECT_EQ(log, "RW");
  stream->WriteDone(false);
  EXPECT_EQ(log, "RWE");
  EXPECT_TRUE(Write(kData, "too late"));
  EXPECT_EQ(log, "RWE");
}

TEST_F(LinkStreamTest, WhatThePeerSaidBeforeItWentIsStillRead) {
  Start(LinkStream::Side::kDialled);
  EXPECT_TRUE(Write(kData, "lost"));
  stream->WriteDone(false);
  Arrive("its bye");
  EXPECT_EQ(stream->TakeReceived().size(), 1u);
  stream->ReadDone(false);
  EXPECT_EQ(log, "RWRE");
}

TEST_F(LinkStreamTest, CutStreamIsReadToItsEndThoughTheLoopStandsStill) {
  LinkLimits limits;
  limits.unhandled_bytes_per_link = 1;
  Start(LinkStream::Side::kAccepted, limits);
  Arrive("unhandled");
  EXPECT_EQ(log, "R");
  stream->Cut();
  EXPECT_EQ(log, "RR");
  stream->ReadDone(false);
  EXPECT_EQ(log, "RRE");
}

TEST_F(LinkStreamTest, DoneHandsTheStreamOverAndIsCounted) {
  Start(LinkStream::Side::kDialled);
  EXPECT_FALSE(totals->AwaitNone(Milliseconds(1)));
  LinkStream::Done(stream, grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone"));
  EXPECT_EQ(done, stream);
  EXPECT_EQ(stream->status().error_message(), "gone");
  EXPECT_TRUE(totals->AwaitNone(Milliseconds(1)));
}

}  // namespace
}  // namespace shoal::peer
