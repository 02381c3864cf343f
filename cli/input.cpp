#include "cli/input.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "lib/base/file.h"
#include "riverbank/error.h"

namespace riverbank::cli {
namespace {

constexpr std::uint64_t kMostInput = std::uint64_t{1} << 30U;

}  // namespace

std::string read_standard_input() {
  std::string text;
  char piece[1 << 16];
  for (std::size_t got = 0; (got = std::fread(piece, 1, sizeof piece, stdin)) > 0;) {
    text.append(piece, got);
    if (text.size() > kMostInput) throw Error(ErrorKind::kUnsupported, "standard input is larger than 1 GiB; split it");
  }
  return text;
}

std::string read_input(const std::string& file, const std::string& hint) {
  if (!file.empty() && file != "-") return read_file(file, kMostInput);
  if (file.empty() && ::isatty(STDIN_FILENO) == 1) throw Error(ErrorKind::kInvalidArgument, hint);
  return read_standard_input();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const bool carriage_return = end > begin && text[end - 1] == '\r';
    lines.push_back(text.substr(begin, end - begin - (carriage_return ? 1 : 0)));
    begin = end + 1;
  }
  return lines;
}

}  // namespace riverbank::cli
