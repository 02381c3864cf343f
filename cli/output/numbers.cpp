#include "cli/output/numbers.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank::cli {

std::string with_thousands(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string counted(std::uint64_t number, std::string_view singular, std::string_view plural) {
  return with_thousands(number) + " " + std::string(number == 1 ? singular : plural);
}

std::string in_bytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits{"bytes", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string in_seconds(double seconds) {
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1000);
  if (seconds < 100) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  return whole < 3600 ? fmt::format("{} min {} s", whole / 60, whole % 60)
                      : fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::uint64_t parse_bytes(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string unit(end, text.data() + text.size());
  std::erase(unit, ' ');
  for (char& c : unit) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const bool binary = unit.size() == 1 || unit.ends_with("ib");
  const std::size_t power = unit.empty() || unit == "b" ? 0
                            : unit[0] == 'k'            ? 1
                            : unit[0] == 'm'            ? 2
                            : unit[0] == 'g'            ? 3
                                                        : 9;
  const bool known = power == 0 || (power < 9 && (unit.size() == 1 || unit.substr(1) == "b" || unit.substr(1) == "ib"));
  constexpr double kMost = 1e15;
  const double bytes = value * std::pow(binary ? 1024.0 : 1000.0, static_cast<double>(power));
  if (error != std::errc() || !known || !(bytes >= 0 && bytes <= kMost)) {
    throw Error(ErrorKind::kInvalidArgument,
                "\"" + printable(text) + "\" is not a size; write a number and a unit, such as 500KB, 64MiB or 2G");
  }
  return static_cast<std::uint64_t>(bytes);
}

}  // namespace riverbank::cli
