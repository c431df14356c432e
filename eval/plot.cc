#include "eval/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "eval/html_report.h"
#include "eval/statistics.h"

namespace rove {
namespace {

// Pixels. The right margin holds the arms' names, beside the ends of their curves.
constexpr double kWidth = 900, kHeight = 500, kLeft = 78, kRight = 190, kTop = 78, kBottom = 62;
constexpr std::size_t kMaxGrid = 400;

// Okabe and Ito's colours, told apart by colour-blind readers, on white; yellow left out.
constexpr std::array<const char*, 7> kColours = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555"};

constexpr std::array<const char*, 3> kDashes = {"", " stroke-dasharray=\"7 4\"", " stroke-dasharray=\"2 3\""};

struct Style {
  Style(const Arm& arm, std::size_t place) {
    const std::size_t style = arm.style.value_or(place);
    colour = kColours[style % kColours.size()];
    dashes = kDashes[style / kColours.size() % kDashes.size()];
  }
  const char *colour, *dashes;
};

double Interpolate(const Curve& curve, double x) {
  const auto above = std::lower_bound(curve.x.begin(), curve.x.end(), x);
  if (above == curve.x.begin()) return curve.y.front();
  if (above == curve.x.end()) return curve.y.back();
  const auto i = static_cast<std::size_t>(above - curve.x.begin());
  return std::lerp(curve.y[i - 1], curve.y[i], (x - curve.x[i - 1]) / (curve.x[i] - curve.x[i - 1]));
}

// Round numbers covering [low, high]: steps of 1, 2 or 5 times a power of ten, at most `most` of them.
struct Axis {
  Axis(double low, double high, int most) {
    if (high <= low) high = low + 1;
    step = std::pow(10.0, std::floor(std::log10((high - low) / most)));
    for (const double factor : {2.0, 2.5, 2.0}) {
      if ((high - low) / step > most) step *= factor;
    }
    first = std::floor(low / step + 1e-9) * step;
    last = std::ceil(high / step - 1e-9) * step;
  }
  int ticks() const { return static_cast<int>(std::lround((last - first) / step)) + 1; }
  double tick(int i) const { return first + step * i; }
  int decimals() const { return std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9))); }
  double first = 0, last = 1, step = 1;
};

class Svg {
 public:
  Svg(Axis x, Axis y) : x_(x), y_(y) {}
  double X(double x) const { return kLeft + (x - x_.first) / (x_.last - x_.first) * (kWidth - kLeft - kRight); }
  double Y(double y) const { return kHeight - kBottom - (y - y_.first) / (y_.last - y_.first) * (kHeight - kTop - kBottom); }

  std::string Points(const std::vector<double>& x, const std::vector<double>& y) const {
    std::string out;
    for (std::size_t i = 0; i < x.size(); ++i) out += fmt::format("{}{:.1f},{:.1f}", i == 0 ? "" : " ", X(x[i]), Y(y[i]));
    return out;
  }
  std::string Line(const std::vector<double>& x, const std::vector<double>& y, const char* colour, double width, double opacity,
                   const char* dashes) const {
    return fmt::format(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-opacity=\"{}\" "
        "stroke-linejoin=\"round\"{}/>\n",
        Points(x, y), colour, width, opacity, dashes);
  }
  std::string Band(const ArmSummary& arm, const char* colour) const {
    std::vector<double> x = arm.x, y = arm.high;
    x.insert(x.end(), arm.x.rbegin(), arm.x.rend());
    y.insert(y.end(), arm.low.rbegin(), arm.low.rend());
    return fmt::format("<polygon points=\"{}\" fill=\"{}\" fill-opacity=\"0.16\"/>\n", Points(x, y), colour);
  }

 private:
  Axis x_, y_;
};

std::string Text(double x, double y, const std::string& text, const std::string& style) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, style, EscapeHtml(text));
}

// 10^log10 as people write it: 0.001, 100, 1e-06.
std::string Power(double log10) { return fmt::format("{:.2g}", std::pow(10.0, log10)); }

