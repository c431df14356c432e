// rove play: what it prints for keys given on the command line, and the terminal as it leaves it.
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "cli/play_scene.h"
#include "tests/cli/rove_runner.h"

namespace rove {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

std::string Keys(const std::string& keys, const std::vector<std::string>& more = {}) {
  std::vector<std::string> args = {"play", "MiniGrid-DoorKey-5x5-v0", "--keys", keys};
  args.insert(args.end(), more.begin(), more.end());
  const Ran ran = RunRove(args);
  CHECK(ran.err.empty());
  return ran.out;
}

TEST_CASE("play shows the grid and beside it what the agent sees", "[cli][unit]") {
  CHECK(Keys("") == R"(MiniGrid-DoorKey-5x5-v0, level 0
##########
##. Xy  ##
##ky##  ##
##< ##GG##
##########
                 ##########
                 ##^ ky. ##

use the key to open the door and then get to the goal
carrying: nothing
step 0 of 250, reward 0

)");
}

TEST_CASE("keys fetch the key, unlock the door and reach the goal", "[cli][unit]") {
  CHECK(Keys("RpFFRTF") == R"(MiniGrid-DoorKey-5x5-v0, level 0
##########
##  > . ##
##  ##. ##
##  ##GG##
##########       ##########
                 ##. . GG##
                 ##^ ##

use the key to open the door and then get to the goal
carrying: yellow key
step 7 of 250, reward 0

)");
  CHECK(Keys("RPFFRTFFRFF") == R"(MiniGrid-DoorKey-5x5-v0, level 0
##########
##  /y  ##
##  ##  ##
##  ##v ##
##########
                 ######
                 ##^ ##

use the key to open the door and then get to the goal
carrying: yellow key
step 11 of 250, reward 0.9604
solved; any action: next level, r: again
)");
}

TEST_CASE("after the end any action starts the next level; r starts a level again, n the next, q ends", "[cli][unit]") {
  const std::string next = Keys("", {"--seed", "1"});
  CHECK_THAT(next, StartsWith("MiniGrid-DoorKey-5x5-v0, level 1\n"));
  CHECK(next != Keys(""));
  CHECK(Keys("RPFFRTFFRFFF") == next);
  CHECK(Keys("nLr") == next);
  CHECK(Keys("LRFPr") == Keys(""));
  CHECK(Keys("q??") == Keys(""));
}

TEST_CASE("play says how an episode ends, and which action an environment lacks", "[cli][unit]") {
  const auto last = [](const std::vector<std::string>& args) {
    const std::string out = RunRove(args).out;
    const auto at = out.rfind('\n', out.size() - 2);
    return out.substr(at + 1);
  };
  CHECK(last({"play", "MiniGrid-Empty-5x5-v0", "max_steps=2", "--keys", "LL"}) ==
        "time is up; any action: next level, r: again\n");
  CHECK(last({"play", "MiniGrid-LavaGapS5-v0", "--keys", "RFLF"}) == "it is over; any action: next level, r: again\n");
  CHECK(last({"play", "MiniGrid-Dynamic-Obstacles-5x5-v0", "--keys", "P"}) == "there is no such action here\n");
}

TEST_CASE("a grid larger than the terminal is shown around the agent", "[cli][unit]") {
  PlayScene scene;
  scene.state.width = 20;
  scene.state.height = 10;
  scene.state.grid.assign(20 * 10 * 3, 0);
  for (int x = 0; x < 20; ++x) {
    for (int y = 0; y < 10; ++y)
      scene.state.grid[static_cast<std::size_t>(x * 10 + y) * 3] = x == 15 && y == 7 ? 8 : 1;  // a goal
  }
  scene.state.grid[(15 * 10 + 7) * 3 + 1] = 1;
  scene.state.agent = {14, 8, 3};
  std::vector<std::uint8_t> image(3 * 3 * 3);  // nothing in view
  scene.image = image;
  scene.view = 3;
  CHECK(PlainText(DrawScene(scene, {.max_columns = 3 + 6 + 8, .max_lines = 2 + 4})) ==
        "\n"
        "\n"
        "      GG\n"
        "    ^        ^\n"
        "\n"
        "\n");
}

TEST_CASE("a key that is none is refused in one line", "[cli][unit]") {
  const Ran ran = RunRove({"play", "MiniGrid-DoorKey-5x5-v0", "--keys", "FFx"});
  CHECK(ran.status == 2);
  CHECK(ran.out.empty());
  CHECK_THAT(ran.err, StartsWith("rove play: --keys: \"x\" is no key; L R turn, F goes, "));
}

TEST_CASE("without a terminal play says what to do", "[cli][unit]") {
  const Ran ran = RunRove({"play", "MiniGrid-DoorKey-5x5-v0"});
  CHECK(ran.status == 2);
  CHECK(ran.err == "rove play: needs a terminal; --keys takes keys from the command line and prints the end as text\n");
}

// ---- In a pseudo-terminal, as a person has it. ----

class Person {
 public:
  explicit Person(const std::string& term, const std::vector<std::string>& more = {}) {
    winsize size{};
    size.ws_row = 30;
    size.ws_col = 100;
    pid_ = forkpty(&fd_, nullptr, nullptr, &size);
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      setenv("TERM", term.c_str(), 1);
      setenv("LC_ALL", "C.UTF-8", 1);
      unsetenv("NO_COLOR");
      const std::string program = std::string(ROVE_BINARY_DIR) + "/rove_probe";
      std::vector<const char*> argv = {program.c_str(), "play", "MiniGrid-DoorKey-5x5-v0"};
      for (const std::string& arg : more) argv.push_back(arg.c_str());
      argv.push_back(nullptr);
      execv(program.c_str(), const_cast<char**>(argv.data()));
      _exit(127);
    }
    REQUIRE(tcgetattr(fd_, &before_) == 0);
  }
  ~Person() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(fd_);
  }
  Person(const Person&) = delete;
  Person& operator=(const Person&) = delete;

  // Reads until `text` has appeared since the last call, or the program has ended.
  bool Sees(const std::string& text) {
    for (;;) {
      if (const auto at = seen_.find(text); at != seen_.npos) {
        seen_.erase(0, at + text.size());
        return true;
      }
      char buffer[4096];
      const ssize_t got = read(fd_, buffer, sizeof buffer);
      if (got <= 0) return false;
      seen_.append(buffer, static_cast<std::size_t>(got));
      all_.append(buffer, static_cast<std::size_t>(got));
    }
  }
  void Types(const std::string& keys) { REQUIRE(write(fd_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size())); }
  void Signals(int signal) { kill(pid_, signal); }
  bool echoes() const {
    termios now;
    REQUIRE(tcgetattr(fd_, &now) == 0);
    return (now.c_lflag & (ECHO | ICANON)) == (ECHO | ICANON);
  }
  // Exit status, or minus a signal.
  int End() {
    Sees("no such text");
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  const std::string& all() const { return all_; }

 private:
  int fd_ = -1;
  pid_t pid_ = -1;
  termios before_{};
  std::string seen_, all_;
};

