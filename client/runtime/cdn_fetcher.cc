#include "client/runtime/cdn_fetcher.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/runtime/credentials.h"

namespace shoal::runtime {
namespace {

std::string ValueOf(const cdn::Headers& headers, absl::string_view name) {
  const std::string* value = cdn::FindHeader(headers, name);
  return value != nullptr ? *value : std::string();
}

}  // namespace

// Hands everything on by id: an event may make the core cancel the very transfer it came from.
class CdnFetcher::Transfer final : public cdn::FetchListener {
 public:
  Transfer(CdnFetcher& owner, core::FetchId id, core::SegmentRef of_segment, CdnAsk what)
      : owner_(owner), id_(id), segment(of_segment), ask(std::move(what)) {}

  void OnHead(cdn::TransferId, const cdn::ResponseHead& head) override { owner_.Head(id_, head); }
  void OnBody(cdn::TransferId, absl::string_view bytes) override { owner_.Body(id_, bytes); }
  void OnDone(cdn::TransferId, const cdn::FetchResult& result) override {
    owner_.Done(id_, result);
  }

 private:
  CdnFetcher& owner_;
  const core::FetchId id_;

 public:
  const core::SegmentRef segment;
  const CdnAsk ask;
  cdn::TransferId transfer = 0;
  int http_status = 0;
  CdnVerdict verdict;
  std::uint64_t passed = 0;     // bytes of the body so far
  std::uint64_t delivered = 0;  // bytes of the segment handed on
};

CdnFetcher::CdnFetcher(const Parts& parts) : parts_(parts) {}

CdnFetcher::~CdnFetcher() {
  for (const auto& entry : transfers_) parts_.cdn.Cancel(entry.second->transfer);
}

CdnFetcher::Transfer* CdnFetcher::Find(core::FetchId id) {
  const auto it = transfers_.find(id);
  return it == transfers_.end() ? nullptr : it->second.get();
}

void CdnFetcher::Fetch(const core::FetchFromCdn& fetch) {
  const Stream* stream = parts_.registry.Find(fetch.segment.stream);
  const SegmentRecord* record = parts_.registry.FindSegment(fetch.segment);
  const absl::StatusOr<hls::Url> listed =
      record != nullptr ? hls::Url::Parse(record->url) : absl::NotFoundError("not listed");
  if (stream == nullptr || !listed.ok()) {
    // It left the playlist long ago, or never had a URL that may be fetched.
    parts_.sink.Post(core::CdnFinished{
        .fetch = fetch.fetch, .outcome = core::FetchOutcome::kHttpError, .http_status = 404});
    return;
  }
  const bool to_origin = parts_.space.IsOrigin(*listed);
  CdnAsk ask{.range = fetch.range,
             .sub_range = record->byte_range,
             .etag = record->etag,
             .resource_total = record->resource_total,
             .with_authorization = to_origin && stream->credentials.has_authorization(),
             .share_private = parts_.share_private};

  cdn::FetchRequest request{.url = WithPlayerQuery(*listed, stream->segment_query).ToString()};
  request.headers = stream->credentials.HeadersFor(to_origin);
  request.headers.emplace_back("Accept-Encoding", "identity");
  request.range = ask.HttpRange();
  if (request.range && !record->etag.empty())
    request.headers.emplace_back("If-Range", record->etag);
  request.stall_timeout = kSegmentStallTimeout;
  parts_.space.Guard(&request);

  ++figures_.requests;
  auto transfer = std::make_unique<Transfer>(*this, fetch.fetch, fetch.segment, std::move(ask));
  transfer->transfer = parts_.cdn.Start(std::move(request), transfer.get());
  transfers_.emplace(fetch.fetch, std::move(transfer));
}

void CdnFetcher::Cancel(core::FetchId id) {
  const auto it = transfers_.find(id);
  if (it == transfers_.end()) return;
  parts_.cdn.Cancel(it->second->transfer);
  transfers_.erase(it);
}

void CdnFetcher::Head(core::FetchId id, const cdn::ResponseHead& head) {
  Transfer& transfer = *Find(id);
  transfer.http_status = head.status;
  transfer.verdict = JudgeAnswer(transfer.ask, head);
  const CdnVerdict verdict = transfer.verdict;
  const bool changed = verdict.refused == core::FetchOutcome::kChanged;
  SegmentRecord* record = parts_.registry.FindSegment(transfer.segment);
  if (record != nullptr && (changed || !verdict.refused)) {
    if (changed || !verdict.etag.empty()) record->etag = verdict.etag;
    if (changed || verdict.resource_total) record->resource_total = verdict.resource_total;
  }
  if (verdict.refused) {
    parts_.cdn.Cancel(transfer.transfer);
    return Finish(id, {.fetch = id,
                       .outcome = *verdict.refused,
                       .http_status = head.status,
                       .total_length = verdict.total_length});
  }
  if (Stream* stream = parts_.registry.Find(transfer.segment.stream)) {
    stream->content_type = ValueOf(head.headers, "Content-Type");
    stream->cache_control = ValueOf(head.headers, "Cache-Control");
  }
  parts_.sink.Post(core::CdnResponded{.fetch = id,
                                      .total_length = verdict.total_length,
                                      .range_honoured = verdict.range_honoured,
                                      .shareable = verdict.shareable});
}

void CdnFetcher::Body(core::FetchId id, absl::string_view bytes) {
  Transfer* transfer = Find(id);
  if (transfer == nullptr) return;
  figures_.bytes += bytes.size();
  const std::uint64_t from = transfer->passed;
  transfer->passed += bytes.size();
  // Of the body the segment's bytes are [skip, skip + take).
  const std::uint64_t skip = transfer->verdict.skip;
  if (transfer->passed <= skip) return;
  if (from < skip) bytes.remove_prefix(skip - from);
  const std::uint64_t room = transfer->verdict.take - transfer->delivered;
  bytes = bytes.substr(0, std::min<std::uint64_t>(bytes.size(), room));
  if (!bytes.empty()) {
    transfer->delivered += bytes.size();
    parts_.sink.Post(core::CdnBytes{.fetch = id, .size = static_cast<std::uint32_t>(bytes.size())},
                     bytes);
    transfer = Find(id);
    if (transfer == nullptr) return;
  }
  // The rest of a whole resource of which only a part was wanted is of no use.
  if (transfer->verdict.skip > 0 || transfer->passed > transfer->delivered) {
    if (transfer->delivered < transfer->verdict.take) return;
    parts_.cdn.Cancel(transfer->transfer);
    Done(id, {.outcome = cdn::FetchOutcome::kTruncated});
  }
}

void CdnFetcher::Done(core::FetchId id, const cdn::FetchResult& result) {
  Transfer& transfer = *Find(id);
  if (!result.message.empty()) {
    spdlog::debug("segment {} from the CDN: {}", transfer.segment.ToString(), result.message);
  }
  const bool had_head = transfer.http_status != 0;
  core::FetchOutcome outcome = OutcomeOf(transfer.verdict, result.outcome, transfer.delivered);
  // Without a head nothing came that could be cut short.
  if (!had_head && outcome == core::FetchOutcome::kTruncated) {
    outcome = core::FetchOutcome::kUnreachable;
  }
  int status = transfer.http_status;
  if (outcome == core::FetchOutcome::kHttpError) status = 502;
  Finish(id, {.fetch = id,
              .outcome = outcome,
              .http_status = status,
              .total_length = transfer.verdict.total_length});
}

void CdnFetcher::Finish(core::FetchId id, const core::CdnFinished& finished) {
  if (finished.outcome != core::FetchOutcome::kComplete) ++figures_.failures;
  // Kept to the end of this call: its own function may be what led here.
  const auto node = transfers_.extract(id);
  parts_.sink.Post(finished);
}

}  // namespace shoal::runtime
