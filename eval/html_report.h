// One self-contained HTML page: headings, text, tables, and figures as inline SVG. Text in, text out: the same content gives the
// same bytes. All text is escaped.
#pragma once

#include <string>
#include <vector>

namespace rove {

std::string EscapeHtml(const std::string& text);

class HtmlReport {
 public:
  explicit HtmlReport(const std::string& title);
  void Heading(const std::string& text);
  void SubHeading(const std::string& text);
  void Paragraph(const std::string& text);
  // Rows of cells, which may hold line breaks; a cell that begins with a digit, sign or '(' is set to the right. mark[row], if
  // given, colours the row: "good", "fair", "bad" or "".
  void Table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows,
             const std::vector<std::string>& marks = {});
  void Figure(const std::string& svg, const std::string& caption);
  std::string Page() const;

 private:
  std::string title_, body_;
};

// Squares in shades, one value in [0, 1] a cell, [row][column]; values are also written into the cells.
struct HeatMap {
  std::string title;
  std::vector<std::string> rows, columns;
  std::vector<double> values;  // [rows * columns]
};
// Maps side by side, `per_row` in a row (0: all); row names are written once a row, at the left. All maps have the same size.
std::string HeatMapsSvg(const std::vector<HeatMap>& maps, int per_row = 0);

}  // namespace rove
