#include "tests/sim/world/client_watch.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"

namespace shoal::sim {

ClientWatch::Link* ClientWatch::Find(core::LinkId id) {
  const auto found =
      std::find_if(links_.begin(), links_.end(), [id](const Link& link) { return link.id == id; });
  return found == links_.end() ? nullptr : &*found;
}

void ClientWatch::Begin(const core::Event& event, TimePoint now) {
  stored_until_ = 0;
  data_pull_ = 0;
  if (const auto* message = std::get_if<core::MessageReceived>(&event)) {
    OnMessage(message->link, message->message, now);
  } else if (const auto* opened = std::get_if<core::LinkOpened>(&event)) {
    links_.push_back({.id = opened->link});
  } else if (const auto* closed = std::get_if<core::LinkClosed>(&event)) {
    Closed(closed->link);
  }
}

void ClientWatch::OnMessage(core::LinkId link, const core::LinkMessage& message, TimePoint now) {
  if (const auto* data = std::get_if<core::Data>(&message)) {
    data_link_ = link;
    data_pull_ = data->pull;
    for (Pull& pull : pulls_) {
      if (pull.link == link && pull.pull == data->pull) pull.last = now;
    }
    if (data->offset + data->size >= core::kPieceSize) Over(link, data->pull);
  } else if (const auto* ack = std::get_if<core::Ack>(&message)) {
    if (Link* from = Find(link))
      from->unacked -= std::min<std::uint64_t>(ack->bytes, from->unacked);
  } else if (const auto* reject = std::get_if<core::Reject>(&message)) {
    Over(link, reject->pull);
  }
}

std::string ClientWatch::Stored(std::uint32_t skip, std::uint32_t size, bool completes) {
  if (completes && data_pull_ != 0) Over(data_link_, data_pull_);
  const std::uint32_t before = stored_until_;
  stored_until_ = std::max(before, skip + size);
  if (skip >= before) return "";
  return absl::StrCat("stores bytes [", skip, ",", before, ") of a payload twice");
}

std::string ClientWatch::Sent(core::LinkId id, std::uint32_t size) {
  Link* link = Find(id);
  if (link == nullptr) return absl::StrCat("sends ", size, " bytes on a link that is not open");
  link->unacked += size;
  if (link->unacked <= kUnackedMax) return "";
  return absl::StrCat("has sent ", link->unacked, " bytes on a link that were not acknowledged");
}

std::string ClientWatch::Sent(core::LinkId link, const core::LinkMessage& message,
                              std::size_t streams, TimePoint now) {
  if (const auto* cancel = std::get_if<core::Cancel>(&message)) Over(link, cancel->pull);
  const auto* pull = std::get_if<core::Pull>(&message);
  if (pull == nullptr) return "";
  pulls_.push_back({.link = link, .pull = pull->pull, .last = now});
  const std::size_t most = streams * core::Puller::kPullsMax;
  if (pulls_.size() <= most) return "";
  std::erase_if(pulls_, [now](const Pull& p) { return now - p.last > kForgotten; });
  if (pulls_.size() <= most) return "";
  return absl::StrCat("has ", pulls_.size(), " pulls outstanding");
}

void ClientWatch::Over(core::LinkId link, core::PullId pull) {
  std::erase_if(pulls_, [&](const Pull& p) { return p.link == link && p.pull == pull; });
}

void ClientWatch::Closed(core::LinkId link) {
  std::erase_if(links_, [link](const Link& l) { return l.id == link; });
  std::erase_if(pulls_, [link](const Pull& p) { return p.link == link; });
}

std::string ClientWatch::End(std::uint64_t held, std::uint64_t said, std::size_t streams) const {
  if (held != said) return absl::StrCat("holds ", held, " bytes and accounts for ", said);
  if (held > cache_max_) return absl::StrCat("holds ", held, " bytes of ", cache_max_, " allowed");
  if (links_.size() > streams * links_max_) return absl::StrCat("has ", links_.size(), " links");
  return "";
}

}  // namespace shoal::sim
