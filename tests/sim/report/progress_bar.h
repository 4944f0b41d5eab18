// How far a simulation is, in one line of a terminal that is written over and over.
//
// Ownership: borrows the stream, which must outlive it. Threads: not thread-safe.
#ifndef SHOAL_TESTS_SIM_REPORT_PROGRESS_BAR_H_
#define SHOAL_TESTS_SIM_REPORT_PROGRESS_BAR_H_

#include <cstdint>
#include <ostream>
#include <string>

namespace shoal::sim {

class ProgressBar {
 public:
  struct Step {
    double simulated_s = 0;
    double end_s = 0;
    std::uint32_t viewers = 0;
    std::uint64_t events = 0;
    double wall_s = 0;  // since the run began
  };

  // `label` stands before the bar. Writes nothing if `shown` is false.
  ProgressBar(std::ostream& out, std::string label, bool shown);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  // Clears the line.
  ~ProgressBar();

  // Shows `step`, unless a step was shown less than a tenth of a second of wall time before.
  void Show(const Step& step);

  // "[####----]  60/120 s  200 viewers  1.2 M events/s  12 s left"
  static std::string Line(const Step& step);

 private:
  std::ostream& out_;
  const std::string label_;
  const bool shown_;
  double last_shown_s_ = -1;
};

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_REPORT_PROGRESS_BAR_H_
