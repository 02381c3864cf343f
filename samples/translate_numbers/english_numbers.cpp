#include "english_numbers.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr std::string_view kNames[] = {  // clang-format off
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};  // clang-format on

[[noreturn]] void refuse(std::string text, const char* why) {
  const auto is_unsafe = [](char c) { return c < ' ' || c > '~'; };  // no English number needs it, no terminal wants it
  std::replace_if(text.begin(), text.end(), is_unsafe, '?');
  throw std::invalid_argument("\"" + text + "\" " + why);
}

/// "Ninety-seven thousand, two" -> ninety seven thousand two.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    const bool stands_between = std::isspace(static_cast<unsigned char>(c)) != 0 || c == '-' || c == ',';
    if (!stands_between) words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (stands_between && !words.back().empty()) words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

/// 97200 -> "ninety-seven thousand two hundred".
std::string say(int number) {
  const auto and_rest = [](const std::string& said, int rest) { return rest > 0 ? said + " " + say(rest) : said; };
  if (number >= 1000) return and_rest(say(number / 1000) + " thousand", number % 1000);
  if (number >= 100) return and_rest(say(number / 100) + " hundred", number % 100);
  const std::string name(kNames[number < 20 ? number : 18 + number / 10]);
  return number > 20 && number % 10 > 0 ? name + "-" + say(number % 10) : name;
}

/// The words added up whatever their order: if they are a number at all, it is this one.
int sum_of(const std::vector<std::string>& words, const std::string& text) {
  int thousands = 0;
  int rest = 0;
  for (const std::string& word : words) {
    const auto name = static_cast<int>(std::find(std::begin(kNames), std::end(kNames), word) - kNames);
    const bool is_name = name < std::ssize(kNames);
    if (word == "million" || word == "billion") refuse(text, "is out of range: this model reads 0 to 999,999.");
    if (!is_name && word != "hundred" && word != "thousand" && word != "and" && word != "a") {
      refuse(word, "is no word of an English number.");
    }
    if (is_name) rest = std::min(rest + (name < 20 ? name : 10 * (name - 18)), 999);
    if (word == "hundred") rest = std::min(rest, 9) * 100;
    if (word == "thousand") thousands = std::exchange(rest, 0) * 1000;
  }
  return thousands + rest;
}

}  // namespace

std::string english_number(const std::string& text) {
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; })) {
    std::string digits = text;
    std::erase(digits, ',');
    const bool is_whole = digits.find_first_not_of("0123456789") == std::string::npos;
    if (!is_whole || digits.size() > 6) refuse(text, "is no whole number from 0 to 999,999, which this model reads.");
    return say(std::stoi(digits));
  }
  std::vector<std::string> words = words_of(text);
  if (words.size() > 1 && words[0] == "a") words[0] = "one";  // a hundred
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {        // "and" after hundred or thousand, before less than 100
    const bool may_stand = words[i - 1] == "hundred" || words[i - 1] == "thousand";
    if (words[i] != "and" || !may_stand || (i + 2 < words.size() && words[i + 2] == "hundred")) continue;
    words.erase(std::next(words.begin(), static_cast<std::ptrdiff_t>(i)));
  }
  if (words != words_of(say(sum_of(words, text)))) refuse(text, "is no number as English says it.");
  return text;
}
