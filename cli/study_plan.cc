#include "cli/study_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>

#include "cli/resume.h"
#include "cli/run_setup.h"
#include "core/error.h"

namespace rove {
namespace {

struct TaskEntry {
  Config config;
  std::vector<std::string> arms;  // empty: all
  std::string tune = "true";      // "false", or the name of the task whose choices are taken
};
struct ArmEntry {
  Config config;
  std::vector<std::vector<std::pair<std::string, std::string>>> settings;  // each: key, value
};

std::string StudyPath(const std::string& study) {
  namespace fs = std::filesystem;
  if (study.ends_with(".yaml") || study.find('/') != study.npos || fs::is_regular_file(study)) return study;
  const std::string path = "configs/studies/" + study + ".yaml";
  if (fs::exists(path)) return path;
  std::vector<std::string> known;
  std::string list;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("configs/studies", ignored)) known.push_back(entry.path().stem().string());
  std::sort(known.begin(), known.end());
  for (const std::string& name : known) list += (list.empty() ? "; known: " : ", ") + name;
  const std::string hint = DidYouMean(study, known);
  throw UserError(path + ": no such study" +
                  (!hint.empty()  ? hint
                   : list.empty() ? "; run it in rove's folder, or name a file"
                                  : list));
}

// Names become file names.
std::string ReadName(const Config& entry) {
  std::string name;
  entry.Require("name", &name);
  const auto fits = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("._+-").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (name.empty() || std::isalnum(static_cast<unsigned char>(name[0])) == 0 || !std::all_of(name.begin(), name.end(), fits))
    entry.At("name").Fail("expected letters, digits, and . _ + - after the first, got \"" + OneLine(name) + "\"");
  return name;
}

StudyTask ReadTask(const Config& entry, int seeds, TaskEntry* out) {
  StudyTask task{.name = ReadName(entry), .seeds = seeds};
  entry.Get("seeds", &task.seeds, InRange(1, 1000));
  if (entry.Has("solved_at")) entry.Get("solved_at", &task.solved_at.emplace());
  std::vector<double> scale{task.low, task.high};
  entry.Get("scale", &scale);
  if (scale.size() != 2 || scale[0] >= scale[1]) entry.At("scale").Fail("expected [low, high] with low < high");
  task.low = scale[0];
  task.high = scale[1];
  entry.Get("note", &task.note);
  for (const Config& item : entry.List("references")) {
    Reference& reference = task.references.emplace_back();
    item.Require("name", &reference.name);
    item.Require("value", &reference.value);
    item.Require("source", &reference.source);
    item.Get("at_frames", &reference.at_frames, AtLeast(0));
  }
  entry.Get("arms", &out->arms);
  entry.Get("tune", &out->tune);
  return task;
}

// All combinations of the values of each key, the last key fastest.
ArmEntry ReadArm(const Config& entry, Config config) {
  ArmEntry arm{std::move(config), {{}}};
  const Config settings = entry.At("settings");
  for (const std::string& key : settings.Keys()) {
    std::vector<std::string> values;
    settings.Get(key, &values);
    if (values.empty()) settings.At(key).Fail("expected at least one value");
    auto before = std::move(arm.settings);
    arm.settings.clear();
    for (const auto& setting : before) {
      for (const std::string& value : values) {
        arm.settings.push_back(setting);
        arm.settings.back().emplace_back(key, value);
      }
    }
  }
  return arm;
}

// What distinguishes runs: not the seed, not where and how fast they run. Numbers in one spelling, so that 2e6 equals 2000000.
std::map<std::string, std::string> GivenConfig(const Config& config) {
  std::map<std::string, std::string> leaves = config.Leaves();
  std::erase_if(leaves, [](const auto& leaf) { return leaf.first == "run.label" || IsSeedOrPlace(leaf.first); });
  for (auto& [key, value] : leaves) {
    double number = 0;
    const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error == std::errc() && stop == value.data() + value.size()) value = fmt::format("{}", number);
  }
  return leaves;
}

class PlanReader {
 public:
  PlanReader(const std::string& path, bool quick) : base_(Config::Load(path)), study_(base_.Take("study")), quick_(quick) {
    if (study_.Keys().empty()) throw UserError(path + ": has no `study`; it is no study file (docs/studies.md)");
    StudyDesign& design = plan_.design;
    design.file = path;
    design.name = std::filesystem::path(path).stem().string();
    quick_config_.emplace(study_.Take("quick"));
    ReadHead();
    ReadTasks();
    ReadArms();
    study_.RefuseUnread();
    for (std::size_t t = 0; t < tasks_.size(); ++t) AddCells(t);
  }
  StudyPlan Take() { return std::move(plan_); }

 private:
  void ReadHead() {
    StudyDesign& design = plan_.design;
    design.title = design.name;
    study_.Get("title", &design.title);
    study_.Get("note", &design.note);
    study_.Get("window", &design.window, InRange(1, 1e6));
    study_.Get("metrics", &design.metrics);
    study_.Get("seeds", &seeds_, InRange(1, 1000));
    const Config tuning = study_.At("tuning");
    tuning.Get("seeds", &design.tuning_seeds, InRange(1, 1000));
    tuning.Get("first_seed", &design.first_tuning_seed, AtLeast(1001));
    if (quick_) design.tuning_seeds = 1;
  }

  void ReadTasks() {
    for (Config entry : study_.List("tasks")) {
      TaskEntry task{entry.Take("config"), {}};
      plan_.design.tasks.push_back(ReadTask(entry, seeds_, &task));
      if (quick_) plan_.design.tasks.back().seeds = 1;
      CheckNew(entry, &task_names_);
      tasks_.push_back(std::move(task));
    }
    if (tasks_.empty()) study_.At("tasks").Fail("expected a list of at least one task");
  }

