#include "eval/html_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "core/error.h"

namespace rove {
namespace {

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; }
body { font: 15px/1.5 "DejaVu Sans", "Segoe UI", Helvetica, Arial, sans-serif; max-width: 1000px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.6em; } h2 { font-size: 1.3em; margin-top: 2em; border-bottom: 1px solid #8886; } h3 { font-size: 1.05em; }
table { border-collapse: collapse; margin: 1em 0; font-size: 13px; } .wide { overflow-x: auto; }
th, td { padding: 3px 9px; border-bottom: 1px solid #8884; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.good td:first-child { border-left: 5px solid #009E73; } tr.fair td:first-child { border-left: 5px solid #E69F00; }
tr.bad td:first-child { border-left: 5px solid #D55E00; }
figure { margin: 1em 0; } figure svg { max-width: 100%; height: auto; } figcaption { font-size: 13px; opacity: .8; }
@media print { body { max-width: none; } figure, table { break-inside: avoid; } }
)";

// "12", "-0.5", "<0.01", "(+0.1, 0.2)": a digit after at most two signs.
bool IsNumber(const std::string& cell) {
  const std::size_t digit = cell.find_first_not_of("+-(<");
  return digit <= 2 && digit < cell.size() && std::isdigit(static_cast<unsigned char>(cell[digit])) != 0;
}

std::string EscapeCell(const std::string& text) {
  std::string out;
  for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
    end = text.find('\n', begin);
    out += (begin == 0 ? "" : "<br>") + EscapeHtml(text.substr(begin, end - begin));
  }
  return out;
}

}  // namespace

std::string EscapeHtml(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

HtmlReport::HtmlReport(const std::string& title) : title_(EscapeHtml(title)) { body_ = "<h1>" + title_ + "</h1>\n"; }

void HtmlReport::Heading(const std::string& text) { body_ += "<h2>" + EscapeHtml(text) + "</h2>\n"; }
void HtmlReport::SubHeading(const std::string& text) { body_ += "<h3>" + EscapeHtml(text) + "</h3>\n"; }
void HtmlReport::Paragraph(const std::string& text) { body_ += "<p>" + EscapeHtml(text) + "</p>\n"; }

void HtmlReport::Table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows,
                       const std::vector<std::string>& marks) {
  body_ += "<div class=\"wide\"><table>\n<tr>";
  for (const std::string& cell : header) body_ += "<th>" + EscapeHtml(cell) + "</th>";
  body_ += "</tr>\n";
  for (std::size_t r = 0; r < rows.size(); ++r) {
    ROVE_CHECK_EQ(rows[r].size(), header.size());
    body_ += marks.empty() || marks[r].empty() ? "<tr>" : "<tr class=\"" + marks[r] + "\">";
    for (const std::string& cell : rows[r])
      body_ += (IsNumber(cell) ? "<td class=\"number\">" : "<td>") + EscapeCell(cell) + "</td>";
    body_ += "</tr>\n";
  }
  body_ += "</table></div>\n";
}

void HtmlReport::Figure(const std::string& svg, const std::string& caption) {
  body_ += "<figure>\n" + svg + "<figcaption>" + EscapeHtml(caption) + "</figcaption></figure>\n";
}

std::string HtmlReport::Page() const {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
         "content=\"width=device-width\">\n<title>" +
         title_ + "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n" + body_ + "</body>\n</html>\n";
}

std::string HeatMapsSvg(const std::vector<HeatMap>& maps, int per_row) {
  constexpr double kCell = 30, kNames = 150, kTop = 44, kGap = 26;
  ROVE_CHECK(!maps.empty());
  const std::size_t rows = maps[0].rows.size(), columns = maps[0].columns.size();
  const std::size_t across = per_row > 0 ? static_cast<std::size_t>(per_row) : maps.size();
  std::string body;
  const auto text = [&](double x, double y, const char* anchor, const char* fill, const std::string& what) {
    body += fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"{}\" fill=\"{}\">{}</text>\n", x, y, anchor, fill,
                        EscapeHtml(what));
  };
  const double map_width = kCell * static_cast<double>(columns) + kGap, map_height = kTop + kCell * static_cast<double>(rows) + 8;
  for (std::size_t m = 0; m < maps.size(); ++m) {
    const HeatMap& map = maps[m];
    ROVE_CHECK_EQ(map.rows.size(), rows);
    ROVE_CHECK_EQ(map.columns.size(), columns);
    ROVE_CHECK_EQ(map.values.size(), rows * columns);
    const double left = kNames + map_width * static_cast<double>(m % across);
    const double top = map_height * static_cast<double>(m / across) + kTop;
    for (std::size_t r = 0; m % across == 0 && r < rows; ++r)
      text(left - 8, top + kCell * (static_cast<double>(r) + 0.65), "end", "#333333", map.rows[r]);
    text(left, top - kTop + 16, "start", "#111111", map.title);
    for (std::size_t c = 0; c < columns; ++c)
      text(left + kCell * (static_cast<double>(c) + 0.5), top - 6, "middle", "#666666", map.columns[c]);
    for (std::size_t i = 0; i < map.values.size(); ++i) {
      const double x = left + kCell * static_cast<double>(i % columns), y = top + kCell * static_cast<double>(i / columns);
      const double value = std::clamp(map.values[i], 0.0, 1.0);  // white to #0072B2
      const auto shade = [&](int to) { return static_cast<int>(std::lround(255 + value * (to - 255))); };
      body += fmt::format("<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"{}\" height=\"{}\" fill=\"#{:02X}{:02X}{:02X}\"/>\n", x, y,
                          kCell - 1, kCell - 1, shade(0), shade(114), shade(178));
      const std::string number = fmt::format("{:.2f}", value);  // ".50", "1.0"
      text(x + kCell / 2, y + kCell * 0.62, "middle", value > 0.55 ? "#FFFFFF" : "#333333", number.substr(number[0] == '0', 3));
    }
  }
  const double width = kNames + map_width * static_cast<double>(std::min(across, maps.size()));
  const double height = map_height * static_cast<double>((maps.size() + across - 1) / across);
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
             "font-family=\"'DejaVu Sans', 'Segoe UI', Helvetica, Arial, sans-serif\" font-size=\"11\">\n"
             "<rect width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"#FFFFFF\"/>\n",
             width, height) +
         body + "</svg>\n";
}

}  // namespace rove
