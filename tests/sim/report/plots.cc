#include "tests/sim/report/plots.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "common/base/atomic_file.h"

namespace shoal::sim {
namespace {

constexpr char kGnuplot[] = "gnuplot";
// Segments complete in bursts: shares of a single second say nothing.
constexpr std::size_t kSlidingSeconds = 10;

struct Chart {
  const char* name;
  const char* script;
};

constexpr char kPreamble[] = R"(# Made by shoal-sim; to draw again: gnuplot @NAME@.gp
set terminal pngcairo size 1000,560 noenhanced
set output '@NAME@.png'
set datafile separator '\t'
set key outside bottom center horizontal
set grid xtics ytics lt 1 lw 1 lc rgb '#dddddd'
set border 3
set tics nomirror
set tmargin 4
)";

constexpr char kOverTime[] = R"(set xlabel 'simulated time, s'
set xrange [0:@END@]
set object 1 rectangle from @FROM@, graph 0 to @TO@, graph 1 \
    fillcolor rgb '#f3f0e2' fillstyle solid noborder behind
set arrow 1 from @FROM@, graph 0 to @FROM@, graph 1 nohead front dt 3 lc rgb '#8a7f4d'
set arrow 2 from @TO@, graph 0 to @TO@, graph 1 nohead front dt 3 lc rgb '#8a7f4d'
set label 1 'measured' at @FROM@, graph 1.025 tc rgb '#8a7f4d' front
)";

constexpr Chart kCharts[] = {
    {"cdn_share", R"(set title 'CDN share: @TITLE@'
set ylabel 'CDN bytes / bytes for players, %, over 10 s'
set logscale y
set yrange [0.05:200]
set format y '%g'
plot 'seconds.tsv' using 1:(100*column('cdn_share')) \
         with lines lw 2 lc rgb '#c0392b' title 'CDN share', \
     @FLOOR@ with lines lw 1.5 dt 2 lc rgb '#2c3e50' \
         title sprintf('least possible: %.2f %%', @FLOOR@), \
     @SHARE@ with lines lw 1 dt 3 lc rgb '#c0392b' \
         title sprintf('measured: %.2f %%', @SHARE@)
)"},
    {"sources", R"(set title 'Where the bytes came from: @TITLE@'
set ylabel 'of all bytes received over 10 s, %'
set yrange [0:100]
plot 'seconds.tsv' using 1:(100):(100*column('cdn_received')) \
         with filledcurves lc rgb '#9cc4a5' title 'other viewers', \
     'seconds.tsv' using 1:(100*column('cdn_received')) \
         with filledcurves y1=0 lc rgb '#c0392b' title 'CDN'
)"},
    {"stalls", R"(set title 'Stalls: @TITLE@'
set ylabel 'viewers that stand still'
set y2label 'seconds of stalls, summed up'
set y2tics
set yrange [0:1<*]
set y2range [0:1<*]
set border 11
set style fill solid 0.7
plot 'seconds.tsv' using 1:'stalled' with boxes lc rgb '#c0392b' title 'standing still', \
     'seconds.tsv' using 1:'stalled_sum' axes x1y2 \
         with lines lw 2 lc rgb '#2c3e50' title 'seconds, summed up (right)'
)"},
    {"fairness", R"(set title 'Who gives how much (Jain index @JAIN@): @TITLE@'
set xlabel 'viewers that can upload, in order of what they gave, %'
set ylabel 'upload / own capacity, %'
set xrange [0:100]
set yrange [0:*]
plot 'upload_use.tsv' using 1:(100*column('use')) \
         with filledcurves y1=0 lc rgb '#9cc4a5' notitle, \
     'upload_use.tsv' using 1:(100*column('use')) \
         with lines lw 2 lc rgb '#27643a' title 'each viewer', \
     @MEAN@ with lines lw 1.5 dt 2 lc rgb '#2c3e50' title sprintf('mean: %.1f %%', @MEAN@)
)"},
};

// The uses of those who can upload, least first.
std::vector<double> SortedUse(const Result& result) {
  std::vector<double> use;
  for (const double value : result.upload_use) {
    if (std::isfinite(value)) use.push_back(value);
  }
  std::sort(use.begin(), use.end());
  return use;
}

