#include "client/runtime/segment_service.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/proxy/byte_range_header.h"
#include "client/runtime/credentials.h"
#include "client/runtime/http_headers.h"

namespace shoal::runtime {
namespace {

// Bytes given to a player's connection at once.
constexpr std::uint64_t kWriteMax = 64 * 1024;

std::optional<proxy::RangeSpec> RangeOf(const proxy::Request& request) {
  if (request.headers().Count("Range") != 1) return std::nullopt;
  return proxy::ParseRangeHeader(*request.FindHeader("Range"));
}

// Keeps what the request says of its player for the client's own requests.
void Learn(const proxy::Request& request, const SegmentRecord& record, std::uint64_t sequence,
           Stream* stream) {
  stream->credentials.Learn(request);
  stream->requested_last = sequence;
  if (record.url.find('?') == std::string::npos) {
    stream->segment_query = StripOwnParameters(request.query());
  }
}

}  // namespace

SegmentService::SegmentService(const Parts& parts) : parts_(parts) {}

SegmentService::~SegmentService() {
  for (auto& [id, request] : requests_) {
    request.exchange->OnClosed({});
    request.exchange->OnServed({});
    request.exchange->OnWritable({});
  }
}

bool SegmentService::Serve(const std::shared_ptr<proxy::Exchange>& exchange, const hls::Url& url) {
  const proxy::Request& request = exchange->request();
  if (!IsPlainGet(request)) return false;
  const std::optional<core::SegmentRef> segment = parts_.registry.Match(url, RangeOf(request));
  if (!segment) return false;
  const SegmentRecord& record = *parts_.registry.FindSegment(*segment);
  // Without its range the request would be about more than the listed sub-range.
  if (record.byte_range && !proxy::RequestedRange(request, record.etag)) return false;
  Learn(request, record, segment->sequence, parts_.registry.Find(segment->stream));

  ++figures_.requests;
  const core::RequestId id = ++last_id_;
  requests_.emplace(id, Request{.exchange = exchange, .segment = *segment, .url = url});
  exchange->OnWritable([this, id] {
    if (Request* waiting = Find(id)) waiting->blocked = false;
    Pump(id);
  });
  exchange->OnClosed([this, id](proxy::CloseReason) { OnClosed(id); });
  exchange->OnServed([this, id] {
    if (requests_.erase(id) == 0) return;
    ++figures_.served;
    parts_.sink.Post(core::PlayerServed{.request = id});
  });
  parts_.sink.Post(core::PlayerRequested{
      .request = id, .player = PlayerOf(request), .segment = *segment, .hints = HintsOf(request)});
  return true;
}

void SegmentService::Release(core::RequestId id, std::uint64_t segment_length) {
  Request* request = Find(id);
  if (request == nullptr || request->length) return;
  if (lost_.contains(request->segment)) return RelayRequest(id);
  request->length = segment_length;
  Pump(id);
}

// The head goes out with the first byte: until then the CDN may still say that there is none, and
// what it says with that byte (ETag, total length) belongs into the head.
bool SegmentService::BeginAnswer(core::RequestId id, Request& request) {
  const Stream* stream = parts_.registry.Find(request.segment.stream);
  const SegmentRecord* record = parts_.registry.FindSegment(request.segment);
  if (stream == nullptr || record == nullptr) {
    RelayRequest(id);
    return false;
  }
  proxy::Exchange& exchange = *request.exchange;
  const SegmentAnswer answer = AnswerFor(exchange.request(), *stream, *record, *request.length);
  if (!answer.body.empty() && parts_.cache.Read(request.segment, answer.body.begin, 1).empty()) {
    return false;
  }
  const absl::Status sent = exchange.SendHead(answer.status, answer.headers, answer.body.size());
  if (!sent.ok()) {
    Fail(id, 502);
    return false;
  }
  request.left = answer.body;
  return true;
}

void SegmentService::Pump(core::RequestId id) {
  Request* request = Find(id);
  if (request == nullptr || !request->length || request->blocked || request->all_written()) return;
  const SegmentRecord* record = parts_.registry.FindSegment(request->segment);
  const bool length_was_wrong =
      record != nullptr && !record->byte_range &&
      record->resource_total.value_or(*request->length) != *request->length;
  if (length_was_wrong) return BreakOff(id);
  if (!request->exchange->head_sent() && !BeginAnswer(id, *request)) return;
  while (!request->left.empty()) {
    const absl::string_view bytes =
        parts_.cache.Read(request->segment, request->left.begin,
                          std::min<std::uint64_t>(request->left.size(), kWriteMax));
    if (bytes.empty()) return;
    request->left.begin += bytes.size();
    figures_.bytes += bytes.size();
    const bool more = request->exchange->Write(std::string(bytes));
    if (!more && !request->left.empty()) {
      request->blocked = true;
      return;
    }
  }
  request->exchange->Finish();
}

void SegmentService::RelayRequest(core::RequestId id) {
  const Request* request = Find(id);
  if (request == nullptr) return;
  // Everything is written already; it only has to reach the player.
  if (request->all_written()) return;
  ++figures_.relayed;
  const Request taken = *request;
  const std::shared_ptr<proxy::Exchange> exchange = Take(id);
  const auto on_end = [this, id](bool complete) {
    if (complete) {
      parts_.sink.Post(core::PlayerServed{.request = id});
    } else {
      parts_.sink.Post(core::PlayerGone{.request = id});
    }
  };
  if (!exchange->head_sent()) return parts_.pass_through.Start(exchange, taken.url, on_end);
  const SegmentRecord* record = parts_.registry.FindSegment(taken.segment);
  const std::uint64_t offset =
      record != nullptr && record->byte_range ? record->byte_range->begin : 0;
  parts_.pass_through.Continue(exchange, taken.url,
                               {offset + taken.left.begin, offset + taken.left.end},
                               record != nullptr ? record->etag : "", on_end);
}

void SegmentService::Fail(core::RequestId id, int http_status) {
  const Request* request = Find(id);
  if (request == nullptr || request->all_written()) return;
  ++figures_.failed;
  const hls::Url url = request->url;
  const std::shared_ptr<proxy::Exchange> exchange = Take(id);
  parts_.sink.Post(core::PlayerGone{.request = id});
  if (exchange->head_sent()) return exchange->Abort();
  // What is no error, but nothing to cut into pieces either, the player may know what to do with;
  // and it did not ask for the ranges that the CDN does not have.
  if (http_status < 400 || http_status == 416) {
    return parts_.pass_through.Start(exchange, url, nullptr);
  }
  RespondMediaError(*exchange, http_status,
                    absl::StrCat("The origin did not give this segment (", http_status, ")."));
}

void SegmentService::BytesStored(const core::SegmentRef& segment) {
  for (const core::RequestId id : RequestsFor(segment)) Pump(id);
}

void SegmentService::BytesLost(const core::SegmentRef& segment) {
  lost_.insert(segment);
  for (const core::RequestId id : RequestsFor(segment)) RelayRequest(id);
}

void SegmentService::SegmentDropped(const core::SegmentRef& segment) {
  lost_.erase(segment);
  for (const core::RequestId id : RequestsFor(segment)) {
    if (Find(id)->length) BreakOff(id);
  }
}

void SegmentService::BreakOff(core::RequestId id) {
  const Request* request = Find(id);
  if (request->all_written()) return;
  if (!request->exchange->head_sent()) return RelayRequest(id);
  ++figures_.failed;
  Take(id)->Abort();
  parts_.sink.Post(core::PlayerGone{.request = id});
}

std::vector<core::RequestId> SegmentService::RequestsFor(const core::SegmentRef& segment) const {
  std::vector<core::RequestId> ids;
  for (const auto& [id, request] : requests_) {
    if (request.segment == segment) ids.push_back(id);
  }
  return ids;
}

SegmentFigures SegmentService::figures() const {
  SegmentFigures figures = figures_;
  figures.waiting = requests_.size();
  return figures;
}

SegmentService::Request* SegmentService::Find(core::RequestId id) {
  const auto it = requests_.find(id);
  return it == requests_.end() ? nullptr : &it->second;
}

void SegmentService::OnClosed(core::RequestId id) {
  if (requests_.erase(id) == 0) return;
  ++figures_.gone;
  parts_.sink.Post(core::PlayerGone{.request = id});
}

std::shared_ptr<proxy::Exchange> SegmentService::Take(core::RequestId id) {
  const auto it = requests_.find(id);
  std::shared_ptr<proxy::Exchange> exchange = std::move(it->second.exchange);
  requests_.erase(it);
  exchange->OnWritable({});
  exchange->OnClosed({});
  exchange->OnServed({});
  return exchange;
}

}  // namespace shoal::runtime
