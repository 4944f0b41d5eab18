#include "client/cdn/transfer.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cdn/address_bytes.h"
#include "client/cdn/request_fields.h"

namespace shoal::cdn {

Transfer::Transfer(TransferId id, FetchRequest request, HttpUrl url, FetchListener* listener,
                   Shared* shared)
    : id_(id),
      request_(std::move(request)),
      shared_(shared),
      easy_(curl_easy_init()),
      listener_(listener),
      url_(std::move(url)) {}

Transfer::~Transfer() { curl_easy_cleanup(easy_); }

Transfer* Transfer::Of(CURL* easy) {
  char* self = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
  return reinterpret_cast<Transfer*>(self);
}

// ---- The request -------------------------------------------------------------------------------

void Transfer::Prepare(SteadyTime now) {
  running_ = true;
  since_ = now;
  head_ = HeadReader();
  remote_address_.clear();
  connected_ = false;
  address_refused_ = false;
  next_url_.reset();
  discarded_ = 0;
  curl_message_[0] = '\0';

  const CdnOptions& options = shared_->options;
  curl_easy_reset(easy_);
  curl_easy_setopt(easy_, CURLOPT_URL, url_.text().c_str());
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_2TLS});
  // A second transfer to a new https host waits to see whether the first one's connection is
  // HTTP/2.
  curl_easy_setopt(easy_, CURLOPT_PIPEWAIT, url_.is_https() ? 1L : 0L);
  curl_easy_setopt(easy_, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  if (!options.ca_file.empty()) {
    curl_easy_setopt(easy_, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);
  }
  curl_easy_setopt(easy_, CURLOPT_SHARE, shared_->sessions.get());
  // Empty strings, not null: null would mean to ask the environment.
  curl_easy_setopt(easy_, CURLOPT_PROXY, options.proxy.c_str());
  curl_easy_setopt(easy_, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  // Without this, cancelling a transfer would wait for the thread that looks up its host's name.
  curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, static_cast<long>(options.buffer_bytes));
  curl_easy_setopt(
      easy_, CURLOPT_DNS_CACHE_TIMEOUT,
      static_cast<long>(
          std::chrono::duration_cast<std::chrono::seconds>(options.dns_cache).count()));
  curl_easy_setopt(
      easy_, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(std::max<std::int64_t>(1, request_.connect_timeout.count() / 1000)));
  if (request_.method == "HEAD") {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
  } else if (request_.method != "GET") {
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
  SetCallbacks();
  SetHeaders();
}

void Transfer::SetCallbacks() {
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, curl_message_.data());
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &Transfer::OnHeaderLine);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &Transfer::OnBodyBytes);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, &Transfer::OnOpenSocket);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy_, CURLOPT_PREREQFUNCTION, &Transfer::OnConnected);
  curl_easy_setopt(easy_, CURLOPT_PREREQDATA, this);
}

void Transfer::SetHeaders() {
  sent_headers_.reset();
  for (const std::string& line : HeaderLines(request_, drop_credentials_)) {
    curl_slist* list = curl_slist_append(sent_headers_.get(), line.c_str());
    if (list == nullptr) break;
    static_cast<void>(sent_headers_.release());
    sent_headers_.reset(list);
  }
  if (WantsUnpacking(request_)) curl_easy_setopt(easy_, CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(easy_, CURLOPT_USERAGENT, shared_->options.user_agent.c_str());
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, sent_headers_.get());
}

// ---- The connection ----------------------------------------------------------------------------

bool Transfer::MayConnect(absl::string_view address) {
  if (!request_.may_connect || !shared_->options.proxy.empty()) return true;
  if (request_.may_connect(url_.text(), address)) return true;
  address_refused_ = true;
  return false;
}