std::string ScriptOf(const Chart& chart, const Result& result, const MeasuredTime& measured) {
  const std::vector<double> use = SortedUse(result);
  double mean = 0;
  for (const double value : use) mean += value / static_cast<double>(use.size());
  const bool over_time = std::strcmp(chart.name, "fairness") != 0;
  return absl::StrReplaceAll(
      absl::StrCat(kPreamble, over_time ? kOverTime : "", chart.script),
      {{"@NAME@", chart.name},
       {"@TITLE@",
        absl::StrReplaceAll(absl::StrCat(result.scenario, ", ", result.viewers, " viewers, seed ",
                                         result.seed, result.partial ? " (partial)" : ""),
                            {{"'", "''"}})},
       {"@END@", absl::StrFormat("%.0f", result.simulated_s)},
       {"@FROM@", absl::StrFormat("%.1f", measured.from)},
       {"@TO@", absl::StrFormat("%.1f", measured.to)},
       {"@FLOOR@", absl::StrFormat("%.6f", 100 * result.floor)},
       {"@SHARE@", absl::StrFormat("%.6f", 100 * result.cdn_share)},
       {"@JAIN@", absl::StrFormat("%.2f", result.upload_fairness)},
       {"@MEAN@", absl::StrFormat("%.6f", 100 * mean)}});
}

// Runs gnuplot in `folder` with one argument, and waits. `silent`: what it prints is dropped.
absl::Status RunGnuplot(const std::string& folder, const std::string& argument, bool silent) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  if (silent) {
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  }
  std::string program = kGnuplot, copy = argument;
  char* argv[] = {program.data(), copy.data(), nullptr};
  pid_t child = 0;
  const int error = posix_spawnp(&child, kGnuplot, &actions, nullptr, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT) {
    return absl::NotFoundError(
        "gnuplot, which draws the charts, is not installed (on Debian: gnuplot-nox)");
  }
  if (error != 0) return absl::UnavailableError(absl::StrCat("gnuplot: ", strerror(error)));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return absl::InternalError(absl::StrCat("gnuplot failed on ", argument, " in ", folder));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckGnuplot() { return RunGnuplot(".", "--version", true); }

std::string SecondsTable(const Result& result) {
  std::string out =
      "at\tviewers\tcdn_bytes\tpeer_bytes\tplayer_bytes\tcdn_share\tcdn_received\t"
      "stalled\tstalled_sum\n";
  double cdn = 0, peer = 0, player = 0, stalled_sum = 0;
  for (std::size_t i = 0; i < result.seconds.size(); ++i) {
    const Second& now = result.seconds[i];
    cdn += static_cast<double>(now.cdn_bytes);
    peer += static_cast<double>(now.peer_bytes);
    player += static_cast<double>(now.player_bytes);
    stalled_sum += now.stalled_seconds;
    if (i >= kSlidingSeconds) {
      const Second& gone = result.seconds[i - kSlidingSeconds];
      cdn -= static_cast<double>(gone.cdn_bytes);
      peer -= static_cast<double>(gone.peer_bytes);
      player -= static_cast<double>(gone.player_bytes);
    }
    // NaN where there is nothing to divide by: gnuplot leaves it out.
    const double received = cdn + peer;
    absl::StrAppendFormat(&out, "%g\t%d\t%d\t%d\t%d\t%g\t%g\t%g\t%g\n", now.at, now.viewers,
                          now.cdn_bytes, now.peer_bytes, now.player_bytes,
                          player > 0 ? cdn / player : NAN, received > 0 ? cdn / received : NAN,
                          now.stalled_seconds, stalled_sum);
  }
  return out;
}

std::string UploadUseTable(const Result& result) {
  std::string out = "viewers_percent\tuse\n";
  const std::vector<double> use = SortedUse(result);
  for (std::size_t i = 0; i < use.size(); ++i) {
    absl::StrAppendFormat(&out, "%g\t%g\n",
                          100.0 * static_cast<double>(i + 1) / static_cast<double>(use.size()),
                          use[i]);
  }
  return out;
}

absl::Status Plot(const Result& result, const MeasuredTime& measured, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return absl::UnavailableError(absl::StrCat(folder, ": ", error.message()));
  const auto write = [&folder](const std::string& name, const std::string& text) {
    return WriteFileAtomically(absl::StrCat(folder, "/", name), text);
  };
  if (absl::Status s = write("seconds.tsv", SecondsTable(result)); !s.ok()) return s;
  if (absl::Status s = write("upload_use.tsv", UploadUseTable(result)); !s.ok()) return s;
  for (const Chart& chart : kCharts) {
    const std::string script = absl::StrCat(chart.name, ".gp");
    if (absl::Status s = write(script, ScriptOf(chart, result, measured)); !s.ok()) return s;
    // Nobody to draw it of, and an empty chart is an error of gnuplot's.
    const bool empty = std::strcmp(chart.name, "fairness") == 0 ? SortedUse(result).empty()
                                                                : result.seconds.empty();
    if (empty) continue;
    if (absl::Status s = RunGnuplot(folder, script, false); !s.ok()) return s;
  }
  return absl::OkStatus();
}

}  // namespace shoal::sim