  void ReadArms() {
    std::vector<std::string> names;
    for (Config entry : study_.List("arms")) {
      Config config = entry.Take("config");
      StudyArm& arm = plan_.design.arms.emplace_back();
      arm.name = ReadName(entry);
      entry.Get("note", &arm.note);
      CheckNew(entry, &names);
      arms_.push_back(ReadArm(entry, std::move(config)));
    }
    if (arms_.empty()) study_.At("arms").Fail("expected a list of at least one arm");
    plan_.design.against = names[0];
    study_.Get("against", &plan_.design.against);
    CheckKnown(study_.At("against"), plan_.design.against, names);
    const auto tasks = study_.List("tasks");
    for (std::size_t t = 0; t < tasks.size(); ++t) {
      for (const std::string& name : tasks_[t].arms) CheckKnown(tasks[t].At("arms"), name, names);
    }
  }

  void CheckNew(const Config& entry, std::vector<std::string>* names) {
    std::string name;
    entry.Get("name", &name);
    if (std::find(names->begin(), names->end(), name) != names->end()) entry.At("name").Fail("\"" + name + "\" is given twice");
    names->push_back(name);
  }
  static void CheckKnown(const Config& place, const std::string& name, const std::vector<std::string>& names) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      place.Fail("unknown arm \"" + OneLine(name) + "\"" + DidYouMean(name, names));
  }

  void AddCells(std::size_t t) {
    StudyDesign& design = plan_.design;
    std::size_t tuned = 0;
    for (std::size_t a = 0; a < arms_.size(); ++a) {
      const auto& only = tasks_[t].arms;
      if (!only.empty() && std::find(only.begin(), only.end(), design.arms[a].name) == only.end()) continue;
      std::size_t settings = tasks_[t].tune != "false" ? arms_[a].settings.size() : 1;
      if (quick_) settings = t == 0 ? std::min<std::size_t>(settings, 2) : 1;
      if (settings > 1 && tuned > 1 && settings != tuned)
        study_.List("arms")[a]
            .At("settings")
            .Fail(fmt::format("{} settings, but an arm before has {}; tuning budgets must be equal", settings, tuned));
      tuned = std::max(tuned, settings);
      design.cells.push_back({.task = t, .arm = a, .settings = {}, .tuned_on = TunedOn(t, a)});
      plan_.resolved.emplace_back();
      for (std::size_t s = 0; s < settings; ++s) AddSetting(t, a, s, settings > 1);
    }
  }

  // The cell whose choice cell (t, a) takes; none if it makes its own, or has none to make.
  std::optional<std::size_t> TunedOn(std::size_t t, std::size_t a) const {
    const std::string& tune = tasks_[t].tune;
    if (tune == "true" || tune == "false") return std::nullopt;
    const auto& cells = plan_.design.cells;
    const auto found = std::find_if(cells.begin(), cells.end(), [&](const StudyCell& cell) {
      return cell.arm == a && plan_.design.task_name(cell) == tune && !cell.tuned_on && tasks_[cell.task].tune == "true";
    });
    if (found == cells.end()) {
      study_.List("tasks")[t].At("tune").Fail(
          fmt::format("expected true, false, or the name of an earlier task that tunes arm {}, got \"{}\"",
                      plan_.design.arms[a].name, OneLine(tune)));
    }
    return static_cast<std::size_t>(found - cells.begin());
  }

  void AddSetting(std::size_t t, std::size_t a, std::size_t s, bool tuned) {
    StudyDesign& design = plan_.design;
    StudySetting setting;
    Config config = base_.With(tasks_[t].config).With(arms_[a].config);
    for (const auto& [key, value] : arms_[a].settings[s]) {
      try {
        config.Set(key, value);
      } catch (const Error& error) {
        study_.List("arms")[a].At("settings").At(key).Fail(error.what());
      }
      if (tuned) setting.label += (setting.label.empty() ? "" : " ") + key + "=" + value;
    }
    if (quick_) config = config.With(*quick_config_);
    config.Set("run.seed", "1");
    config.Set("run.label", design.arms[a].name);
    config.Set("run.threads", "1");
    config.Set("log.tensorboard", "false");
    setting.config = GivenConfig(config);
    const RunSetup setup = BuildRun(config);
    StudyTask& task = design.tasks[t];
    const auto fail = [&](const std::string& what) {
      throw UserError(fmt::format("{}: {}/{}: {}", design.file, task.name, design.arms[a].name, what));
    };
    if (setup.run.eval_every == 0) fail("evaluation.every is 0; a study lives on evaluations");
    if (!task.env.empty() && (task.env != setup.env_type || task.frames != setup.run.frames))
      fail("another env.type or run.frames than the arms before; arms of one task share both");
    task.env = setup.env_type;
    task.frames = setup.run.frames;
    design.cells.back().settings.push_back(std::move(setting));
    plan_.resolved.back().push_back(setup.resolved);
  }

  Config base_, study_;
  std::optional<Config> quick_config_;
  bool quick_ = false;
  int seeds_ = 5;
  std::vector<TaskEntry> tasks_;
  std::vector<std::string> task_names_;
  std::vector<ArmEntry> arms_;
  StudyPlan plan_;
};

}  // namespace

StudyPlan LoadStudyPlan(const std::string& study, bool quick) { return PlanReader(StudyPath(study), quick).Take(); }

}  // namespace rove