curl_socket_t Transfer::OnOpenSocket(void* self, curlsocktype purpose, curl_sockaddr* address) {
  auto* transfer = static_cast<Transfer*>(self);
  if (!transfer->MayConnect(AddressBytes(address->addr))) return CURL_SOCKET_BAD;
  ++transfer->shared_->figures.connections;
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// Called for every request, also on a connection that another transfer opened under its own rules.
int Transfer::OnConnected(void* self, char* remote_address, char* local_address, int remote_port,
                          int local_port) {
  auto* transfer = static_cast<Transfer*>(self);
  transfer->remote_address_ = AddressBytes(absl::string_view(remote_address));
  if (!transfer->MayConnect(transfer->remote_address_)) return CURL_PREREQFUNC_ABORT;
  transfer->connected_ = true;
  ++transfer->shared_->figures.requests;
  transfer->address_refused_ = false;  // of some of the host's addresses, one would do
  transfer->since_ = std::chrono::steady_clock::now();
  return transfer->detached() ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

// ---- The answer --------------------------------------------------------------------------------

std::size_t Transfer::OnHeaderLine(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  const absl::string_view line(bytes, size * count);
  const std::size_t stop = line.size() + 1;
  if (transfer->detached()) return stop;
  transfer->since_ = std::chrono::steady_clock::now();
  if (transfer->head_.state() == HeadReader::State::kComplete) return line.size();  // a trailer
  switch (transfer->head_.Take(line)) {
    case HeadReader::State::kReading:
      return line.size();
    case HeadReader::State::kRefused:
      transfer->Fail(FetchOutcome::kBadAnswer, transfer->head_.problem());
      return stop;
    case HeadReader::State::kComplete:
      return transfer->TakeHead() ? line.size() : stop;
  }
  return stop;
}

bool Transfer::IsFollowedRedirect() const {
  switch (head_.status()) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return request_.redirect_limit > 0 && request_.method != "OPTIONS";
    default:
      return false;
  }
}

bool Transfer::TakeHead() {
  const std::string* location = FindHeader(head_.headers(), "Location");
  if (location != nullptr && IsFollowedRedirect()) return TakeRedirect();

  ResponseHead head;
  head.status = head_.status();
  head.headers = std::move(head_.headers());
  head.effective_url = url_.text();
  head.remote_address = remote_address_;
  head.http2 = head_.http2();
  head.content_length = head_.content_length();
  if (const std::string* range = FindHeader(head.headers, "Content-Range")) {
    head.content_range = ParseContentRange(*range);
  }
  const std::string* encoding = FindHeader(head.headers, "Content-Encoding");
  if (WantsUnpacking(request_) && encoding != nullptr &&
      !absl::EqualsIgnoreCase(*encoding, "identity")) {
    head.unpacked = true;
    head.content_length.reset();
    std::erase_if(head.headers, [](const auto& header) {
      return absl::EqualsIgnoreCase(header.first, "Content-Encoding") ||
             absl::EqualsIgnoreCase(header.first, "Content-Length");
    });
  }
  body_end_ = request_.body_limit;
  if (!CheckRange(head)) return false;
  listener_->OnHead(id_, head);
  return !detached();
}

bool Transfer::CheckRange(const ResponseHead& head) {
  if (!request_.range.has_value() || head.status != 206) return true;
  const ByteRange& asked = *request_.range;
  if (!head.content_range.has_value() || !head.content_range->range.has_value()) {
    Fail(FetchOutcome::kBadAnswer, "status 206 without a Content-Range that can be understood");
    return false;
  }
  const ByteRange& given = *head.content_range->range;
  if (given.begin != asked.begin || given.end > asked.end) {
    Fail(FetchOutcome::kBadAnswer, absl::StrCat("status 206 of [", given.begin, ",", given.end,
                                                ") for range [", asked.begin, ",", asked.end, ")"));
    return false;
  }
  if (request_.method == "GET") {
    body_size_ = given.size();
    body_end_ = std::min(body_end_, given.size());
  }
  return true;
}

bool Transfer::TakeRedirect() {
  const std::string& location = *FindHeader(head_.headers(), "Location");
  std::optional<HttpUrl> next = url_.Resolve(location);
  if (!next) {
    Fail(FetchOutcome::kRefusedRedirect, "a redirect to no http or https URL");
    return false;
  }
  if (redirects_ == request_.redirect_limit) {
    Fail(FetchOutcome::kRefusedRedirect,
         absl::StrCat("more than ", request_.redirect_limit, " redirects"));
    return false;
  }
  if (request_.may_follow && !request_.may_follow(next->text())) {
    Fail(FetchOutcome::kRefusedRedirect,
         absl::StrCat("a redirect to ", next->PublicName(), " is not allowed"));
    return false;
  }
  next_url_ = std::move(next);
  return !detached() && head_.content_length().value_or(0) <= kRedirectBodyMax;
}

std::size_t Transfer::OnBodyBytes(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  const std::size_t length = size * count;
  const std::size_t stop = length + 1;
  if (transfer->detached() || transfer->failed_) return stop;
  transfer->since_ = std::chrono::steady_clock::now();
  if (transfer->next_url_.has_value()) {
    transfer->discarded_ += length;
    return transfer->discarded_ <= kRedirectBodyMax ? length : stop;
  }
  if (transfer->paused_) {
    transfer->held_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  return transfer->TakeBody(absl::string_view(bytes, length)) ? length : stop;
}

bool Transfer::TakeBody(absl::string_view bytes) {
  const absl::string_view wanted = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(
                                                       bytes.size(), body_end_ - result_.bytes)));
  if (!wanted.empty()) {
    result_.bytes += wanted.size();
    shared_->figures.body_bytes += wanted.size();
    listener_->OnBody(id_, wanted);
    if (detached()) return false;
  }
  if (wanted.size() == bytes.size()) return true;
  Fail(FetchOutcome::kTooLarge, absl::StrCat("more body than the ", body_end_, " bytes ",
                                             body_end_ == body_size_ ? "announced" : "allowed"));
  return false;
}

