#include "index/search/left_out.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/printable.h"

namespace riverbank {
namespace {

constexpr std::size_t kNamed = 3;

}  // namespace

void LeftOut::add(std::string_view name) {
  ++count_;
  const std::string quoted = "\"" + printable(name) + "\"";
  if (first_.size() < kNamed && std::find(first_.begin(), first_.end(), quoted) == first_.end()) {
    first_.push_back(quoted);
  }
}

std::string LeftOut::sentence() const {
  return fmt::format("{} {}{} left out: {} {} ({}{})", count_, row_, count_ == 1 ? "" : "s",
                     count_ == 1 ? "it names" : "each names", reason_, fmt::join(first_, ", "),
                     count_ > first_.size() ? ", …" : "");
}

Error nothing_left(const std::filesystem::path& file, const std::vector<std::string>& left_out) {
  return {ErrorKind::kCorrupt,
          fmt::format("nothing in {} can be used{}{}; is it the file that belongs to these documents?",
                      printable(file.string()), left_out.empty() ? "; it judges nothing" : ": ",
                      fmt::join(left_out, "; "))};
}

}  // namespace riverbank
