#include "client/runtime/cdn_answer.h"

#include "gtest/gtest.h"

namespace shoal::runtime {
namespace {

using core::FetchOutcome;

cdn::ResponseHead Whole(std::optional<std::uint64_t> length, cdn::Headers headers = {}) {
  return {.status = 200, .headers = std::move(headers), .content_length = length};
}

cdn::ResponseHead Part(ByteRange range, std::optional<std::uint64_t> total,
                       cdn::Headers headers = {}) {
  return {.status = 206,
          .headers = std::move(headers),
          .content_length = range.size(),
          .content_range = cdn::ContentRange{.range = range, .total = total}};
}

TEST(CdnAnswerTest, AsksForExactlyTheBytesWanted) {
  EXPECT_EQ((CdnAsk{.range = {0, CdnAsk::kToEnd}}.HttpRange()), std::nullopt);
  EXPECT_EQ((CdnAsk{.range = {10, 20}}.HttpRange()), (ByteRange{10, 20}));
  EXPECT_EQ((CdnAsk{.range = {10, CdnAsk::kToEnd}}.HttpRange()), (ByteRange{10, CdnAsk::kToEnd}));
  const CdnAsk sub{.range = {10, 9999}, .sub_range = ByteRange{1000, 1500}};
  EXPECT_EQ(sub.HttpRange(), (ByteRange{1010, 1500}));
  const CdnAsk all_of_sub{.range = {0, CdnAsk::kToEnd}, .sub_range = ByteRange{1000, 1500}};
  EXPECT_EQ(all_of_sub.HttpRange(), (ByteRange{1000, 1500}));
}

TEST(CdnAnswerTest, APartTellsTheLength) {
  const CdnVerdict verdict = JudgeAnswer({.range = {0, 100}}, Part({0, 100}, 250));
  EXPECT_EQ(verdict.refused, std::nullopt);
  EXPECT_EQ(verdict.total_length, 250u);
  EXPECT_TRUE(verdict.range_honoured);
  EXPECT_EQ(verdict.take, 100u);
  EXPECT_EQ(verdict.expected, 100u);
}

TEST(CdnAnswerTest, ARangeBeyondTheEndIsCompleteAtTheEnd) {
  const CdnVerdict verdict = JudgeAnswer({.range = {200, 300}}, Part({200, 250}, 250));
  EXPECT_EQ(verdict.expected, 50u);
  EXPECT_EQ(OutcomeOf(verdict, cdn::FetchOutcome::kComplete, 50), FetchOutcome::kComplete);
}

TEST(CdnAnswerTest, APartThatStopsShortIsTruncated) {
  const CdnVerdict verdict = JudgeAnswer({.range = {0, 100}}, Part({0, 60}, 250));
  EXPECT_EQ(OutcomeOf(verdict, cdn::FetchOutcome::kComplete, 60), FetchOutcome::kTruncated);
}

TEST(CdnAnswerTest, AWholeAnswerToARangeIsNotTheRange) {
  const CdnVerdict verdict = JudgeAnswer({.range = {100, 200}}, Whole(250));
  EXPECT_FALSE(verdict.range_honoured);
  EXPECT_EQ(verdict.total_length, 250u);
  EXPECT_EQ(verdict.skip, 0u);
  EXPECT_EQ(verdict.expected, 250u);
}

TEST(CdnAnswerTest, AWholeAnswerToNoRangeIsWhatWasAskedFor) {
  const CdnVerdict verdict = JudgeAnswer({.range = {0, CdnAsk::kToEnd}}, Whole(std::nullopt));
  EXPECT_TRUE(verdict.range_honoured);
  EXPECT_EQ(verdict.total_length, std::nullopt);
  EXPECT_EQ(OutcomeOf(verdict, cdn::FetchOutcome::kComplete, 7), FetchOutcome::kComplete);
  EXPECT_EQ(OutcomeOf(verdict, cdn::FetchOutcome::kTruncated, 7), FetchOutcome::kTruncated);
}

TEST(CdnAnswerTest, SubRangesAreCountedFromTheirStart) {
  const CdnAsk ask{.range = {0, 200}, .sub_range = ByteRange{1000, 1500}};
  const CdnVerdict part = JudgeAnswer(ask, Part({1000, 1200}, 9000));
  EXPECT_EQ(part.total_length, 500u);
  EXPECT_EQ(part.resource_total, 9000u);
  EXPECT_EQ(part.expected, 200u);

  const CdnVerdict whole = JudgeAnswer(ask, Whole(9000));
  EXPECT_FALSE(whole.range_honoured);
  EXPECT_EQ(whole.total_length, 500u);
  EXPECT_EQ(whole.skip, 1000u);
  EXPECT_EQ(whole.take, 500u);
}

TEST(CdnAnswerTest, AnotherEtagOrLengthMeansOtherBytes) {
  const CdnAsk ask{.range = {0, 100}, .etag = "\"a\"", .resource_total = 250};
  EXPECT_EQ(JudgeAnswer(ask, Part({0, 100}, 250, {{"ETag", "\"a\""}})).refused, std::nullopt);
  EXPECT_EQ(JudgeAnswer(ask, Part({0, 100}, 250)).refused, std::nullopt);
  EXPECT_EQ(JudgeAnswer(ask, Part({0, 100}, 250, {{"ETag", "W/\"b\""}})).refused, std::nullopt);
  const CdnVerdict changed = JudgeAnswer(ask, Whole(300, {{"ETag", "\"b\""}}));
  EXPECT_EQ(changed.refused, FetchOutcome::kChanged);
  EXPECT_EQ(changed.total_length, 300u);
  EXPECT_EQ(changed.etag, "\"b\"");
  EXPECT_EQ(JudgeAnswer(ask, Part({0, 100}, 251)).refused, FetchOutcome::kChanged);
}

TEST(CdnAnswerTest, AnUnsatisfiableRangeMayTellTheLength) {
  const cdn::ResponseHead head{
      .status = 416, .content_range = cdn::ContentRange{.range = std::nullopt, .total = 77}};
  const CdnVerdict verdict = JudgeAnswer({.range = {100, 200}}, head);
  EXPECT_EQ(verdict.refused, FetchOutcome::kRangeNotSatisfiable);
  EXPECT_EQ(verdict.total_length, 77u);
  // Of a sub-range the playlist tells it.
  const CdnAsk sub{.range = {0, 10}, .sub_range = ByteRange{100, 110}};
  EXPECT_EQ(JudgeAnswer(sub, head).total_length, std::nullopt);
}

TEST(CdnAnswerTest, OtherAnswersAreErrors) {
  for (int status : {204, 302, 304, 403, 404, 500, 503}) {
    EXPECT_EQ(JudgeAnswer({.range = {0, 10}}, {.status = status}).refused, FetchOutcome::kHttpError)
        << status;
  }
  // A part of something nobody asked a part of, and bytes that are packed.
  EXPECT_EQ(JudgeAnswer({.range = {0, CdnAsk::kToEnd}}, Part({0, 10}, 20)).refused,
            FetchOutcome::kHttpError);
  EXPECT_EQ(JudgeAnswer({.range = {0, 10}}, Whole(10, {{"Content-Encoding", "gzip"}})).refused,
            FetchOutcome::kHttpError);
}

TEST(CdnAnswerTest, WhatIsForOneViewerIsNotShared) {
  const cdn::ResponseHead marked = Part({0, 10}, 10, {{"Cache-Control", "private"}});
  EXPECT_FALSE(JudgeAnswer({.range = {0, 10}}, marked).shareable);
  EXPECT_TRUE(JudgeAnswer({.range = {0, 10}, .share_private = true}, marked).shareable);
  EXPECT_FALSE(
      JudgeAnswer({.range = {0, 10}, .with_authorization = true}, Part({0, 10}, 10)).shareable);
  EXPECT_TRUE(JudgeAnswer({.range = {0, 10}}, Part({0, 10}, 10)).shareable);
}

TEST(CdnAnswerTest, BytesBeyondTheEndDoNotSpoilWhatCame) {
  const CdnVerdict verdict = JudgeAnswer({.range = {0, 10}}, Part({0, 10}, 10));
  EXPECT_EQ(OutcomeOf(verdict, cdn::FetchOutcome::kTooLarge, 10), FetchOutcome::kComplete);
  EXPECT_EQ(OutcomeOf(verdict, cdn::FetchOutcome::kTimedOut, 10), FetchOutcome::kUnreachable);
  EXPECT_EQ(OutcomeOf(verdict, cdn::FetchOutcome::kRefusedAddress, 0), FetchOutcome::kHttpError);
}

}  // namespace
}  // namespace shoal::runtime
