// The figures of a result as a table, so that summary, JSON and the medians over several seeds name
// and order them alike. Threads: any.
#ifndef SHOAL_TESTS_SIM_REPORT_FIGURES_H_
#define SHOAL_TESTS_SIM_REPORT_FIGURES_H_

#include <span>
#include <string>
#include <vector>

#include "tests/sim/result.h"

namespace shoal::sim {

enum class FigureUnit { kShare, kSeconds, kSecondsPerHour, kRatio };

struct Figure {
  const char* key;    // in JSON
  const char* label;  // in the summary
  FigureUnit unit;
  double Result::*value;
  bool more_is_worse = true;
};

std::span<const Figure> Figures();

// "1.54 %", "0.214 s".
std::string FormatFigure(FigureUnit unit, double value);

// The middle of `values`, of an even number the mean of the two in the middle; 0 if there are none.
double Median(std::vector<double> values);

// The median, and the worst, of one figure over several results.
double MedianOf(const Figure& figure, std::span<const Result> results);
double WorstOf(const Figure& figure, std::span<const Result> results);

// The CDN's share as a multiple of the least possible; 0 if that is not known.
double TimesTheFloor(const Result& result);

}  // namespace shoal::sim

#endif  // SHOAL_TESTS_SIM_REPORT_FIGURES_H_
