#include "client/runtime/unshared_service.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/proxy/byte_range_header.h"
#include "client/runtime/cdn_answer.h"
#include "client/runtime/credentials.h"
#include "client/runtime/freshness.h"
#include "client/runtime/http_headers.h"
#include "client/runtime/playlist_page.h"
#include "client/runtime/relay.h"
#include "client/runtime/segment_answer.h"

namespace shoal::runtime {
namespace {

std::optional<proxy::RangeSpec> RangeOf(const proxy::Request& request) {
  if (request.headers().Count("Range") != 1) return std::nullopt;
  return proxy::ParseRangeHeader(*request.FindHeader("Range"));
}

std::string KeyOf(const hls::Url& url, const std::optional<ByteRange>& byte_range) {
  std::string key = absl::StrCat(url.Origin(), url.path());
  const std::string query = url.query() ? StripOwnParameters(*url.query()) : "";
  if (!query.empty()) absl::StrAppend(&key, "?", query);
  // No URL has a blank.
  if (byte_range) absl::StrAppend(&key, " ", byte_range->begin, "-", byte_range->end);
  return key;
}

// The player's own, but for what makes its request about less than the object.
cdn::Headers HeadersUpstream(const proxy::Request& request, bool to_origin) {
  cdn::Headers headers = RequestHeadersUpstream(request, to_origin);
  std::erase_if(headers, [](const auto& field) {
    return absl::EqualsIgnoreCase(field.first, "Range") ||
           absl::EqualsIgnoreCase(field.first, "Accept-Encoding");
  });
  headers.emplace_back("Accept-Encoding", "identity");
  return headers;
}

}  // namespace

UnsharedService::UnsharedService(const Parts& parts)
    : parts_(parts),
      bytes_max_(parts.cache_bytes / kUnsharedBudgetShare),
      object_bytes_max_(std::min(kUnsharedObjectBytesMax, bytes_max_ / 2)) {}

bool UnsharedService::Serve(const std::shared_ptr<proxy::Exchange>& exchange, const hls::Url& url) {
  const proxy::Request& request = exchange->request();
  if (!IsPlainGet(request) || request.FindHeader("If-Range")) return false;
  if (request.FindHeader("Authorization") && !parts_.share_private) return false;
  const std::optional<Unshared> listed = parts_.registry.MatchUnshared(url, RangeOf(request));
  if (!listed) return false;

  const TimePoint now = parts_.clock.Now();
  const std::string key = KeyOf(url, listed->byte_range);
  const auto found = entries_.find(key);
  Entry* entry = found == entries_.end() ? nullptr : found->second.get();
  const bool current = entry != nullptr && entry->asked_at >= listed->valid_since &&
                       (entry->loading || now < entry->fresh_until);
  if (current && entry->refused) return false;
  // One of before is awaited still: its players shall have it, and this one goes its own way.
  if (!current && entry != nullptr && entry->loading) return false;
  ++figures_.requests;
  if (!current) {
    if (entry != nullptr) Erase(key);
    auto made = std::make_unique<Entry>(
        Entry{.url = url, .byte_range = listed->byte_range, .asked_at = now, .used_at = now});
    entry = entries_.emplace(key, std::move(made)).first->second.get();
    entry->waiting.push_back(exchange);
    Load(key, *entry, request);
    return true;
  }
  entry->used_at = now;
  ++figures_.hits;
  if (entry->loading) {
    entry->waiting.push_back(exchange);
  } else {
    Show(*exchange, *entry);
  }
  return true;
}

void UnsharedService::Load(const std::string& key, Entry& entry, const proxy::Request& request) {
  ++figures_.loads;
  ResourceAsk ask{.url = entry.url,
                  .headers = HeadersUpstream(request, parts_.space.IsOrigin(entry.url)),
                  .range = entry.byte_range,
                  .body_limit = object_bytes_max_,
                  .accept_gzip = false};
  parts_.fetcher.Load(std::move(ask),
                      [this, key](ResourceAnswer answer) { Loaded(key, std::move(answer)); });
}

UnsharedService::Taken UnsharedService::Take(Entry& entry, ResourceAnswer& answer) const {
  if (answer.outcome != cdn::FetchOutcome::kComplete || !answer.head) return Taken::kOfNoUse;
  const cdn::Headers& fields = answer.head->headers;
  const CdnVerdict verdict = JudgeAnswer({.range = {0, CdnAsk::kToEnd},
                                          .sub_range = entry.byte_range,
                                          .share_private = parts_.share_private},
                                         *answer.head);
  const std::uint64_t size = answer.body.size();
  // A sub-range that the CDN does not cut out for us is left to it and the player.
  const bool whole_part = !verdict.refused && verdict.skip == 0 && size <= verdict.take &&
                          size >= verdict.expected.value_or(0);
  if (!whole_part) return Taken::kOfNoUse;
  entry.headers = AnswerHeadersForPlayer(fields);
  entry.headers.Remove("Content-Range");
  entry.headers.Remove("Age");
  entry.etag = verdict.etag;
  entry.resource_total = verdict.resource_total;
  entry.age = AgeOf(fields);
  entry.came_at = parts_.clock.Now();
  entry.body = std::move(answer.body);
  if (!verdict.shareable || VariesByRequest(fields)) return Taken::kForFirst;
  const Duration fresh_for = FreshFor(fields, kUnsharedFreshFor);
  entry.fresh_until = entry.came_at + fresh_for;
  return fresh_for > Duration::zero() ? Taken::kKept : Taken::kForThese;
}

void UnsharedService::Loaded(const std::string& key, ResourceAnswer answer) {
  Entry& entry = *entries_.at(key);
  const Exchanges waiting = std::exchange(entry.waiting, {});
  const hls::Url url = entry.url;
  const bool no_answer = answer.outcome == cdn::FetchOutcome::kTimedOut ||
                         answer.outcome == cdn::FetchOutcome::kUnreachable;
  const bool an_error = answer.outcome == cdn::FetchOutcome::kComplete && answer.head &&
                        answer.head->status >= 400 && answer.head->status != 416;
  if (no_answer || an_error) {
    entries_.erase(key);
    for (const auto& exchange : waiting) {
      if (an_error) {
        AnswerAsIs(*exchange, *answer.head, answer.body);
      } else {
        RespondMediaError(*exchange, StatusForOutcome(answer.outcome),
                          absl::StrCat("The origin gave no answer: ", answer.message));
      }
    }
    return;
  }
  const Taken taken = Take(entry, answer);
  if (taken == Taken::kKept || taken == Taken::kForThese) {
    for (const auto& exchange : waiting) Show(*exchange, entry);
  } else if (taken == Taken::kForFirst) {
    Show(*waiting.front(), entry);
    PassThroughAll({waiting.begin() + 1, waiting.end()}, url);
  } else {
    PassThroughAll(waiting, url);
  }
  if (taken == Taken::kForThese) {
    entries_.erase(key);
    return;
  }
  if (taken != Taken::kKept) {
    entry.refused = true;
    entry.headers = {};
    entry.body = {};
    entry.fresh_until = parts_.clock.Now() + kUnsharedRefusedFor;
  }
  MakeRoom(entry.cost());
  bytes_ += entry.cost();
  entry.loading = false;
}

void UnsharedService::Show(proxy::Exchange& exchange, const Entry& entry) const {
  if (exchange.ended()) return;
  SegmentAnswer answer = AnswerFrom(exchange.request(),
                                    {.byte_range = entry.byte_range,
                                     .length = entry.body.size(),
                                     .resource_total = entry.resource_total,
                                     .etag = entry.etag},
                                    entry.headers);
  const Duration age = entry.age + (parts_.clock.Now() - entry.came_at);
  answer.headers.Set("Age", absl::StrCat(static_cast<std::int64_t>(ToSeconds(age))));
  const absl::Status sent = exchange.SendHead(answer.status, answer.headers, answer.body.size());
  if (!sent.ok()) return RespondMediaError(exchange, 502, sent.message());
  if (!answer.body.empty()) {
    exchange.Write(entry.body.substr(answer.body.begin, answer.body.size()));
  }
  exchange.Finish();
}

void UnsharedService::PassThroughAll(const Exchanges& exchanges, const hls::Url& url) {
  for (const auto& exchange : exchanges) {
    if (!exchange->ended()) parts_.pass_through.Start(exchange, url, nullptr);
  }
}

void UnsharedService::MakeRoom(std::uint64_t cost) {
  if (bytes_ + cost <= bytes_max_) return;
  const TimePoint now = parts_.clock.Now();
  std::vector<std::pair<TimePoint, std::string>> by_use;
  for (const auto& [key, entry] : entries_) {
    if (entry->loading) continue;
    by_use.emplace_back(now < entry->fresh_until ? entry->used_at : TimePoint(), key);
  }
  std::sort(by_use.begin(), by_use.end());
  for (const auto& [used_at, key] : by_use) {
    if (bytes_ + cost <= bytes_max_) return;
    Erase(key);
  }
}

void UnsharedService::Erase(const std::string& key) {
  const auto it = entries_.find(key);
  bytes_ -= it->second->cost();
  entries_.erase(it);
}

UnsharedFigures UnsharedService::figures() const {
  UnsharedFigures figures = figures_;
  figures.entries = entries_.size();
  figures.bytes = bytes_;
  return figures;
}

}  // namespace shoal::runtime
