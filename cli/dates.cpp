#include "cli/dates.h"

#include <charconv>
#include <ctime>
#include <optional>
#include <string>

#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank::cli {
namespace {

using Clock = std::chrono::system_clock;
using std::chrono::seconds;

/// The digits from `at` to `at` + `count` as a number; nothing when they are none.
std::optional<int> number(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  int value = 0;
  const char* const end = text.data() + at + count;
  const auto [stop, error] = std::from_chars(text.data() + at, end, value);
  if (error != std::errc() || stop != end || value < 0) return std::nullopt;
  return value;
}

/// A moment of the local calendar; months and days beyond their end run over into the next.
Clock::time_point local(int year, int month, int day, int hour = 0, int minute = 0) {
  std::tm calendar{};
  calendar.tm_year = year - 1900;
  calendar.tm_mon = month - 1;
  calendar.tm_mday = day;
  calendar.tm_hour = hour;
  calendar.tm_min = minute;
  calendar.tm_isdst = -1;
  return Clock::from_time_t(std::mktime(&calendar));
}

std::optional<Period> calendar_period(std::string_view text) {
  const auto year = number(text, 0, 4);
  if (!year || *year < 1970) return std::nullopt;
  if (text.size() == 4) return Period{local(*year, 1, 1), local(*year + 1, 1, 1)};
  const auto month = number(text, 5, 2);
  if (text[4] != '-' || !month || *month < 1 || *month > 12) return std::nullopt;
  if (text.size() == 7) return Period{local(*year, *month, 1), local(*year, *month + 1, 1)};
  const auto day = number(text, 8, 2);
  if (text[7] != '-' || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  if (text.size() == 10) return Period{local(*year, *month, *day), local(*year, *month, *day + 1)};
  const auto hour = number(text, 11, 2), minute = number(text, 14, 2);
  if (text.size() != 16 || (text[10] != 'T' && text[10] != ' ') || text[13] != ':') return std::nullopt;
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  return Period{local(*year, *month, *day, *hour, *minute), local(*year, *month, *day, *hour, *minute + 1)};
}

std::optional<Period> day_before(int days) {
  const std::time_t now = Clock::to_time_t(Clock::now());
  std::tm today{};
  ::localtime_r(&now, &today);
  const int year = today.tm_year + 1900, month = today.tm_mon + 1, day = today.tm_mday - days;
  return Period{local(year, month, day), local(year, month, day + 1)};
}

std::optional<Period> moment_ago(std::string_view text) {
  constexpr std::size_t kMostDigits = 6;
  if (text.size() < 2 || text.size() > kMostDigits + 1) return std::nullopt;
  const auto count = number(text, 0, text.size() - 1);
  if (!count) return std::nullopt;
  constexpr long kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
  long unit = 0;
  switch (text.back()) {
    case 'm':
      unit = kMinute;
      break;
    case 'h':
      unit = kHour;
      break;
    case 'd':
      unit = kDay;
      break;
    case 'w':
      unit = 7 * kDay;
      break;
    case 'y':
      unit = 365 * kDay;
      break;
    default:
      return std::nullopt;
  }
  const Clock::time_point then = Clock::now() - seconds(*count * unit);
  return Period{then, then};
}

}  // namespace

Period read_period(std::string_view text, std::string_view flag) {
  std::optional<Period> period;
  if (text == "today") period = day_before(0);
  if (text == "yesterday") period = day_before(1);
  if (!period) period = moment_ago(text);
  if (!period) period = calendar_period(text);
  if (period) return *period;
  throw Error(ErrorKind::kInvalidArgument,
              std::string(flag) +
                  " takes a date like 2026-11-21, 2026-11 or 2026, \"today\", \"yesterday\", or a time ago "
                  "like 90m, 12h, 7d, 2w or 1y, not \"" +
                  printable(text) + "\"");
}

}  // namespace riverbank::cli
