#include "tests/sim/config/scenario_options.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/quantity.h"

namespace shoal::sim {
namespace {

constexpr std::uint32_t kViewersMax = 100'000;
constexpr std::uint32_t kSegmentsMax = 100'000;
// Below, a segment is less than a piece and a run more playlists than segments.
constexpr Duration kSegmentDurationMin = Milliseconds(200);

absl::Status Fault(absl::string_view option, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat(option, ": ", problem));
}

// The groups of `written`, whose parts must make up all viewers.
absl::StatusOr<std::vector<RateGroup>> Groups(absl::string_view option,
                                              const std::vector<WhoseRate>& written,
                                              std::uint32_t viewers) {
  std::vector<Who> parts;
  for (const WhoseRate& part : written) parts.push_back(part.who);
  const absl::StatusOr<std::vector<double>> shares = SharesOf(parts, viewers);
  if (!shares.ok()) return Fault(option, shares.status().message());
  std::vector<RateGroup> groups;
  for (std::size_t i = 0; i < written.size(); ++i) {
    groups.push_back(RateGroup{(*shares)[i], written[i].bytes_per_second});
  }
  return groups;
}

double ShareOf(const Who& who, std::uint32_t viewers) {
  return who.share ? *who.share : who.count.value_or(viewers) / (1.0 * viewers);
}

std::uint32_t CountOf(const Who& who, std::uint32_t viewers) {
  return static_cast<std::uint32_t>(std::lround(ShareOf(who, viewers) * viewers));
}

std::vector<WhoseRate> Written(const std::vector<RateGroup>& groups) {
  std::vector<WhoseRate> written;
  for (const RateGroup& group : groups) {
    written.push_back(WhoseRate{Who{group.share, std::nullopt}, group.bytes_per_second});
  }
  return written;
}

std::vector<RateGroup> RatesOf(const std::vector<Rendition>& renditions) {
  std::vector<RateGroup> groups;
  for (const Rendition& rendition : renditions) {
    groups.push_back(RateGroup{rendition.share, rendition.bytes_per_second});
  }
  return groups;
}

void AddShare(ProgramOptions& options, const std::string& name, double& share,
              const std::string& help) {
  options.AddParsed(name, "SHARE", share, &ParseShare, FormatShare(share), help);
}

}  // namespace

const std::map<std::string, core::AssignmentKind>& AssignmentWords() {
  static const std::map<std::string, core::AssignmentKind> words = {
      {"lottery", core::AssignmentKind::kLottery},
      {"ratio", core::AssignmentKind::kRatio},
      {"off", core::AssignmentKind::kOff}};
  return words;
}

const std::map<std::string, core::HandoffMode>& HandoffWords() {
  static const std::map<std::string, core::HandoffMode> words = {
      {"deadline", core::HandoffMode::kDeadline}, {"request", core::HandoffMode::kRequest}};
  return words;
}

ScenarioOptions::ScenarioOptions(ProgramOptions& options, Scenario& scenario)
    : scenario_(scenario),
      measure_from_(scenario.measure_from.time_since_epoch()),
      renditions_(Written(RatesOf(scenario.stream.renditions))),
      up_(Written(scenario.network.up)),
      down_(Written({RateGroup{1, scenario.network.down_bytes_per_second}})),
      joins_({WhoWhen{Who{}, Outage{TimePoint{}, Seconds(20)}}}),
      socket_buffer_(scenario.network.socket_buffer) {
  DeclareRun(options);
  DeclareStream(options);
  DeclareViewers(options);
  DeclareNetwork(options);
  DeclareCdn(options);
  DeclareFaults(options);
  DeclareClient(options);
}

void ScenarioOptions::DeclareRun(ProgramOptions& options) {
  options.Group("Scenario: the run");
  options.Add("--description", "TEXT", scenario_.description, "What the scenario shows.");
  options.Add("--viewers", "N", scenario_.viewers, "How many there are at once, at most.")
      ->check(CLI::Range(1u, kViewersMax));
  options.Add("--seed", "N", scenario_.seed,
              "Where all randomness comes from: equal seeds, equal runs.");
  options.AddDuration("--length", scenario_.length, "Simulated time.");
  options.AddDuration("--measure-from", measure_from_, "When the measured time begins.");
  options.AddDuration("--measure-for", scenario_.measure_for, "How long it is.");
}

void ScenarioOptions::DeclareStream(ProgramOptions& options) {
  Stream& stream = scenario_.stream;
  options.Group("Scenario: the stream");
  options.AddParsed("--renditions", "RATES", renditions_, &ParseRates,
                    FormatRates(RatesOf(stream.renditions)),
                    "Bit rates, and who starts on which: 2Mbit, or 60%:2Mbit,40%:1Mbit. The "
                    "viewers of each are a swarm.");
  options.AddDuration("--segment-duration", stream.segment_duration, "Length of a segment.");
  options.Add("--listed-segments", "N", stream.listed_segments, "Segments in the live playlist.")
      ->check(CLI::Range(1u, 1000u));
  options
      .Add("--vod-segments", "N", stream.vod_segments,
           "Not live but on demand: this many segments, all listed from the start. 0: live.")
      ->check(CLI::Range(0u, kSegmentsMax));
  AddShare(options, "--size-jitter", stream.size_jitter,
           "How far, at most, segments are larger or smaller than their bit rate says.");
}

