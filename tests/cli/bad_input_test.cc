// Wrong input: one clear line, exit status 2, nothing written.
#include <catch2/catch.hpp>

#include "tests/cli/rove_runner.h"

namespace rove {
namespace {

using Catch::Matchers::Contains;

struct Case {
  std::string config;             // text of a.yaml; empty: no file
  std::vector<std::string> args;  // CONFIG stands for its path, BOX for the folder
  std::vector<std::string> says;  // parts of the one line
};

std::string Replace(std::string text, const std::string& what, const std::string& with) {
  if (const auto at = text.find(what); at != std::string::npos) text.replace(at, what.size(), with);
  return text;
}

TEST_CASE("wrong input is refused in one line that says where and what, and writes nothing", "[cli][unit]") {
  const std::string good = "env: {type: MiniGrid-DoorKey-8x8-v0}\nagent: {type: nobody}\n";
  const auto [config, args, says] = GENERATE_COPY(
      Case{"", {}, {"rove"}},                                                           //
      Case{"", {"trainn"}, {"unknown command \"trainn\"", "did you mean \"train\"?"}},  //
      Case{"", {"train"}, {"config", "rove train --help"}},                             //
      Case{"", {"train", "BOX/none.yaml"}, {"none.yaml"}},                              //
      Case{"", {"train", "BOX"}, {"is a folder, not a config", "--resume"}},            //
      Case{"", {"train", "--resume", "BOX"}, {"is no run"}},                            //
      Case{"", {"eval", "BOX"}, {"is no run"}},                                         //
      Case{"", {"eval", "BOX/none"}, {"no such run folder"}},                           //
      Case{"", {"eval", "BOX", "--episodes", "many"}, {"--episodes"}},                  //
      Case{"", {"plot", "BOX", "-o", "BOX/x.svg"}, {"is no run"}},                      //
      Case{"", {"list", "rewardz"}, {"rewardz"}},                                       //
      Case{"", {"eval", "BOX", "--seed", "-1"}, {"--seed", "a whole number from 0", "rove eval --help"}},
      Case{"", {"levels", "MiniGrid-Empty-5x5-v0", "--first", "-2"}, {"--first", "a whole number from 0"}},
      Case{"", {"levels", "MiniGrid-Empty-5x5-v0", "--first", "18446744073709551615"}, {"--first", "lower it or --count"}},
      Case{"", {"play", "MiniGrid-Empty-5x5-v0", "--seed", "99999999999999999999999"}, {"--seed", "a whole number"}},
      Case{"", {"play", "MiniGrid-Empty-5x5-v0", "outputs=[full]"}, {"outputs", "image"}},
      Case{"", {"record", "--env", "MiniGrid-Empty-5x5-v0", "-o", "BOX/x.gif", "--mode", "greedy"}, {"--mode", "leave it out"}},
      Case{"", {"record", "--env", "MiniGrid-Empty-5x5-v0", "-o", "BOX/x.gif", "--fps", "nan"}, {"--fps"}},
      Case{"", {"bench", "envs", "--seconds", "nan"}, {"rove bench envs: ", "--seconds", "rove bench envs --help"}},
      Case{"", {"train", "BOX/none.yaml", "--run", ""}, {"--run", "empty"}},
      Case{"", {"play", "minigrid/layout", "file=BOX"}, {"file", "cannot read"}},
      Case{"", {"record", "-o", "BOX/x.gif"}, {"name a run folder, or --env ID"}},   //
      Case{"", {"record", "BOX", "-o", "BOX/x.gif"}, {"is no run"}},                 //
      Case{"", {"record", "BOX", "BOX", "-o", "BOX/x.gif"}, {"one run at a time"}},  //
      Case{"", {"record", "--env", "MiniGrid-Empty-5x5-v0"}, {"--out"}},             //
      Case{"", {"record", "--env", "MiniGrid-Empty-5x5-v0", "-o", "BOX/x.mp4"}, {"x.mp4: unknown ending; end it in .gif"}},
      Case{"", {"record", "--env", "MiniGrid-Empty-5x5-v0", "-o", "BOX/no/x.gif"}, {"no/x.gif: there is no folder", "make it"}},
      Case{"", {"record", "--env", "MiniGrid-Empty-5x5-v0", "-o", "BOX/x.gif", "--scale", "0"}, {"--scale"}},
      Case{"", {"record", "--env", "MiniGrid-Empty-5x6-v0", "-o", "BOX/x.gif"}, {"did you mean \"MiniGrid-Empty-5x5-v0\"?"}},
      Case{"", {"record", "--env", "MiniGrid-Empty-5x5-v0", "max_stepz=3", "-o", "BOX/x.gif"}, {"did you mean \"max_steps\"?"}},
      Case{"", {"record", "--env", "tabular/chain", "-o", "BOX/x.gif"}, {"tabular/chain: cannot be drawn"}},  //
      Case{"", {"play", "tabular/chain"}, {"tabular/chain: cannot be played"}},                               //
      Case{"", {"play", "MiniGrid-Emty-5x5-v0"}, {"did you mean \"MiniGrid-Empty-5x5-v0\"?"}},
      Case{"", {"bench", "envs", "MiniGrid-DoorKey-8x9-v0"}, {"did you mean \"MiniGrid-DoorKey-8x8-v0\"?"}},
      Case{"", {"bench", "envs", "--threads", "3", "--envs", "2"}, {"--threads: 3", "raise --envs"}},
      Case{"env: {type: MiniGrid-DoorKey-8x8\n", {"train", "CONFIG"}, {"a.yaml:"}},  //
      Case{good, {"train", "CONFIG", "env.type=MiniGrid-DorKey-8x8-v0"}, {"did you mean \"MiniGrid-DoorKey-8x8-v0\"?"}},
      Case{good, {"train", "CONFIG", "run.label=../x"}, {"run.label", ".."}},                                         //
      Case{good, {"train", "CONFIG", "rewards=[{type: count, weight: .inf}]"}, {"weight", "a finite number"}},        //
      Case{good, {"train", "CONFIG", "run.rollout=1048576", "env.count=1048576"}, {"run.rollout", "too many rows"}},  //
      Case{"", {"verify", "atari", "BOX"}, {"rove verify: unknown command \"atari\""}},                               //
      Case{"", {"bench", "env"}, {"did you mean \"envs\"?"}},                                                         //
      Case{"", {"study"}, {"rove study"}},                                                                            //
      Case{"", {"study", "tabular", "--quik"}, {"--quik"}},                                                           //
      Case{"", {"study", "tabular", "--threads", "many"}, {"--threads", "many"}},                                     //
      Case{good, {"study", "tabular", "-o", "CONFIG"}, {"a.yaml: ", "choose another folder with -o"}},                //
      Case{good, {"study", "tabular", "-o", "CONFIG/x"}, {"a.yaml/x: ", "choose another folder with -o"}},            //
      Case{good, {"train", "CONFIG", "env.count=many"}, {"env.count", "many"}},                                       //
      Case{good, {"train", "CONFIG", "env.count=0"}, {"env.count", "0"}},                                             //
      Case{good, {"train", "CONFIG", "env.cont=3"}, {"cont", "did you mean \"count\"?"}},
      Case{good, {"train", "CONFIG", "run.fraems=3"}, {"fraems", "did you mean \"frames\"?"}},
      Case{good, {"train", "CONFIG", "run.mode=async"}, {"run.mode", "async"}},      //
      Case{good, {"train", "CONFIG", "run.frames=-1"}, {"run.frames", "-1"}},        //
      Case{good, {"train", "CONFIG", "evaluation.mode=best"}, {"evaluation.mode"}},  //
      Case{good, {"train", "CONFIG", "log=3"}, {"log"}},                             //
      Case{good, {"train", "CONFIG"}, {"a.yaml:2", "unknown agent \"nobody\""}},     //
      Case{good + "rewards: [{type: made.cout, weight: 1}]\n", {"train", "CONFIG"}, {"a.yaml:3", "did you mean \"made.count\"?"}},
      Case{good + "rewards: [{type: count, weight: heavy}]\n", {"train", "CONFIG"}, {"a.yaml:3", "weight"}});

  const Sandbox box("bad_input");
  const std::string path = config.empty() ? "" : box.Write("a.yaml", config);
  const auto before = box.Files();
  std::vector<std::string> full;
  for (const std::string& arg : args) full.push_back(Replace(Replace(arg, "CONFIG", path), "BOX", box / "."));
  if (!args.empty() && args[0] == "train" && !path.empty()) full.insert(full.end(), {"--run", box / "run"});

  const Ran ran = RunRove(full);
  INFO(ran.err);
  CHECK(ran.status == 2);
  CHECK(ran.out.empty());
  CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
  for (const std::string& part : says) CHECK_THAT(ran.err, Contains(part));
  CHECK(box.Files() == before);
}

TEST_CASE("rove study tabular does not overwrite a report", "[cli][unit]") {
  const Sandbox box("study_report");
  box.Write("report.html", "an earlier study");
  const Ran ran = RunRove({"study", "tabular", "--quick", "-o", box / "."});
  CHECK(ran.status == 2);
  CHECK_THAT(ran.err, Contains("report.html: exists; choose another folder with -o, or remove it\n"));
  CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
  CHECK(box.Files() == std::vector<std::string>{"report.html"});
  CHECK(Slurp(box / "report.html") == "an earlier study");
}

}  // namespace
}  // namespace rove
