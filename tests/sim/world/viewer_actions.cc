// Viewer, second part: carrying out what its core wants.
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/overloaded.h"
#include "tests/sim/world/viewer.h"

namespace shoal::sim {

void Viewer::Require(const std::string& wrong) {
  if (!wrong.empty()) parts_.accounts.Violation(index_, now(), wrong);
}

std::uint64_t Viewer::LengthOf(const core::SegmentRef& segment) {
  const Followed* followed = FindStream(segment.stream);
  return followed == nullptr ? 0 : parts_.media.Length(followed->rendition, segment.sequence);
}

void Viewer::Execute(core::Action&& action, std::uint32_t payload) {
  std::visit(Overloaded{
                 [this](const core::FetchPlaylist& a) { Do(a); },
                 [this](const core::FetchFromCdn& a) { Do(a); },
                 [this](const core::CancelFetch& a) {
                   held_.EndFetch(a.fetch);
                   parts_.cdn.Cancel({.viewer = index_, .id = a.fetch, .relay = false});
                 },
                 [this, payload](const core::StoreBytes& a) { Do(a, payload); },
                 [this](const core::DropSegment& a) {
                   held_.Drop(a.segment);
                   if (request_.released && request_.segment == a.segment) Relay();
                 },
                 [this](const core::ReleaseRequest& a) {
                   if (request_.id != a.request) return;
                   const std::uint64_t length = LengthOf(request_.segment);
                   if (a.segment_length != length) {
                     Require(absl::StrCat("answers with a length of ", a.segment_length,
                                          " instead of ", length));
                   }
                   request_.released = true;
                   Deliver();
                 },
                 [this](const core::RelayRequest& a) {
                   if (request_.id == a.request) Relay();
                 },
                 [this](const core::FailRequest& a) {
                   if (request_.id == a.request) FailRequest(a.http_status);
                 },
                 [this](const core::Dial& a) { Do(a); },
                 [this](const core::CloseLink& a) {
                   watch_->Closed(a.link);
                   parts_.links.Close(a.link, a.reason);
                 },
                 [this](core::SendMessage& a) { Do(std::move(a)); },
                 [this](const core::SendData& a) { Do(a); },
                 [this](const core::Announce& a) { Do(a); },
                 [this](const core::CloseStream& a) { Do(a); },
             },
             action);
}

void Viewer::Do(const core::FetchPlaylist& action) {
  if (Followed* followed = FindStream(action.stream)) Load(*followed);
}

void Viewer::Do(const core::FetchFromCdn& action) {
  const Followed* followed = FindStream(action.segment.stream);
  if (followed == nullptr) return Require("fetches a segment of a stream that it left");
  const std::uint64_t length = LengthOf(action.segment);
  Require(held_.BeginFetch(action.segment, action.fetch, action.range, length));
  parts_.accounts.CdnAsked(now());
  parts_.cdn.Start({.name = {.viewer = index_, .id = action.fetch, .relay = false},
                    .rendition = followed->rendition,
                    .sequence = action.segment.sequence,
                    .range = action.range});
}

void Viewer::Do(const core::StoreBytes& action, std::uint32_t payload) {
  if (std::uint64_t{action.skip} + action.size > payload) {
    return Require(absl::StrCat("stores ", action.size, " bytes after ", action.skip,
                                " of a payload of ", payload));
  }
  const std::uint64_t length = LengthOf(action.segment);
  if (length == 0) return Require("stores bytes of a stream that it left");
  const std::string wrong = held_.Store(action.segment, action.offset, action.size, length);
  if (!wrong.empty()) return Require(wrong);
  const std::uint64_t end = action.offset + action.size;
  const bool completes = end == length || end % core::kPieceSize == 0;
  Require(watch_->Stored(action.skip, action.size, completes));
  parts_.accounts.Stored(action.size, now());
  if (request_.segment == action.segment) Deliver();
}

void Viewer::Do(const core::Dial& action) {
  const Followed* followed = FindStream(action.stream);
  if (followed == nullptr) {
    return Feed(core::DialFailed{.stream = action.stream, .peer = action.peer.id});
  }
  parts_.links.Dial(index_, ViewerAt(action.peer.endpoint), followed->rendition);
}

// One that lies claims to hold whatever it speaks of, and lets those wait who ask for it.
void Viewer::Do(core::SendMessage&& action) {
  Require(watch_->Sent(action.link, action.message, streams_, now()));
  if (!profile_.lies) return parts_.links.Send(action.link, std::move(action.message));
  if (std::holds_alternative<core::Reject>(action.message)) return;
  if (auto* progress = std::get_if<core::Progress>(&action.message)) {
    for (core::SegmentProgress& segment : progress->segments) {
      if (segment.dropped || segment.length == 0) continue;
      segment.complete = true;
      segment.pieces.clear();
    }
  }
  parts_.links.Send(action.link, std::move(action.message));
}

void Viewer::Do(const core::SendData& action) {
  const std::string wrong =
      held_.CheckHeld(action.segment, action.segment_offset, action.data.size);
  if (!wrong.empty()) return Require(wrong);
  if (action.segment_offset % core::kPieceSize != action.data.offset) {
    return Require(absl::StrCat("sends ", action.segment_offset, " as offset ", action.data.offset,
                                " of its piece"));
  }
  if (profile_.lies) return;
  Require(watch_->Sent(action.link, action.data.size));
  const double over = parts_.accounts.Uploaded(index_, action.data.size, now());
  if (over > kOverCapMax + 1e-9) {
    Require(absl::StrFormat("sent %.1f %% more than its cap in a second", 100 * over));
  }
  parts_.links.SendData(action.link, action.data);
}

void Viewer::Do(const core::Announce& action) {
  core::Announce announce = action;
  announce.upload_class = profile_.boast.value_or(action.upload_class);
  parts_.tracker.Announce(index_, profile_.id, announce);
}

void Viewer::Do(const core::CloseStream& action) {
  held_.DropStream(action.stream);
  if (Followed* followed = FindStream(action.stream)) {
    followed->stream = 0;
    --streams_;
    followed->loaded_at.reset();
  }
}

}  // namespace shoal::sim
