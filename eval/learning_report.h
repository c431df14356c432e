// A learning study as one HTML page, and as what docs/results keeps of it: a Markdown table, a CSV file, an SVG a task. Made from
// the finished runs' CSV files alone: same files, same bytes; no clock, no path, no machine in them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "eval/learning_study.h"

namespace rove {

struct LearningReport {
  std::string html, markdown, csv;
  std::map<std::string, std::string> figures;  // file name -> SVG; the Markdown shows them
};

// left_out: what ReadStudyRuns refused; shown. command: how to get this page again.
LearningReport MakeLearningReport(const StudyDesign& design, const StudyRuns& runs, const std::vector<std::string>& left_out,
                                  const std::string& command);

}  // namespace rove
