#include "eval/study_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "core/error.h"
#include "core/file.h"

namespace rove {
namespace {

constexpr const char* kFirstLine = "# rove study run";
constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

// Whole numbers exactly, others to six digits.
std::string Number(double x) {
  if (std::isnan(x)) return "";
  if (x == std::trunc(x) && std::abs(x) < 1e15) return fmt::format("{}", static_cast<std::int64_t>(x));
  return fmt::format("{:.6g}", x);
}

template <class T>
bool Parse(std::string_view text, T* value) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && stop == text.data() + text.size();
}

std::vector<std::string_view> Split(std::string_view line, char at) {
  std::vector<std::string_view> cells;
  for (std::size_t end; (end = line.find(at)) != line.npos; line.remove_prefix(end + 1)) cells.push_back(line.substr(0, end));
  cells.push_back(line);
  return cells;
}

}  // namespace

std::vector<double> StudyRun::Column(const std::string& name) const {
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found == columns.end()) throw UserError(fmt::format("{}/{} seed {}: has no column \"{}\"", task, arm, seed, name));
  std::vector<double> column;
  for (const auto& row : values) column.push_back(row[static_cast<std::size_t>(found - columns.begin())]);
  return column;
}

void ReadEvaluations(const std::string& run_folder, const std::vector<std::string>& more, StudyRun* run) {
  run->columns = {"eval/episodes", "eval/return_mean", "eval/success_rate", "episode/return_100", "reward/bonus_share"};
  run->columns.insert(run->columns.end(), more.begin(), more.end());
  run->env_steps.clear();
  run->values.clear();
  const std::string path = run_folder + "/metrics.jsonl", text = ReadFile(path);
  std::size_t number = 0;
  for (const std::string_view line : Split(text, '\n')) {
    ++number;
    if (line.empty()) continue;
    const auto row = nlohmann::json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
    if (!row.is_object()) throw UserError(fmt::format("{}:{}: not a row of metrics", path, number));
    if (!row.contains("eval/return_mean")) continue;
    run->env_steps.push_back(row.at("env_steps").get<double>());
    auto& values = run->values.emplace_back();
    for (const std::string& name : run->columns) {
      const auto value = row.find(name);
      values.push_back(value == row.end() || !value->is_number() ? kAbsent : value->get<double>());
    }
  }
  if (run->values.empty())
    throw UserError(path + ": holds no evaluation; a study's runs want evaluation.every of at most run.frames");
}

std::string FormatStudyRun(const StudyRun& run) {
  std::string text = fmt::format(
      "{}\n# task: {}\n# arm: {}\n# setting: {}\n# seed: {}\n# part: {}\n# frames: {}\n# build: {}\n# resolved: {}\n", kFirstLine,
      run.task, run.arm, run.setting, run.seed, run.tuning ? "tuning" : "reported", run.frames, run.build, run.resolved);
  for (const auto& [key, value] : run.config) text += fmt::format("# config {}: {}\n", key, value);
  text += "env_steps";
  for (const std::string& name : run.columns) text += "," + name;
  text += "\n";
  for (std::size_t row = 0; row < run.values.size(); ++row) {
    text += Number(run.env_steps[row]);
    for (const double value : run.values[row]) text += "," + Number(value);
    text += "\n";
  }
  return text;
}

StudyRun ParseStudyRun(const std::string& text, const std::string& origin) {
  StudyRun run;
  std::map<std::string, std::string> head;
  std::size_t number = 0;
  const auto fail = [&](const std::string& what) -> void {
    throw UserError(fmt::format("{}:{}: {}; remove the file to run it again", origin, number, what));
  };
  if (text.empty()) fail("is empty");
  if (text.back() != '\n') {
    number = Split(text, '\n').size();
    fail("does not end with a whole line");
  }
  std::size_t first_row = 0;  // its line
  for (const std::string_view line : Split(std::string_view(text).substr(0, text.size() - 1), '\n')) {
    ++number;
    if (number == 1) {
      if (line != kFirstLine) fail("is no run of a study");
    } else if (line.starts_with("# ")) {
      const std::size_t colon = line.find(": ");
      if (colon == line.npos) fail("expected \"# name: value\"");
      const std::string name(line.substr(2, colon - 2)), value(line.substr(colon + 2));
      name.starts_with("config ") ? run.config[name.substr(7)] = value : head[name] = value;
    } else if (run.columns.empty()) {
      const auto cells = Split(line, ',');
      for (const std::string_view name : {"env_steps", "eval/episodes", "eval/return_mean"}) {
        if (std::ranges::find(cells, name) == cells.end()) fail(fmt::format("has no column {}", name));
      }
      if (cells[0] != "env_steps") fail("expected env_steps in the first column");
      run.columns.assign(cells.begin() + 1, cells.end());
      first_row = number + 1;
    } else {
      const auto cells = Split(line, ',');
      if (cells.size() != run.columns.size() + 1) fail(fmt::format("expected {} cells", run.columns.size() + 1));
      std::vector<double> values;
      for (const std::string_view cell : cells) {
        double value = kAbsent;
        if (!cell.empty() && !Parse(cell, &value)) fail("\"" + OneLine(cell) + "\" is no number");
        values.push_back(value);
      }
      if (std::isnan(values[0]) || (!run.env_steps.empty() && values[0] <= run.env_steps.back())) fail("env_steps do not rise");
      run.env_steps.push_back(values[0]);
      run.values.emplace_back(values.begin() + 1, values.end());
    }
  }
  if (run.values.empty()) fail("holds no evaluation");
  run.task = head["task"];
  run.arm = head["arm"];
  run.setting = head["setting"];
  run.build = head["build"];
  run.resolved = head["resolved"];
  run.tuning = head["part"] == "tuning";
  if (!Parse(head["seed"], &run.seed) || !Parse(head["frames"], &run.frames)) fail("has no seed or frames above its columns");
  if (run.env_steps.back() < static_cast<double>(run.frames)) fail(fmt::format("ends before frame {}", run.frames));
  const auto episodes = run.Column("eval/episodes"), returns = run.Column("eval/return_mean");
  for (std::size_t row = 0; row < returns.size(); ++row) {
    number = first_row + row;
    if (!(episodes[row] > 0) || !std::isfinite(returns[row]))
      fail(fmt::format("the evaluation at frame {:.0f} has no return", run.env_steps[row]));
  }
  return run;
}

double WindowMean(const StudyRun& run, std::size_t last, int window, bool* whole) {
  const auto episodes = run.Column("eval/episodes"), returns = run.Column("eval/return_mean");
  double count = 0, total = 0;
  for (std::size_t row = last + 1; row-- > 0 && count < window;) {
    count += episodes[row];
    total += episodes[row] * returns[row];
  }
  if (whole != nullptr) *whole = count >= window;
  return total / count;
}

double FinalReturn(const StudyRun& run, int window) { return WindowMean(run, run.values.size() - 1, window); }

double MeanReturn(const StudyRun& run) {
  const auto returns = run.Column("eval/return_mean");
  double area = run.env_steps[0] * returns[0];
  for (std::size_t row = 1; row < returns.size(); ++row)
    area += (run.env_steps[row] - run.env_steps[row - 1]) * (returns[row] + returns[row - 1]) / 2;
  return area / run.env_steps.back();
}

std::optional<std::size_t> SolvingEvaluation(const StudyRun& run, double threshold, int window) {
  for (std::size_t row = 0; row < run.values.size(); ++row) {
    bool whole = false;
    if (WindowMean(run, row, window, &whole) >= threshold && whole) return row;
  }
  return std::nullopt;
}

}  // namespace rove