// Frames are shown in thousands or millions, so that ticks stay short.
struct FrameUnit {
  double size = 1;
  std::string label = "environment frames";
};
FrameUnit UnitFor(const std::string& x_label, double frames) {
  if (!x_label.empty()) return {1, x_label};
  if (frames >= 0.999e6) return {1e6, "environment frames (millions)"};
  if (frames >= 2e4) return {1e3, "environment frames (thousands)"};
  return {};
}

std::string Frame(const Svg& svg, const Axis& x, const Axis& y, const FrameUnit& unit, const PlotText& text) {
  const double bottom = kHeight - kBottom, right = kWidth - kRight;
  std::string out;
  for (int i = 0; i < y.ticks(); ++i) {
    const double at = svg.Y(y.tick(i));
    out += fmt::format("<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#E3E3E3\"/>\n", kLeft, right, at, at);
    out += Text(kLeft - 10, at + 4.5, text.log_y ? Power(y.tick(i)) : fmt::format("{:.{}f}", y.tick(i) + 0.0, y.decimals()),
                "text-anchor=\"end\"");
  }
  out += fmt::format("<line x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\" stroke=\"#333333\"/>\n", kLeft, right, bottom, bottom);
  for (int i = 0; i < x.ticks(); ++i) {
    const double at = svg.X(x.tick(i));
    out +=
        fmt::format("<line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\" stroke=\"#333333\"/>\n", at, at, bottom, bottom + 5);
    const int decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(x.step / unit.size) - 1e-9)));
    out += Text(
        at, bottom + 21,
        text.log_x ? fmt::format("{:.0f}", std::pow(10.0, x.tick(i))) : fmt::format("{:.{}f}", x.tick(i) / unit.size, decimals),
        "text-anchor=\"middle\"");
  }
  out += Text((kLeft + right) / 2, kHeight - 16, unit.label, "text-anchor=\"middle\"");
  const double middle = (kTop + bottom) / 2;
  out += Text(20, middle, text.y_label, fmt::format("text-anchor=\"middle\" transform=\"rotate(-90 20 {:.1f})\"", middle));
  return out;
}

// Heights of the names: each at its curve's end, moved apart to at least `gap`, kept inside the picture.
std::vector<double> Spread(const std::vector<double>& wanted, double gap, double top, double bottom) {
  std::vector<std::size_t> order(wanted.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return wanted[a] < wanted[b]; });
  std::vector<double> at = wanted;
  double lowest = top;
  for (const std::size_t i : order) lowest = (at[i] = std::max(at[i], lowest)) + gap;
  double highest = bottom;
  for (auto i = order.rbegin(); i != order.rend(); ++i) highest = (at[*i] = std::min(at[*i], highest)) - gap;
  return at;
}

}  // namespace

ArmSummary Summarize(const Arm& arm) {
  double first = -std::numeric_limits<double>::infinity(), last = -first;
  std::size_t points = 2;
  for (const Curve& seed : arm.seeds) {
    if (seed.x.empty()) return {};
    first = std::max(first, seed.x.front());
    last = std::min(last, seed.x.back());
    points = std::max(points, seed.x.size());
  }
  if (arm.seeds.empty() || last <= first) return {};
  points = std::min(points, kMaxGrid);
  ArmSummary out;
  std::vector<double> values(arm.seeds.size());
  for (std::size_t i = 0; i < points; ++i) {
    const double x = std::lerp(first, last, static_cast<double>(i) / static_cast<double>(points - 1));
    for (std::size_t s = 0; s < values.size(); ++s) values[s] = Interpolate(arm.seeds[s], x);
    out.x.push_back(x);
    out.iqm.push_back(Iqm(values));
    out.low.push_back(Quantile(values, 0.25));
    out.high.push_back(Quantile(values, 0.75));
  }
  return out;
}

