// The terminal in ncurses' hands, from the constructor to the destructor: full screen, keys at once, no echo. ncurses gives it
// back on SIGINT and SIGTERM too, and on SIGTSTP until the process goes on.
#pragma once

#include <string>

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
  // terminal has another size; 'q' when its input ends.
  char Key();

 private:
  screen* screen_;
  SceneStyle style_;
};

}  // namespace rove
