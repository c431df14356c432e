#include "cli/play_terminal.h"

#define NCURSES_NOMACROS
#include <curses.h>
#include <langinfo.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "core/error.h"

namespace rove {
namespace {

// Of a terminal with 256 colours, and of one with 8: text by Ink, and the ground of cells in view.
constexpr short kInks256[kNumInks] = {196, 46, 33, 135, 226, 248, 208, -1, 240};
constexpr short kInks8[kNumInks] = {COLOR_RED, COLOR_GREEN, COLOR_BLUE, COLOR_MAGENTA, COLOR_YELLOW, COLOR_WHITE,
                                    COLOR_RED, -1,          -1};
constexpr short kLitGround256 = 237;

short PairOf(Ink ink, bool lit) { return static_cast<short>(1 + static_cast<int>(ink) + (lit ? kNumInks : 0)); }

constexpr std::array<int, 2> kStops = {SIGINT, SIGTERM};

}  // namespace

PlayTerminal::PlayTerminal(bool ascii) {
  std::setlocale(LC_CTYPE, "");
  screen_ = newterm(nullptr, stdout, stdin);
  if (screen_ == nullptr) {
    const char* const term = std::getenv("TERM");
    throw UserError("rove play: TERM=" + OneLine(term == nullptr ? "" : term) +
                    " is no terminal with a screen; set TERM (xterm-256color), or use --keys");
  }
  sigset_t blocked;
  sigemptyset(&blocked);
  for (const int stop : kStops) sigaddset(&blocked, stop);
  stop_fd_ = signalfd(-1, &blocked, SFD_CLOEXEC);
  sigaddset(&blocked, SIGWINCH);  // comes within Wait only, else a new size between a look at it and the wait were missed
  pthread_sigmask(SIG_BLOCK, &blocked, &before_);
  cbreak();
  noecho();
  nodelay(stdscr, true);
  keypad(stdscr, true);
  define_key("\x1b[A", KEY_UP);  // what some terminals send whatever terminfo says of them
  define_key("\x1b[C", KEY_RIGHT);
  define_key("\x1b[D", KEY_LEFT);
  curs_set(0);
  style_.unicode = !ascii && std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
  style_.colors = std::getenv("NO_COLOR") == nullptr && has_colors() && start_color() == OK;
  if (!style_.colors) return;
  use_default_colors();
  const bool many = COLORS >= 256;
  for (int ink = 0; ink < kNumInks; ++ink) {
    const short color = many ? kInks256[ink] : kInks8[ink];
    init_pair(PairOf(static_cast<Ink>(ink), false), color, -1);
    init_pair(PairOf(static_cast<Ink>(ink), true), color, many ? kLitGround256 : short{-1});
  }
}

PlayTerminal::~PlayTerminal() {
  endwin();
  delscreen(screen_);
  close(stop_fd_);
  for (const int stop : kStops) signal(stop, SIG_DFL);  // not ncurses' handlers: they would give back the screen again
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool PlayTerminal::Wait() {
  std::array<pollfd, 2> inputs = {{{STDIN_FILENO, POLLIN, 0}, {stop_fd_, POLLIN, 0}}};
  sigset_t mask = before_;
  for (const int stop : kStops) sigaddset(&mask, stop);
  if (ppoll(inputs.data(), inputs.size(), nullptr, &mask) < 0) return true;  // SIGWINCH, or SIGCONT
  return inputs[1].revents == 0 && (inputs[0].revents & (POLLHUP | POLLERR)) == 0;
}

void PlayTerminal::Show(const PlayScene& scene) {
  style_.max_columns = COLS;
  style_.max_lines = LINES;
  erase();
  int y = 0;
  for (const Line& line : DrawScene(scene, style_)) {
    move(y++, 0);
    for (const Span& span : line) {
      if (style_.colors) attr_set(A_NORMAL, PairOf(span.ink, span.lit), nullptr);
      addstr(span.text.c_str());
    }
  }
  if (style_.colors) attr_set(A_NORMAL, 0, nullptr);
  refresh();
}

char PlayTerminal::Key() {
  for (;;) {
    const int key = getch();
    switch (key) {
      case KEY_LEFT: return 'L';
      case KEY_RIGHT: return 'R';
      case KEY_UP: return 'F';
      case KEY_RESIZE: return '\0';
      case ' ': return 'T';
      case '\n':
      case KEY_ENTER: return '.';
      case ERR:
        if (!Wait()) return 'q';
        break;
      default:
        if (key > 0 && key < 128) return static_cast<char>(key);
    }
  }
}

}  // namespace rove