std::string PlotSvg(const PlotText& text, const std::vector<Arm>& arms) {
  double x_first = text.log_x ? 1e300 : 0, x_last = text.log_x ? 0 : 1;
  double y_first = 0, y_last = 0;  // zero belongs to a picture of returns
  for (const PlotLevel& level : text.levels) y_first = std::min(y_first, level.y), y_last = std::max(y_last, level.y);
  for (const Arm& arm : arms) {
    for (const Curve& seed : arm.seeds) {
      for (const double x : seed.x) x_first = std::min(x_first, x), x_last = std::max(x_last, x);
      for (const double y : seed.y) y_first = std::min(y_first, y), y_last = std::max(y_last, y);
    }
  }
  Axis x(0, x_last, 8), y(y_first, y_last, 6);
  if (text.log_x) x.first = x_first, x.step = 1;
  x.last = std::min(x.last, x_last);  // frames end where the runs end
  Axis x_ticks = x, y_ticks = y;
  x_ticks.first = std::ceil(x.first / x.step - 1e-9) * x.step;
  x_ticks.last = std::floor(x.last / x.step + 1e-9) * x.step;
  if (y_first > -0.25 * y.step && y_first < 0) y.first = y_first, y_ticks.first = 0;  // a little below zero needs no tick
  const FrameUnit unit = UnitFor(text.x_label, x_ticks.last);
  const Svg svg(x, y);

  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
      "font-family=\"'DejaVu Sans', 'Segoe UI', Helvetica, Arial, sans-serif\" font-size=\"13\" fill=\"#333333\">\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"#FFFFFF\"/>\n",
      kWidth, kHeight);
  out += Text(kLeft, 30, text.title, "font-size=\"17\" font-weight=\"bold\" fill=\"#111111\"");
  out += Text(
      kLeft, 52,
      text.note.empty() ? "thin: each seed; thick: interquartile mean of the seeds; band: their interquartile range" : text.note,
      "fill=\"#666666\" font-size=\"12\"");
  out += Frame(svg, x_ticks, y_ticks, unit, text);
  for (const PlotLevel& level : text.levels) {
    out += svg.Line({x.first, x.last}, {level.y, level.y}, "#333333", 1, 0.7, " stroke-dasharray=\"2 4\"");
    out += Text(kLeft + 6, svg.Y(level.y) - 4, level.label, "fill=\"#333333\" font-size=\"11\"");
  }

  std::string thick, names;
  std::vector<double> ends;
  for (std::size_t a = 0; a < arms.size(); ++a) {
    const auto [colour, dashes] = Style(arms[a], a);
    const ArmSummary summary = Summarize(arms[a]);
    const bool several = arms[a].seeds.size() > 1;
    if (several && !summary.x.empty()) out += svg.Band(summary, colour);
    const double opacity = arms[a].seeds.size() > 10 ? 0.2 : several ? 0.45 : 1;
    for (const Curve& seed : arms[a].seeds) out += svg.Line(seed.x, seed.y, colour, several ? 1 : 2, opacity, dashes);
    if (several && !summary.x.empty()) thick += svg.Line(summary.x, summary.iqm, colour, 3, 1, dashes);
    ends.push_back(svg.Y(summary.iqm.empty() ? 0 : summary.iqm.back()));
  }
  out += thick;
  const double names_top = kTop + 8, names_bottom = kHeight - kBottom - 14;
  const double gap = std::min(40.0, (names_bottom - names_top) / std::max<double>(1, static_cast<double>(arms.size()) - 1));
  const bool counts = text.counts && gap >= 32;  // a second line below each name
  const std::vector<double> at = Spread(ends, text.counts ? gap : std::min(gap, 22.0), names_top, names_bottom);
  for (std::size_t a = 0; a < arms.size(); ++a) {
    const auto [colour, dashes] = Style(arms[a], a);
    const ArmSummary summary = Summarize(arms[a]);
    const double left = kWidth - kRight + 14;
    out += fmt::format("<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" stroke-width=\"3\"{}/>\n", left,
                       left + 18, at[a], at[a], colour, dashes);
    out += Text(left + 26, at[a] + 4.5, arms[a].label, "font-weight=\"bold\"");
    if (!counts) continue;
    const std::string count = arms[a].seeds.size() == 1 ? "1 seed" : fmt::format("{} seeds", arms[a].seeds.size());
    std::string note = count;
    if (!summary.iqm.empty()) {
      note = text.log_y ? Power(summary.iqm.back()) + " at the end"
                        : fmt::format("{:.2f} at the end, {}", summary.iqm.back(), count);
    }
    out += Text(left + 26, at[a] + 20, note, "fill=\"#666666\" font-size=\"11\"");
  }
  return out + "</svg>\n";
}

}  // namespace rove