// ---- The end -----------------------------------------------------------------------------------

void Transfer::Fail(FetchOutcome outcome, std::string message) {
  if (failed_) return;
  failed_ = true;
  result_.outcome = outcome;
  result_.message = absl::StrCat(url_.PublicName(), ": ", message);
}

bool Transfer::Finish(CURLcode code) {
  held_ = false;
  if (next_url_.has_value() && !failed_) {
    // Whatever became of the redirect's own body does not matter.
    if (!url_.MayShareCredentials(*next_url_)) drop_credentials_ = true;
    url_ = *std::move(next_url_);
    next_url_.reset();
    ++redirects_;
    ++shared_->figures.redirects;
    return true;
  }
  if (code != CURLE_OK) {
    Fail(OutcomeOf(code),
         absl::StrCat(curl_message_[0] != '\0' ? curl_message_.data() : curl_easy_strerror(code),
                      ", after ", result_.bytes, " bytes of body"));
  } else if (head_.state() != HeadReader::State::kComplete) {
    Fail(FetchOutcome::kBadAnswer, "the answer has no complete head");
  } else if (body_size_.has_value() && result_.bytes < *body_size_) {
    Fail(FetchOutcome::kTruncated, absl::StrCat(result_.bytes, " of the ", *body_size_,
                                                " bytes that Content-Range announced"));
  }
  if (failed_) ++shared_->figures.failures;
  return false;
}

FetchOutcome Transfer::OutcomeOf(CURLcode code) const {
  if (address_refused_) return FetchOutcome::kRefusedAddress;
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return FetchOutcome::kTimedOut;
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP2:
      return FetchOutcome::kBadAnswer;
    case CURLE_OUT_OF_MEMORY:  // what curl calls a header line of 100 KiB
      if (connected_ && head_.state() == HeadReader::State::kReading) {
        return FetchOutcome::kBadAnswer;
      }
      break;
    default:
      break;
  }
  return head_.state() == HeadReader::State::kComplete ? FetchOutcome::kTruncated
                                                       : FetchOutcome::kUnreachable;
}

// ---- Time and back-pressure --------------------------------------------------------------------

bool Transfer::CheckTimeouts(SteadyTime now) {
  if (running_ && connected_ && paused_) return false;
  const Duration limit =
      running_ && !connected_ ? request_.connect_timeout : request_.stall_timeout;
  if (now - since_ < limit) return false;
  if (next_url_.has_value()) return true;  // enough waited for a redirect's own body
  const char* what = !running_     ? "waited for a free slot"
                     : !connected_ ? "no connection"
                                   : "not one byte";
  Fail(FetchOutcome::kTimedOut, absl::StrCat(what, " for ", ToSeconds(limit), " s, after ",
                                             result_.bytes, " bytes of body"));
  return true;
}

SteadyTime Transfer::NextCheck(SteadyTime now) const {
  // Being connected or resumed restarts the clock, from then on with stall_timeout, so a look once
  // in that time is enough even if the present limit is longer.
  const SteadyTime latest = now + request_.stall_timeout;
  if (running_ && connected_ && paused_) return latest;
  return std::min(latest, since_ + (running_ && !connected_ ? request_.connect_timeout
                                                            : request_.stall_timeout));
}

void Transfer::Unpause(SteadyTime now) {
  if (paused_) since_ = now;
  paused_ = false;
}

CURLcode Transfer::ReleaseHeldBytes() {
  if (!held_ || paused_) return CURLE_OK;
  held_ = false;
  return curl_easy_pause(easy_, CURLPAUSE_CONT);
}

}  // namespace shoal::cdn
