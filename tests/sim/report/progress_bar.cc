#include "tests/sim/report/progress_bar.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace shoal::sim {
namespace {

constexpr int kBarWidth = 24;
constexpr double kIntervalS = 0.1;
constexpr char kClearLine[] = "\r\x1b[K";

}  // namespace

ProgressBar::ProgressBar(std::ostream& out, std::string label, bool shown)
    : out_(out), label_(std::move(label)), shown_(shown) {}

ProgressBar::~ProgressBar() {
  if (shown_) out_ << kClearLine << std::flush;
}

void ProgressBar::Show(const Step& step) {
  if (!shown_ || (last_shown_s_ >= 0 && step.wall_s < last_shown_s_ + kIntervalS)) return;
  last_shown_s_ = step.wall_s;
  out_ << kClearLine << label_ << " " << Line(step) << std::flush;
}

std::string ProgressBar::Line(const Step& step) {
  const double done = step.end_s > 0 ? std::clamp(step.simulated_s / step.end_s, 0.0, 1.0) : 1;
  const int filled = static_cast<int>(done * kBarWidth);
  std::string line =
      absl::StrCat("[", std::string(filled, '#'), std::string(kBarWidth - filled, '-'), "] ");
  absl::StrAppendFormat(&line, "%.0f/%.0f s  %d viewers", step.simulated_s, step.end_s,
                        step.viewers);
  if (step.wall_s > 0) {
    absl::StrAppendFormat(&line, "  %.0f k events/s",
                          static_cast<double>(step.events) / step.wall_s / 1e3);
  }
  // Viewers join at first, so that the time left is underrated until they have.
  if (done > 0 && step.wall_s > 0) {
    absl::StrAppendFormat(&line, "  %.0f s left", step.wall_s / done * (1 - done));
  }
  return line;
}

}  // namespace shoal::sim
