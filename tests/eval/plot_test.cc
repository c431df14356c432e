#include "eval/plot.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>

namespace rove {
namespace {

TEST_CASE("an arm's summary is interpolated on the frames that all its seeds cover", "[eval][unit]") {
  // On [10, 30] with three points: y at 10, 20, 30 is {0, 5, 10}, {1, 1, 1}, {4, 8, 12}, {100, 100, 100}, {-9, -9, -9}.
  const Arm arm{
      "a",
      {{{0, 10, 30}, {-5, 0, 10}}, {{5, 30}, {1, 1}}, {{10, 30, 50}, {4, 12, 0}}, {{10, 30}, {100, 100}}, {{0, 40}, {-9, -9}}}};
  const ArmSummary summary = Summarize(arm);
  CHECK(summary.x == std::vector<double>{10, 20, 30});
  CHECK(summary.iqm[0] == Approx(5.0 / 3));   // of -9 0 1 4 100
  CHECK(summary.iqm[1] == Approx(14.0 / 3));  // of -9 1 5 8 100
  CHECK(summary.low == std::vector<double>{0, 1, 1});
  CHECK(summary.high == std::vector<double>{4, 8, 12});
}

TEST_CASE("seeds without a common interval have no summary", "[eval][unit]") {
  CHECK(Summarize({"a", {{{0, 10}, {1, 1}}, {{20, 30}, {1, 1}}}}).x.empty());
  CHECK(Summarize({"a", {}}).x.empty());
}

TEST_CASE("the picture is the recorded one, byte for byte", "[eval][golden]") {
  const std::vector<Arm> arms = {
      {"made.count <b>", {{{50e3, 100e3, 200e3}, {0, 0.4, 0.8}}, {{50e3, 110e3, 190e3}, {0, 0.2, 0.7}}}},
      {"none", {{{50e3, 200e3}, {0, 0.01}}}}};
  const std::string svg = PlotSvg({"MiniGrid-MultiRoom-N7-S4-v0", "mean return, evaluation"}, arms);
  std::ifstream file(ROVE_SOURCE_DIR "/tests/golden/curves.svg");
  std::stringstream golden;
  golden << file.rdbuf();
  CHECK(svg == golden.str());  // after a wanted change: look at the new picture, then record it
}

TEST_CASE("logarithmic axes: ticks at powers of ten from where the curves begin", "[eval][unit]") {
  const std::string svg =
      PlotSvg({.title = "t", .y_label = "gap", .x_label = "steps", .log_x = true, .log_y = true}, {{"a", {{{1, 2.5}, {0, -3}}}}});
  using Catch::Matchers::Contains;
  // 78 to 710 pixels for 10 to 316: 100 is two thirds of the way along.
  CHECK_THAT(svg, Contains(">10</text>") && Contains(">100</text>") && !Contains(">1000</text>"));
  CHECK_THAT(svg, Contains("<polyline points=\"78.0,") && Contains("x=\"499.3\""));
  CHECK_THAT(svg, Contains(">0.001</text>") && Contains(">1</text>") && Contains(">0.001 at the end<"));
}

TEST_CASE("twenty-one arms look different from each other, and keep their looks when others are left out", "[eval][unit]") {
  const auto looks = [](const std::string& svg) {
    std::vector<std::string> out;
    for (std::size_t at = 0; (at = svg.find("stroke-width=\"3\"", at)) != std::string::npos; ++at) {
      const std::size_t colour = svg.rfind("stroke=\"", at);
      out.push_back(svg.substr(colour, svg.find("/>", at) - colour));
    }
    return out;
  };
  std::vector<Arm> arms;
  for (std::size_t a = 0; a < 21; ++a) arms.push_back({std::to_string(a), {{{0, 10}, {0, 1}}}, a});
  const auto all = looks(PlotSvg({"t", "y"}, arms));
  CHECK(std::set<std::string>(all.begin(), all.end()).size() == 21);
  const auto last = looks(PlotSvg({"t", "y"}, {arms.begin() + 19, arms.end()}));
  CHECK(last == std::vector<std::string>(all.end() - 2, all.end()));
}

TEST_CASE("curves a little below zero do not open an empty tick below", "[eval][unit]") {
  const auto has_tick = [](double low) {
    return PlotSvg({.title = "t", .y_label = "y"}, {{"a", {{{0, 1e5}, {low, 1}}}}}).find(">-0.2</text>") != std::string::npos;
  };
  CHECK_FALSE(has_tick(-0.02));
  CHECK(has_tick(-0.15));
}

}  // namespace
}  // namespace rove
