// Lines of a file that may be gzip, with several members.
#pragma once

#include <zlib.h>

#include <string>

namespace rove {

class LineReader {
 public:
  explicit LineReader(const std::string& path);  // throws Error(kUser) if it cannot be read
  ~LineReader() { gzclose(file_); }
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // The next line with its end, false after the last. Throws Error(kUser) if the file is damaged or cut short.
  bool Next(std::string* line);
  std::string place() const;  // "trace.gz:3", of the line read last

 private:
  std::string path_;
  gzFile file_;
  int number_ = 0;
};

}  // namespace rove
