// Learning curves as one SVG file: every seed thin, the interquartile mean across seeds thick, the interquartile range as a band.
// Colours repeat after seven arms, then dashed, after fourteen dotted.
// Text in, text out: the same curves give the same bytes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/run_reader.h"

namespace rove {

// One arm: runs that differ in their seed only.
struct Arm {
  std::string label;
  std::vector<Curve> seeds;
  std::optional<std::size_t> style = {};  // which colour and dashes; none: the arm's place in the picture
};

// The arm over a common grid of frames, from the latest first point to the earliest last one; each seed is interpolated
// linearly, since seeds do not evaluate at exactly the same frame. Empty if the seeds share no interval.
struct ArmSummary {
  std::vector<double> x, iqm, low, high;  // low, high: 25 and 75 % quantiles
};
ArmSummary Summarize(const Arm& arm);

// A horizontal line with a name: a published return, a threshold.
struct PlotLevel {
  double y = 0;
  std::string label;
};

struct PlotText {
  std::string title, y_label;
  std::string x_label = {};  // empty: x is environment frames, shown in thousands or millions
  // The curves' numbers are log10 of what the axis shows: ticks at powers of ten, and the axis begins where the curves do.
  bool log_x = false, log_y = false;
  std::string note = {};  // below the title; empty: what thin and thick lines are
  std::vector<PlotLevel> levels = {};
  bool counts = true;  // beside each name the curve's end and the number of seeds
};
std::string PlotSvg(const PlotText& text, const std::vector<Arm>& arms);

}  // namespace rove
