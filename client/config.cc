#include "client/config.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/hls/path_filter.h"
#include "client/hls/url.h"
#include "client/proxy/host_header.h"
#include "common/cli/logging.h"
#include "common/cli/program_options.h"
#include "common/grpc/ip_address.h"

namespace shoal {
namespace {

// A cache must hold a few segments at once; a quarter of it bounds the largest that is shared.
constexpr std::uint64_t kCacheBytesMin = 4u << 20;
constexpr std::size_t kNamespaceBytesMax = 256;

absl::StatusOr<hls::Url> ParseOrigin(const std::string& text) {
  const absl::StatusOr<hls::Url> url = hls::Url::Parse(text);
  if (!url.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--origin: \"", text, "\" is not an http or https URL: ", url.status().message()));
  }
  if (url->path() != "/" || url->query()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--origin: \"", text, "\" must end after host and port (\"", url->Origin(),
                     "\"): the path is what players ask for"));
  }
  return url;
}

// HOST:PORT, both there.
absl::Status CheckHostAndPort(absl::string_view option, const std::string& text) {
  const auto parsed = proxy::ParseHostAndPort(text);
  if (parsed && parsed->port) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(option, ": \"", text, "\" is not HOST:PORT"));
}

// The origin before it is checked, beside what needs no check of ours.
struct Written {
  std::string origin;
  runtime::Options options;
};

void DeclareWhereFrom(ProgramOptions& options, Written& written) {
  options.Group("Where the stream comes from");
  options
      .Add(
          "--origin", "URL", written.origin,
          "The site whose streams to play, such as https://cdn.example.com. Whatever a player asks "
          "this client for, /live/index.m3u8 say, is that path at the origin.")
      ->required();
  options.Add("--origin-ca", "FILE", written.options.origin_ca_file,
              "Trust the certificate authorities in this PEM file for https, not the system's.");
  options.AddFlag("--share-private", written.options.share_private,
                  "Share with other viewers even what the origin marks as meant for one viewer "
                  "(Set-Cookie, Cache-Control: private or no-store, answers to Authorization). Use "
                  "it only if all viewers may see the same bytes.");
}

void DeclarePlayers(ProgramOptions& options, Written& written, std::string& ports_file) {
  options.Group("Players on this machine");
  options.Add("--listen", "HOST:PORT", written.options.listen,
              "Where players connect. Port 0 takes a free one. Another address than loopback "
              "serves other machines, too: everybody who can reach it.");
  options.Add("--ports-file", "FILE", ports_file,
              "Once both ports are open, write them to this file, as the lines listen=PORT and "
              "peer=PORT.");
}

void DeclarePeers(ProgramOptions& options, Written& written) {
  options.Group("Other viewers");
  options.Add("--tracker", "HOST:PORT", written.options.tracker,
              "The tracker that tells viewers of each other. Without it this client is a plain "
              "caching proxy.");
  options.Add("--peer-listen", "ADDRESS:PORT", written.options.peer_listen,
              "Where other clients connect; [::] means all addresses, IPv4 included, port 0 a free "
              "one. Give a port if a router or firewall must let it through.");
  options.AddBitRate("--max-upload", written.options.core.max_upload_bytes_per_second,
                     "Upload to other viewers no faster than this, such as 8Mbit; 0 uploads "
                     "nothing. Default: as fast as the line allows.");
  options.Add("--state-dir", "DIR", written.options.state_dir,
              "Keep this client's key here, so that it is the same peer after a restart. Without "
              "it each start makes a new one.");
  options.Add("--namespace", "NAME", written.options.name_space,
              "Only clients with the same name share. Default: the origin's host. Set it where one "
              "stream has several origins.");
  options.Add("--ignore-path", "REGEX", written.options.ignore_path_text,
              "What this expression matches in a path is not looked at when streams and segments "
              "are compared: for session tokens in paths, such as /token-[^/]*.");
}

void DeclareMethod(ProgramOptions& options, Written& written) {
  options.Group("How segments are fetched");
  options.AddChoice(
      "--assignment", written.options.core.assignment,
      {{"lottery", core::AssignmentKind::kLottery},
       {"ratio", core::AssignmentKind::kRatio},
       {"off", core::AssignmentKind::kOff}},
      "How this client finds out which pieces it fetches from the origin for all: lottery; ratio, "
      "a list that it corrects after each segment, which takes more from the origin; or off to "
      "take everything from the origin and share nothing.");
  options.AddChoice(
      "--handoff", written.options.core.handoff,
      {{"deadline", core::HandoffMode::kDeadline}, {"request", core::HandoffMode::kRequest}},
      "When to take from the origin what other viewers have not delivered: deadline, "
      "at the last safe moment, or request, as soon as the player asks.");
  options.AddByteSize(
      "--cache-bytes", written.options.core.cache_bytes,
      "Memory for segments, at least 4MiB. Segments larger than a quarter of it are "
      "not shared.");
}

absl::Status Check(Written& written) {
  runtime::Options& options = written.options;
  absl::StatusOr<hls::Url> origin = ParseOrigin(written.origin);
  if (!origin.ok()) return origin.status();
  options.origin = *std::move(origin);
  if (absl::Status s = CheckHostAndPort("--listen", options.listen); !s.ok()) return s;
  if (!options.tracker.empty()) {
    if (absl::Status s = CheckHostAndPort("--tracker", options.tracker); !s.ok()) return s;
  }
  if (const auto endpoint = ParseEndpoint(options.peer_listen); !endpoint.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--peer-listen: \"", options.peer_listen,
                                                   "\" is not ADDRESS:PORT with an IP address"));
  }
  if (options.name_space.size() > kNamespaceBytesMax ||
      absl::StrContains(options.name_space, '\0')) {
    return absl::InvalidArgumentError(
        absl::StrCat("--namespace: more than ", kNamespaceBytesMax, " bytes"));
  }
  absl::StatusOr<hls::PathFilter> filter = hls::PathFilter::Compile(options.ignore_path_text);
  if (!filter.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--ignore-path: ", filter.status().message()));
  }
  options.ignore_path = *std::move(filter);
  if (options.core.cache_bytes < kCacheBytesMin) {
    return absl::InvalidArgumentError("--cache-bytes: at least 4MiB");
  }
  return absl::OkStatus();
}

}  // namespace

std::variant<ClientConfig, int> ReadClientConfig(int argc, const char* const* argv,
                                                 std::ostream& out, std::ostream& err) {
  // Stands for the origin until it is known.
  Written written{.origin = "", .options = runtime::Options(*hls::Url::Parse("http://localhost"))};
  std::string ports_file;
  std::string log_level = "info";
  ProgramOptions options(
      "shoal-client",
      "Plays HLS streams together with other viewers: a proxy on this machine that gets each "
      "segment from viewers who have it, and from the origin only what nobody could give in time. "
      "Point any player at http://127.0.0.1:8090/ followed by the stream's path at the origin.");
  DeclareWhereFrom(options, written);
  DeclarePlayers(options, written, ports_file);
  DeclarePeers(options, written);
  DeclareMethod(options, written);
  options.Group("This program");
  AddLogLevelOption(options, log_level);
  if (const std::optional<int> status = options.Parse(argc, argv, out, err)) return *status;
  if (const absl::Status checked = Check(written); !checked.ok()) {
    err << "shoal-client: " << std::string(checked.message()) << "\n";
    return kExitUsage;
  }
  return ClientConfig{.client = std::move(written.options),
                      .ports_file = std::move(ports_file),
                      .log_level = std::move(log_level)};
}

}  // namespace shoal
