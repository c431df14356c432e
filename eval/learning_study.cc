#include "eval/learning_study.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "core/error.h"
#include "core/file.h"

namespace rove {

std::vector<StudyItem> WorkOrder(const StudyDesign& design) {
  std::vector<StudyItem> order;
  int most_seeds = 0;
  for (const StudyTask& task : design.tasks) most_seeds = std::max(most_seeds, task.seeds);
  for (int seed = 1; seed <= most_seeds; ++seed) {
    for (std::size_t c = 0; c < design.cells.size(); ++c) {
      const StudyCell& cell = design.cells[c];
      if (seed == 1 && cell.tuned()) {
        for (int k = 0; k < design.tuning_seeds; ++k) {
          for (std::size_t s = 0; s < cell.settings.size(); ++s)
            order.push_back({.cell = c, .tuning = true, .setting = s, .seed = design.first_tuning_seed + static_cast<Seed>(k)});
        }
      }
      if (seed <= design.tasks[cell.task].seeds) order.push_back({.cell = c, .seed = static_cast<Seed>(seed)});
    }
  }
  return order;
}

std::string CsvName(const StudyDesign& design, const StudyItem& item) {
  const StudyCell& cell = design.cells[item.cell];
  const std::string folder = "runs/" + design.task_name(cell) + "/";
  if (item.tuning) return fmt::format("{}tuning/{}-{}-s{}.csv", folder, design.arm_name(cell), item.setting + 1, item.seed);
  return fmt::format("{}{}-s{}.csv", folder, design.arm_name(cell), item.seed);
}

std::optional<double> TuningScore(const StudyDesign& design, const StudyRuns& runs, std::size_t cell, std::size_t setting) {
  double sum = 0;
  for (int k = 0; k < design.tuning_seeds; ++k) {
    const auto run =
        runs.find({.cell = cell, .tuning = true, .setting = setting, .seed = design.first_tuning_seed + static_cast<Seed>(k)});
    if (run == runs.end()) return std::nullopt;
    sum += MeanReturn(run->second);
  }
  return sum / design.tuning_seeds;
}

std::optional<std::size_t> ChosenSetting(const StudyDesign& design, const StudyRuns& runs, std::size_t cell) {
  if (!design.cells[cell].has_choice()) return 0;
  if (const auto other = design.cells[cell].tuned_on) return ChosenSetting(design, runs, *other);
  std::size_t best = 0;
  double best_score = 0;
  for (std::size_t s = 0; s < design.cells[cell].settings.size(); ++s) {
    const auto score = TuningScore(design, runs, cell, s);
    if (!score) return std::nullopt;
    if (s == 0 || *score > best_score) best = s, best_score = *score;
  }
  return best;
}

namespace {

// The first key in which they differ, "" if none.
std::string ConfigDifference(const std::map<std::string, std::string>& was, const std::map<std::string, std::string>& is) {
  auto all = was;
  all.insert(is.begin(), is.end());
  for (const auto& [key, unused] : all) {
    const auto before = was.find(key), now = is.find(key);
    const std::string a = before == was.end() ? "not given" : before->second, b = now == is.end() ? "not given" : now->second;
    if (a != b) return fmt::format("{}: was {}, is {}", key, a, b);
  }
  return "";
}

}  // namespace

StudyRun ReadStudyRun(const StudyDesign& design, const std::string& folder, const StudyItem& item, std::size_t setting) {
  const StudyCell& cell = design.cells[item.cell];
  const std::string path = folder + "/" + CsvName(design, item);
  StudyRun run = ParseStudyRun(ReadFile(path), path);
  if (run.task != design.task_name(cell) || run.arm != design.arm_name(cell) || run.seed != item.seed ||
      run.tuning != item.tuning)
    throw UserError(
        fmt::format("{}: holds another run, {}/{} seed {}; remove the file to run this one", path, run.task, run.arm, run.seed));
  const std::string difference = ConfigDifference(run.config, cell.settings[setting].config);
  if (!difference.empty()) throw UserError(path + ": was made with another config: " + difference);
  return run;
}

StudyRuns ReadStudyRuns(const StudyDesign& design, const std::string& folder, std::vector<std::string>* refused) {
  StudyRuns runs;
  auto order = WorkOrder(design);
  std::stable_partition(order.begin(), order.end(), [](const StudyItem& item) { return item.tuning; });
  for (const StudyItem& item : order) {
    const std::string path = folder + "/" + CsvName(design, item);
    if (!std::filesystem::exists(path)) continue;
    const auto setting = item.tuning ? item.setting : ChosenSetting(design, runs, item.cell);
    if (!setting) {
      refused->push_back(path + ": its setting is not known, since tuning runs are missing");
      continue;
    }
    try {
      runs[item] = ReadStudyRun(design, folder, item, *setting);
    } catch (const Error& error) {
      refused->push_back(error.what());
    }
  }
  return runs;
}

std::vector<std::string> UnnamedRuns(const StudyDesign& design, const std::string& folder) {
  std::set<std::string> named;
  for (const StudyItem& item : WorkOrder(design)) named.insert(folder + "/" + CsvName(design, item));
  std::vector<std::string> lines;
  std::error_code absent;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder + "/runs", absent)) {
    const std::string path = entry.path().string();
    if (path.ends_with(".csv") && !named.contains(path))
      lines.push_back(path + ": the study has no such task, arm, seed or setting");
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace rove
