#include "eval/html_report.h"

#include <catch2/catch.hpp>

namespace rove {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("a report page is one file: it refers to nothing outside and escapes all text", "[eval][unit]") {
  HtmlReport page("a < b");
  page.Heading("\"q\" & more");
  page.Table({"name", "x"}, {{"<script>", "-1.5"}, {"two\n<lines>", "3 [1, 4]"}}, {"bad", ""});
  page.Figure("<svg></svg>\n", "c & d");
  const std::string html = page.Page();
  CHECK_THAT(html, Contains("<title>a &lt; b</title>") && Contains("<h2>&quot;q&quot; &amp; more</h2>") &&
                       Contains("<tr class=\"bad\"><td>&lt;script&gt;</td><td class=\"number\">-1.5</td></tr>") &&
                       Contains("<tr><td>two<br>&lt;lines&gt;</td><td class=\"number\">3 [1, 4]</td></tr>") &&
                       Contains("<figure>\n<svg></svg>\n<figcaption>c &amp; d</figcaption></figure>"));
  CHECK_THAT(html, !Contains("<script") && !Contains("src=") && !Contains("href=") && !Contains("url("));
}

TEST_CASE("a heat map runs from white to full colour and writes its values", "[eval][unit]") {
  const std::string svg = HeatMapsSvg({{.title = "m", .rows = {"r"}, .columns = {"1", "2", "3"}, .values = {0, 0.5, 1}}});
  CHECK_THAT(svg, Contains("#FFFFFF\"/>\n<text") && Contains("fill=\"#80B9D9\"") && Contains("fill=\"#0072B2\""));
  CHECK_THAT(svg, Contains(">.00<") && Contains(">.50<") && Contains(">1.0<"));
  CHECK_THAT(HeatMapsSvg({{.title = "m", .rows = {"r"}, .columns = {"1"}, .values = {0.996}}}), Contains(">1.0<"));
}

TEST_CASE("heat maps go into rows, each with the names at its left", "[eval][unit]") {
  const HeatMap map{.title = "m", .rows = {"a row"}, .columns = {"1"}, .values = {0}};
  const auto named = [&](int count, int per_row) {
    const std::string svg = HeatMapsSvg(std::vector<HeatMap>(static_cast<std::size_t>(count), map), per_row);
    int names = 0;
    for (std::size_t at = svg.find("a row"); at != std::string::npos; at = svg.find("a row", at + 1)) ++names;
    return names;
  };
  CHECK(named(3, 0) == 1);
  CHECK(named(3, 2) == 2);
  CHECK(named(4, 2) == 2);
}

}  // namespace
}  // namespace rove
