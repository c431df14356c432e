// The tabular study as one HTML page and as JSON. Same study, same bytes: no clock, no path, no machine in them.
#pragma once

#include <string>
#include <vector>

#include "eval/tabular_claims.h"
#include "eval/tabular_study.h"

namespace rove {

// command: how to get this page again.
std::string TabularReportHtml(const TabularStudy& study, const Judgement& judgement, const std::string& command);
std::string TabularReportJson(const TabularStudy& study, const Judgement& judgement, const std::string& command);

// The page's figures as files of their own.
struct NamedFigure {
  std::string name;  // "lock5_vi.svg"
  std::string svg, caption;
};
std::vector<NamedFigure> TabularFigures(const TabularStudy& study);

}  // namespace rove
