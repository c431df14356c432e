// Errors. Two kinds of failure, two mechanisms:
//   rove::Error  the user or the outside world (config, file, checkpoint, device). The CLI prints what() as one line and exits
//                with exit_code(): 2 for kUser, 1 for kSystem.
//   ROVE_CHECK*  a caller's bug: prints both values and aborts; always on. ROVE_DCHECK* is the same in debug builds only (hot
//   loops).
#pragma once

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace rove {

enum class ErrorKind {
  kUser,    // wrong input: config, arguments, a file of another format. Exit code 2
  kSystem,  // the world failed: disk full, damaged file, lost peer. Exit code 1
};

// One line: "place: what is wrong; remedy". Never a stack trace.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }
  int exit_code() const { return kind_ == ErrorKind::kUser ? 2 : 1; }

 private:
  ErrorKind kind_;
};

inline Error UserError(const std::string& message) { return {ErrorKind::kUser, message}; }
inline Error SystemError(const std::string& message) { return {ErrorKind::kSystem, message}; }

// What `work` returns; an Error it throws gets `place` before its message.
template <class Work>
auto WithPlace(const std::string& place, const Work& work) {
  try {
    return work();
  } catch (const Error& error) {
    throw Error(error.kind(), place + ": " + error.what());
  }
}

// Foreign text made fit for an error: control characters replaced, cut at 60 bytes.
inline std::string OneLine(std::string_view text) {
  constexpr std::size_t kMax = 60;
  std::string line(text.substr(0, kMax));
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return text.size() > kMax ? line + "..." : line;
}

namespace internal {
template <class A, class B>
[[noreturn]] void CheckFailed(const char* file, int line, const char* expression, const A& a, const B& b) {
  std::ostringstream text;
  text << file << ":" << line << ": check failed: " << expression << " (" << a << " vs " << b << ")\n";
  std::fputs(text.str().c_str(), stderr);
  std::abort();
}
}  // namespace internal

}  // namespace rove

#define ROVE_CHECK(condition)                                                                     \
  do {                                                                                            \
    if (!(condition)) ::rove::internal::CheckFailed(__FILE__, __LINE__, #condition, false, true); \
  } while (false)
#define ROVE_CHECK_OP(a, op, b)                                                                         \
  do {                                                                                                  \
    const auto& rove_check_a = (a);                                                                     \
    const auto& rove_check_b = (b);                                                                     \
    if (!(rove_check_a op rove_check_b))                                                                \
      ::rove::internal::CheckFailed(__FILE__, __LINE__, #a " " #op " " #b, rove_check_a, rove_check_b); \
  } while (false)
#define ROVE_CHECK_EQ(a, b) ROVE_CHECK_OP(a, ==, b)
#define ROVE_CHECK_NE(a, b) ROVE_CHECK_OP(a, !=, b)
#define ROVE_CHECK_LT(a, b) ROVE_CHECK_OP(a, <, b)
#define ROVE_CHECK_LE(a, b) ROVE_CHECK_OP(a, <=, b)
#define ROVE_CHECK_GT(a, b) ROVE_CHECK_OP(a, >, b)
#define ROVE_CHECK_GE(a, b) ROVE_CHECK_OP(a, >=, b)
#ifdef NDEBUG
#define ROVE_DCHECK(condition) \
  do {                         \
  } while (false)
#define ROVE_DCHECK_LT(a, b) \
  do {                       \
  } while (false)
#else
#define ROVE_DCHECK(condition) ROVE_CHECK(condition)
#define ROVE_DCHECK_LT(a, b) ROVE_CHECK_LT(a, b)
#endif
