#include "core/file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "core/error.h"
#include "tests/core/test_folder.h"

namespace rove {
namespace {

// Faults for the lifetime of one scope.
struct Faults {
  explicit Faults(std::string_view text) { SetFailPoints(text); }
  ~Faults() { SetFailPoints(""); }
};

// Runs f in a child process with these faults; its wait status.
template <class F>
int StatusOfChild(const char* faults, F&& f) {
  const pid_t child = fork();
  if (child == 0) {
    SetFailPoints(faults);
    int code = 0;
    try {
      f();
    } catch (const Error& error) {
      code = error.exit_code();
    }
    _exit(code);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

bool WasKilled(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }

constexpr const char* kFull = ": cannot be written: No space left on device";

TEST_CASE("file: what is written atomically is read back, and no temporary file stays", "[core][unit]") {
  const TestFolder folder;
  const std::string bytes("a\0b\n", 4);
  WriteFileAtomically(folder / "x", bytes);
  CHECK(ReadFile(folder / "x") == bytes);
  WriteFileAtomically(folder / "x", "");
  CHECK(ReadFile(folder / "x").empty());
  CHECK_FALSE(std::filesystem::exists(folder / "x.tmp"));
}

TEST_CASE("file: errors name the path and the reason", "[core][unit]") {
  const TestFolder folder;
  CHECK_THROWS_WITH(ReadFile(folder / "none"), folder / "none" + ": cannot be read: No such file or directory");
  CHECK_THROWS_WITH(ReadFile(folder.path()), folder.path() + ": cannot be read: Is a directory");
  CHECK_THROWS_WITH(WriteFileAtomically(folder / "no/x", "1"),
                    folder / "no/x" + ": cannot be written: No such file or directory");
  CHECK_THROWS_WITH(AppendFile(folder / "no/x", 0), folder / "no/x" + ": cannot be written: No such file or directory");
  CHECK_THROWS_WITH(Rename(folder / "a", folder / "b"), folder / "b" + ": cannot be written: No such file or directory");
  CHECK_THROWS_WITH(SyncFolder(folder / "a"), folder / "a" + ": cannot be written: No such file or directory");
}

TEST_CASE("file: a link is followed, and what is no regular file is not replaced by one", "[core][unit]") {
  const TestFolder folder;
  std::filesystem::create_directory(folder / "there");
  std::filesystem::create_symlink("there/x", folder / "link");
  WriteFileAtomically(folder / "link", "1");  // to a file that is not there yet
  WriteFileAtomically(folder / "link", "2");
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(ReadFile(folder / "there/x") == "2");
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(WriteFileAtomically(folder / "pipe", "1"), folder / "pipe" + ": is no regular file; name another file");
  CHECK_THROWS_WITH(WriteFileAtomically(folder / "there", "1"), folder / "there" + ": is a folder; name another file");
  CHECK(std::filesystem::is_fifo(folder / "pipe"));
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const std::string unnamed = "/proc/self/fd/" + std::to_string(ends[1]);
  CHECK_THROWS_WITH(WriteFileAtomically(unnamed, "1"), unnamed + ": is no regular file; name another file");
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("file: two that exist change places in one step", "[core][unit]") {
  const TestFolder folder;
  WriteFileAtomically(folder / "a", "1");
  std::filesystem::create_directory(folder / "b");
  if (!Exchange(folder / "a", folder / "b")) return;  // a file system that cannot
  CHECK(ReadFile(folder / "b") == "1");
  CHECK(std::filesystem::is_directory(folder / "a"));
  CHECK_FALSE(Exchange(folder / "a", folder / "none"));
}

TEST_CASE("file: a full disk or a short write leaves the old file whole and no temporary one", "[core][unit]") {
  const TestFolder folder;
  WriteFileAtomically(folder / "x", "old");
  for (const char* fault : {"write=enospc", "write=short"}) {
    const Faults faults(fault);
    CHECK_THROWS_WITH(WriteFileAtomically(folder / "x", "new and longer"), folder / "x" + kFull);
    CHECK(ReadFile(folder / "x") == "old");
    CHECK_FALSE(std::filesystem::exists(folder / "x.tmp"));
  }
}

TEST_CASE("file: the system's own refusal to write is handled as the injected one", "[core][unit]") {
  const TestFolder folder;
  WriteFileAtomically(folder / "x", "old");
  const int status = StatusOfChild("", [&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{100, 100};  // bytes a file may have: writes end short, then fail
    setrlimit(RLIMIT_FSIZE, &limit);
    WriteFileAtomically(folder / "x", std::string(1000, 'n'));
  });
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 1));
  CHECK(ReadFile(folder / "x") == "old");
  CHECK_FALSE(std::filesystem::exists(folder / "x.tmp"));
}

TEST_CASE("file: a process killed in the write leaves the old file whole", "[core][unit]") {
  const TestFolder folder;
  WriteFileAtomically(folder / "x", "old");
  CHECK(WasKilled(StatusOfChild("write=kill", [&] { WriteFileAtomically(folder / "x", "new"); })));
  CHECK(ReadFile(folder / "x") == "old");
}

TEST_CASE("fail point: strikes at the nth passing of its own point only", "[core][unit]") {
  // What nine passings of "write" between passings of "other" give.
  const auto passes = [](const char* text) {
    const Faults faults(text);
    std::string seen;
    for (int i = 0; i < 9; ++i) {
      CHECK(FailPoint("other") == Fault::kNone);
      seen += "-es"[static_cast<int>(FailPoint("write"))];
    }
    return seen;
  };
  CHECK(passes("") == "---------");
  CHECK(passes("write=short") == "s--------");
  CHECK(passes("write:3=enospc") == "--e------");
  CHECK(passes("write:2=short,write:9=enospc,another=kill") == "-s------e");
  CHECK(WEXITSTATUS(StatusOfChild("write:2=kill", [] { FailPoint("write"); })) == 0);
  CHECK(WasKilled(StatusOfChild("write:2=kill", [] { FailPoint("write"), FailPoint("write"); })));
  for (const char* text : {"write", "write=melt", "write:0=kill", "write:x=kill", "write:1x=kill"}) {
    CHECK_THROWS_WITH(SetFailPoints(text), Catch::StartsWith("ROVE_FAIL: expected "));
  }
}

TEST_CASE("append file: lengths count pending bytes; reopening cuts to the recorded length", "[core][unit]") {
  const TestFolder folder;
  const auto path = folder / "log";
  {
    AppendFile file(path, 0);
    file.Append("one");
    CHECK(file.length() == 4);
    CHECK(ReadFile(path).empty());
    file.Flush();
    CHECK(ReadFile(path) == "one\n");
    file.Append("two");
  }
  CHECK(ReadFile(path) == "one\ntwo\n");
  AppendFile(path, 4).Append("three");
  CHECK(ReadFile(path) == "one\nthree\n");
  CHECK_THROWS_WITH(AppendFile(path, 11), path + ": has 10 bytes, expected at least 11; it was cut or replaced");
}

TEST_CASE("append file: a failed flush leaves whole lines on disk and loses nothing that is retried", "[core][unit]") {
  const TestFolder folder;
  const auto path = folder / "log";
  for (const char* fault : {"write:2=enospc", "write:2=short", "metrics.line:2=enospc", "metrics.line:2=short"}) {
    const Faults faults(fault);
    AppendFile file(path, 0);
    file.Append("first");
    file.Flush();
    file.Append("second");
    CHECK_THROWS_WITH(file.Flush(true), path + kFull);
    CHECK(ReadFile(path) == "first\n");
    CHECK(file.length() == 13);
    file.Flush(true);
    CHECK(ReadFile(path) == "first\nsecond\n");
  }
}

TEST_CASE("append file: killed inside a line, a torn line stays, and reopening cuts it", "[core][unit]") {
  const TestFolder folder;
  const auto path = folder / "log";
  CHECK(WasKilled(StatusOfChild("metrics.line:2=kill", [&] {
    AppendFile file(path, 0);
    file.Append("first");
    file.Flush();
    file.Append("second");
    file.Flush();
  })));
  CHECK(ReadFile(path) == "first\nsec");
  AppendFile(path, 6).Append("again");
  CHECK(ReadFile(path) == "first\nagain\n");
}

TEST_CASE("crc32: zlib's check value, in one piece or two", "[core][unit]") {
  CHECK(Crc32("123456789") == 0xCBF43926);
  CHECK(Crc32("6789", Crc32("12345")) == 0xCBF43926);
}

TEST_CASE("a file's content is named by XXH128, however long it is", "[core][golden]") {  // values of python-xxhash 3
  const TestFolder folder;
  WriteAndSync(folder / "x", "");
  CHECK(HashFile(folder / "x") == "99aa06d3014798d86001c324468d497f");
  std::string bytes;
  for (int i = 0; i < 100'000; ++i) bytes += static_cast<char>(i % 251);
  WriteAndSync(folder / "x", bytes);
  CHECK(HashFile(folder / "x") == "54182c58bbb1337c42c23aeead96750d");
  CHECK_THROWS_AS(HashFile(folder / "none"), Error);
}

}  // namespace
}  // namespace rove