void ScenarioOptions::DeclareViewers(ProgramOptions& options) {
  PlayerHabits& players = scenario_.players;
  options.Group("Scenario: the viewers");
  options.AddParsed("--joins", "JOINS", joins_, &ParseJoins, "rest@0s+20s",
                    "Who comes when, evenly spread: 100@0s+20s,rest@1min+30s is a hundred within "
                    "the first 20 s, and all others within half a minute from 1min on. Also 10%.");
  options.AddDuration("--mean-stay", scenario_.churn.mean_stay,
                      "Viewers leave after this, on average (exponential), and another comes in "
                      "their place. 0: all stay.");
  AddShare(options, "--abrupt-leavers", scenario_.churn.abrupt_share,
           "Of those who leave: gone without a word.");
  options.AddDuration("--live-delay", players.live_delay,
                      "How far behind the live edge players start. 0: three segments.");
  AddShare(options, "--pausing", players.pausing_share, "Who pauses once for 10 s.");
  AddShare(options, "--seeking", players.seeking_share,
           "Who seeks once: anywhere on demand, two segments back live.");
  AddShare(options, "--switching", players.switching_share, "Who changes rendition once.");
}

void ScenarioOptions::DeclareNetwork(ProgramOptions& options) {
  Network& network = scenario_.network;
  options.Group("Scenario: the viewers' network");
  options.AddParsed("--up", "RATES", up_, &ParseRates, FormatRates(network.up),
                    "What they can send: 5Mbit, or 40%:0,30%:2Mbit,rest:10Mbit.");
  options.AddParsed("--down", "RATES", down_, &ParseRates,
                    FormatRates({RateGroup{1, network.down_bytes_per_second}}),
                    "What they can receive, written alike; 1:2Mbit,rest:50Mbit is one viewer with "
                    "less than all others.");
  options.AddDuration("--latency-min", network.latency_min,
                      "One way between two viewers: drawn once a pair, from this …");
  options.AddDuration("--latency-max", network.latency_max, "… to this.");
  AddShare(options, "--loss", network.loss, "Of packets: each costs a retransmission.");
  options.AddByteSize("--socket-buffer", socket_buffer_,
                      "What a sender's kernel takes and nobody can recall.");
  AddShare(options, "--undiallable", network.undiallable_share, "Who dials but cannot be dialled.");
}

void ScenarioOptions::DeclareCdn(ProgramOptions& options) {
  Cdn& cdn = scenario_.cdn;
  options.Group("Scenario: the CDN");
  options.AddDuration("--cdn-first-byte", cdn.first_byte, "Least time to the first byte.");
  options.AddDuration("--cdn-first-byte-jitter", cdn.first_byte_jitter,
                      "Mean of an exponential that is added to it.");
  options.AddParsed("--cdn-rate", "RATE", cdn.bytes_per_second, &ParseRate, "0",
                    "Of one transfer; 0: the viewer's line is the limit.");
  AddShare(options, "--cdn-errors", cdn.error_share, "Of segment requests: answered by 503.");
  options.AddParsed("--cdn-outage", "OUTAGES", scenario_.faults.cdn, &ParseOutages, "",
                    "When every request fails: 1min+5s is five seconds from 1min on; a list.");
}

void ScenarioOptions::DeclareFaults(ProgramOptions& options) {
  Faults& faults = scenario_.faults;
  options.Group("Scenario: what goes wrong");
  options.AddParsed("--tracker-outage", "OUTAGES", faults.tracker, &ParseOutages, "",
                    "When the tracker does not answer, written alike.");
  options.AddParsed("--partition", "CUTS", partitions_, &ParseCuts, "",
                    "Who is cut off from all other viewers, and when: 30%@1min+20s; a list.");
  options.AddDuration("--stale-handouts", faults.stale_handouts,
                      "The tracker answers from what it knew this long ago.");
  AddShare(options, "--trickling", faults.trickling_share,
           "Who sends at a hundredth of its line, whatever it announces.");
  AddShare(options, "--lying", faults.lying_share, "Who announces progress that it has not.");
  AddShare(options, "--freeloading", faults.freeloading_share, "Whose owner allows no upload.");
  options.AddParsed("--deaths", "WHO@TIME", deaths_, &ParseDeaths, "",
                    "Who dies without a word, and when: 10%@1min.");
}

