// The terminal in ncurses' hands, from the constructor to the destructor: full screen, keys at once, no echo. SIGINT and SIGTERM
// wait until the destructor has given it back, then end the process as they always do; ncurses gives it back on SIGTSTP until the
// process goes on. Make it before the program has other threads: they inherit the blocked signals.
#pragma once

#include <signal.h>

#include "cli/play_scene.h"

struct screen;

namespace rove {

class PlayTerminal {
 public:
  // Standard input and output must be a terminal. ascii: no other characters, even if its encoding is UTF-8. Throws Error(kUser)
  // if $TERM names no terminal that ncurses knows.
  explicit PlayTerminal(bool ascii);
  ~PlayTerminal();
  PlayTerminal(const PlayTerminal&) = delete;
  PlayTerminal& operator=(const PlayTerminal&) = delete;

  void Show(const PlayScene& scene);

  // Waits for a key. Arrows, space and enter come as the letters that mean the same (cli/play.cc: F L R, T, .); '\0': the
  // terminal has another size; 'q' when its input ends or SIGINT or SIGTERM came.
  char Key();

 private:
  // Until there is input or another size; false if there will be none.
  bool Wait();

  screen* screen_;
  sigset_t before_{};
  int stop_fd_;  // readable when SIGINT or SIGTERM waits
  SceneStyle style_;
};

}  // namespace rove
