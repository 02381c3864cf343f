#include "cli/bench/texts.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <random>
#include <string_view>
#include <utility>

#include "cli/input.h"
#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank::cli {
namespace {

constexpr std::array<std::string_view, 48> kWords{
    "the",     "of",       "and",    "water",  "in",      "a",       "to",      "river",   "bank",    "people",
    "number",  "cell",     "with",   "by",     "between", "account", "results", "protein", "history", "light",
    "money",   "increase", "shows",  "system", "after",   "years",   "during",  "which",   "house",   "language",
    "patient", "memory",   "thread", "data",   "small",   "large",   "found",   "written", "open",    "question",
    "answer",  "winter",   "stone",  "market", "garden",  "tree",    "law",     "night"};

std::vector<std::string> made_of_words(std::size_t count, std::size_t least, std::size_t most) {
  std::mt19937 generator(1);
  std::vector<std::string> texts(count);
  for (std::string& text : texts) {
    const std::size_t words = least + generator() % (most - least + 1);
    for (std::size_t i = 0; i < words; ++i) {
      text += (text.empty() ? "" : " ") + std::string(kWords[generator() % kWords.size()]);
    }
  }
  return texts;
}

std::string text_of(const std::string& line, const std::string& file, std::size_t number) {
  if (!line.starts_with('{')) return line;
  const auto entry = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!entry.is_object() || !entry.contains("text") || !entry["text"].is_string()) {
    throw Error(ErrorKind::kCorrupt,
                fmt::format("{}:{}: expected a JSON object with a \"text\" that is a string", printable(file), number));
  }
  const auto title = entry.find("title");
  const bool has_title = title != entry.end() && title->is_string() && !title->get<std::string>().empty();
  return (has_title ? title->get<std::string>() + " " : "") + entry["text"].get<std::string>();
}

}  // namespace

std::vector<BenchTexts> bench_texts(const std::string& file, std::size_t limit) {
  constexpr std::size_t kQuestions = 300, kPassages = 100;
  if (file.empty()) {
    const auto at_most = [&](std::size_t count) { return limit == 0 ? count : std::min(count, limit); };
    return {{"questions", made_of_words(at_most(kQuestions), 6, 12)},
            {"passages", made_of_words(at_most(kPassages), 150, 250)}};
  }
  BenchTexts read{"texts", {}};
  std::size_t number = 0;
  for (const std::string& line : lines_of(read_input(file, "there are no texts to measure with"))) {
    ++number;
    if (line.empty()) continue;
    read.texts.push_back(text_of(line, file, number));
    if (read.texts.size() == limit) break;
  }
  if (read.texts.empty()) throw Error(ErrorKind::kCorrupt, printable(file) + " has no text in it to measure with");
  return {std::move(read)};
}

}  // namespace riverbank::cli