void ScenarioOptions::DeclareClient(ProgramOptions& options) {
  core::CoreConfig& client = scenario_.client;
  options.Group("Scenario: the clients, as shoal-client has it");
  options.AddChoice("--assignment", client.assignment, AssignmentWords(),
                    "How a client finds out which pieces it fetches from the CDN for all.");
  options.AddChoice("--handoff", client.handoff, HandoffWords(),
                    "When to take from the CDN what others have not delivered.");
  options.AddBitRate("--max-upload", client.max_upload_bytes_per_second,
                     "Cap that every owner sets, whatever the line could do; none if not given.");
  options.AddByteSize("--cache-bytes", client.cache_bytes, "Memory for segments.");
  options.Add("--links", "N", client.links, "Links per swarm to strive for.")
      ->check(CLI::Range(1u, 1000u));
}

absl::Status ScenarioOptions::Finish() {
  scenario_.measure_from = TimePoint(measure_from_);
  scenario_.network.socket_buffer =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(socket_buffer_, UINT32_MAX));
  if (absl::Status fault = FinishRates(); !fault.ok()) return fault;
  if (absl::Status fault = FinishJoins(); !fault.ok()) return fault;
  if (absl::Status fault = FinishFaults(); !fault.ok()) return fault;
  return CheckTimes();
}

absl::Status ScenarioOptions::FinishRates() {
  const std::uint32_t viewers = scenario_.viewers;
  auto up = Groups("--up", up_, viewers);
  if (!up.ok()) return up.status();
  auto down = Groups("--down", down_, viewers);
  if (!down.ok()) return down.status();
  const auto renditions = Groups("--renditions", renditions_, viewers);
  if (!renditions.ok()) return renditions.status();

  scenario_.network.up = *std::move(up);
  for (const RateGroup& group : *down) {
    if (group.bytes_per_second <= 0) return Fault("--down", "nobody can watch with a rate of 0");
  }
  scenario_.network.down_bytes_per_second = down->front().bytes_per_second;
  scenario_.network.down.clear();
  if (down->size() > 1) scenario_.network.down = *std::move(down);
  scenario_.stream.renditions.clear();
  for (const RateGroup& group : *renditions) {
    if (group.bytes_per_second <= 0) return Fault("--renditions", "a rate of 0 is no stream");
    scenario_.stream.renditions.push_back(Rendition{group.bytes_per_second, group.share});
  }
  return absl::OkStatus();
}

absl::Status ScenarioOptions::FinishJoins() {
  std::vector<Who> parts;
  for (const WhoWhen& join : joins_) parts.push_back(join.who);
  const absl::StatusOr<std::vector<double>> shares = SharesOf(parts, scenario_.viewers);
  if (!shares.ok()) return Fault("--joins", shares.status().message());
  scenario_.joins.clear();
  std::uint32_t left = scenario_.viewers;
  for (std::size_t i = 0; i < joins_.size(); ++i) {
    const bool last = i + 1 == joins_.size();
    const auto wanted = static_cast<std::uint32_t>(std::lround((*shares)[i] * scenario_.viewers));
    const std::uint32_t count = last ? left : std::min(wanted, left);
    left -= count;
    // To the simulation 0 means whoever is left: not what was written.
    if (count == 0) continue;
    scenario_.joins.push_back(Joins{count, joins_[i].when.begin, joins_[i].when.length});
  }
  return absl::OkStatus();
}

absl::Status ScenarioOptions::FinishFaults() {
  Faults& faults = scenario_.faults;
  for (const WhoWhen& cut : partitions_) {
    faults.partitions.push_back(Partition{cut.when, ShareOf(cut.who, scenario_.viewers)});
  }
  if (deaths_) {
    faults.killed = CountOf(deaths_->who, scenario_.viewers);
    faults.kill_at = deaths_->when.begin;
    if (faults.killed > scenario_.viewers) return Fault("--deaths", "more than there are viewers");
  }
  return absl::OkStatus();
}

absl::Status ScenarioOptions::CheckTimes() const {
  if (scenario_.stream.segment_duration < kSegmentDurationMin) {
    return Fault("--segment-duration",
                 absl::StrCat("must be at least ", FormatDuration(kSegmentDurationMin)));
  }
  if (scenario_.measure_for <= Duration{}) return Fault("--measure-for", "must be more than 0");
  if (measure_from_ + scenario_.measure_for > scenario_.length) {
    return Fault("--measure-for",
                 absl::StrCat("the measured time ends at ",
                              FormatDuration(measure_from_ + scenario_.measure_for),
                              ", after --length ", FormatDuration(scenario_.length)));
  }
  if (scenario_.network.latency_min > scenario_.network.latency_max) {
    return Fault("--latency-min", absl::StrCat("is over --latency-max ",
                                               FormatDuration(scenario_.network.latency_max)));
  }
  return absl::OkStatus();
}

}  // namespace shoal::sim
