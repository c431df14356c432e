#include "eval/run_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/config.h"
#include "core/error.h"
#include "core/file.h"

namespace rove {

Curve ReadCurve(const std::string& run_folder, const std::string& metric) {
  const std::string path = run_folder + (metric.starts_with("time/") ? "/timing.jsonl" : "/metrics.jsonl");
  const std::string text = ReadFile(path);
  Curve curve;
  std::set<std::string> names;
  std::size_t line_number = 0, begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    ++line_number;
    const auto row = nlohmann::json::parse(text.begin() + static_cast<std::ptrdiff_t>(begin),
                                           text.begin() + static_cast<std::ptrdiff_t>(end), nullptr, /*allow_exceptions=*/false);
    if (!row.is_object())
      throw UserError(fmt::format("{}:{}: not a row of metrics; is {} a run folder?", path, line_number, run_folder));
    const auto steps = row.find("env_steps"), value = row.find(metric);
    if (steps == row.end() || !steps->is_number()) continue;  // the schema line
    for (const auto& [name, unused] : row.items()) names.insert(name);
    if (value == row.end() || !value->is_number()) continue;
    if (!curve.x.empty() && steps->get<double>() <= curve.x.back()) continue;  // timing rows written again after a resume
    curve.x.push_back(steps->get<double>());
    curve.y.push_back(value->get<double>());
  }
  if (curve.x.empty() && !names.contains(metric)) {
    names.erase("env_steps");
    const std::vector<std::string> known(names.begin(), names.end());
    throw UserError(fmt::format("{}: no row has \"{}\"{}", path, metric,
                                known.empty() ? "; the run has not logged anything yet" : DidYouMean(metric, known)));
  }
  return curve;
}

}  // namespace rove