constexpr const char* kMainScreen = "\x1b[?1049l";  // xterm: back from the full screen
constexpr const char* kFullScreen = "\x1b[?1049h";

TEST_CASE("in a terminal arrows move, q quits, and the terminal is as it was", "[cli][unit]") {
  Person person("xterm-256color");
  CHECK(person.Sees(kFullScreen));
  CHECK(person.Sees("step 0 of 250"));
  CHECK_FALSE(person.echoes());
  person.Types("\x1bOC");  // the right arrow: the agent, which looked left, looks up
  CHECK(person.Sees("\u25b2"));
  person.Types("\x1b[C");  // as terminals send it that are in another mode
  CHECK(person.Sees("\u25ba"));
  person.Types("q");
  CHECK(person.End() == 0);
  CHECK(person.echoes());
  CHECK_THAT(person.all(), Contains(kMainScreen));
}

TEST_CASE("a signal gives the terminal back and ends play", "[cli][unit]") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  Person person("xterm-256color");
  CHECK(person.Sees("step 0 of 250"));
  person.Signals(signal);
  CHECK(person.End() == -signal);
  CHECK(person.echoes());
  CHECK_THAT(person.all(), Contains(kMainScreen));
}

TEST_CASE("a terminal without colours or UTF-8 gets letters; one without a screen an error", "[cli][unit]") {
  Person plain("vt100", {"--ascii"});
  CHECK(plain.Sees("####"));
  plain.Types("q");
  CHECK(plain.End() == 0);
  Person none("nonsense");
  CHECK(none.Sees("rove play: TERM=nonsense is no terminal with a screen; set TERM (xterm-256color), or use --keys"));
  CHECK(none.End() == 2);
}

}  // namespace
}  // namespace rove
