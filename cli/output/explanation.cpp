#include "cli/output/explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <vector>

#include "cli/output/numbers.h"
#include "cli/output/wrap.h"
#include "lib/base/printable.h"

namespace riverbank::cli {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t kLabelWidth = 14;
constexpr std::size_t kMostWords = 8;
constexpr std::size_t kMostTextLines = 4;
/// Apart by more than this, the stored cosine and the one that the shares add up to are both shown.
constexpr double kSameCosine = 1e-3;
constexpr double kHeldBy = 1e-9;

/// With the minus sign of the other figures.
std::string signed_number(double value) { return fmt::format("{}{:.3f}", value < 0 ? "−" : "", std::abs(value)); }

/// "    label     text", wrapped.
void print_line(Terminal& terminal, const std::string& label, const std::string& text) {
  const auto lines = wrap({{text, Style::kPlain}}, terminal, terminal.width(), kLabelWidth, kMostTextLines);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) {
      terminal.print(lines[i] + "\n");
    } else {
      terminal.print("    " + terminal.styled(fmt::format("{:<{}}", label, kLabelWidth - 4), Style::kFaint) +
                     lines[i].substr(kLabelWidth) + "\n");
    }
  }
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// Equal words together, the largest shares first.
std::vector<WordShare> joined(const std::vector<WordShare>& words) {
  std::vector<WordShare> result;
  for (const WordShare& word : words) {
    const std::string name = lower(word.word);
    const auto known =
        std::find_if(result.begin(), result.end(), [&](const WordShare& one) { return one.word == name; });
    if (known == result.end()) {
      result.push_back({name, word.share, 0, 0});
    } else {
      known->share += word.share;
    }
  }
  std::stable_sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.share > b.share; });
  return result;
}

/// "chain 0.164 + worn 0.060 + … + 9 others 0.071 + [CLS] 0.180": adds up to the whole.
std::string sum_of(const std::vector<WordShare>& all_words, const std::vector<WordShare>& rest, int digits) {
  const std::vector<WordShare> words = joined(all_words);
  std::string text;
  const auto add = [&](const std::string& name, double share) {
    text += fmt::format("{}{} {:.{}f}",
                        text.empty() ? ""
                        : share < 0  ? " − "
                                     : " + ",
                        name, text.empty() ? share : std::abs(share), digits);
  };
  double others = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i < kMostWords || words.size() == kMostWords + 1) {
      add(printable(words[i].word), words[i].share);
    } else {
      others += words[i].share;
    }
  }
  if (words.size() > kMostWords + 1) add(counted(words.size() - kMostWords, "other", "others"), others);
  for (const WordShare& one : rest) add(one.word, one.share);
  return text;
}

/// "weight 0.10 × (0.773 − 0.515) / 0.061", as much of it as says something.
std::string formula_of(const ScoreStep::Side& side) {
  if (side.is_rank) return fmt::format("weight {:.2f} × 61 / (60 + {:.0f})", side.weight, side.value);
  std::string text = signed_number(side.value);
  if (side.centre != 0) text = fmt::format("({} − {})", text, signed_number(side.centre));
  if (side.weight != 1) text = fmt::format("weight {:.2f} × {}", side.weight, text);
  return side.spread == 1 ? text : text + fmt::format(" / {:.3f}", side.spread);
}

/// "0.240 + cosine 0.417 (weight 0.10 × (0.773 − 0.515) / 0.061) + bm25 0.343 (…)".
std::string sum_of(const ScoreStep& step) {
  std::string sum = step.base != 0 || step.sides.empty() ? signed_number(step.base) : "";
  for (const ScoreStep::Side& side : step.sides) {
    const double points = side.points();
    const char* const sign = sum.empty() ? "" : points < 0 ? " − " : " + ";
    const bool says_more = side.is_rank || side.weight != 1 || side.centre != 0 || side.spread != 1;
    sum +=
        fmt::format("{}{} {}", sign, side.name, sum.empty() ? signed_number(points) : signed_number(std::abs(points)));
    if (says_more) sum += " (" + formula_of(side) + ")";
  }
  return sum;
}

/// A step of the score, whose sum it is unless that lies outside 0 to 1.
std::string told(const ScoreStep& step) {
  const std::string sum = sum_of(step);
  if (step.name == "relevance") {
    return fmt::format("{:.3f} = 1 / (1 + exp({})), {} = {}", step.result, signed_number(-step.sum()),
                       signed_number(step.sum()), sum);
  }
  const bool held = std::abs(step.sum() - step.result) > kHeldBy;
  return fmt::format("{:.3f}{} = {}", step.result, held ? ", held between 0 and 1," : "", sum);
}

ordered_json as_json(const ScoreStep& step) {
  ordered_json sides = ordered_json::array();
  for (const ScoreStep::Side& side : step.sides) {
    ordered_json json{{"side", side.name}, {"value", side.value}, {"weight", side.weight}};
    if (side.is_rank) {
      json["rank_offset"] = 60;
    } else {
      json["centre"] = side.centre;
      json["spread"] = side.spread;
    }
    json["points"] = side.points();
    sides.push_back(json);
  }
  return {{"step", step.name}, {"base", step.base}, {"sides", sides}, {"result", step.result}};
}

ordered_json as_json(const TextExplanation& text) {
  ordered_json json{{"text", text.text}, {"words", ordered_json::array()}, {"rest", ordered_json::object()}};
  for (const WordShare& word : text.words) {
    json["words"].push_back({{"word", word.word}, {"begin", word.begin}, {"end", word.end}, {"share", word.share}});
  }
  for (const WordShare& one : text.rest) json["rest"][one.word] = one.share;
  return json;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> sums_of(const Hit& hit, const Explanation& why) {
  std::vector<std::pair<std::string, std::string>> sums;
  if (why.relevance) sums.emplace_back("relevance", told(*why.relevance));
  for (const ScoreStep& step : hit.steps) {
    const bool is_last = &step == &hit.steps.back();
    sums.emplace_back(is_last ? "score" : "before", told(step));
  }
  if (hit.bm25 && !why.keywords.empty()) {
    sums.emplace_back("bm25", fmt::format("{:.3f} = {}", *hit.bm25, sum_of(why.keywords, {}, 2)));
  }
  if (hit.cosine) {
    const bool differs = std::abs(why.cosine - *hit.cosine) > kSameCosine;
    const std::string cosine =
        fmt::format("cosine {:.3f}{} = ", why.cosine, differs ? fmt::format(" (stored {:.3f})", *hit.cosine) : "");
    sums.emplace_back("question", cosine + sum_of(why.question.words, why.question.rest, 3));
    sums.emplace_back("passage", cosine + sum_of(why.passage.words, why.passage.rest, 3));
  }
  if (hit.best_sentence && hit.sentence_score) {
    std::string text = fmt::format("the marked one has {:.3f} by late interaction", *hit.sentence_score);
    if (hit.cosine) text += fmt::format("; its words bring {:.3f} of the cosine", why.sentence_share);
    sums.emplace_back("sentence", text);
  }
  return sums;
}

void print_why(Terminal& terminal, const Hit& hit, const Explanation& why) {
  for (const auto& [label, sum] : sums_of(hit, why)) print_line(terminal, label, sum);
}

ordered_json to_json(const Hit& hit, const Explanation& why) {
  ordered_json json{{"relevance", nullptr}, {"steps", ordered_json::array()}, {"keywords", ordered_json::array()}};
  if (why.relevance) json["relevance"] = as_json(*why.relevance);
  for (const ScoreStep& step : hit.steps) json["steps"].push_back(as_json(step));
  for (const WordShare& word : why.keywords) json["keywords"].push_back({{"word", word.word}, {"bm25", word.share}});
  json["cosine"] = nullptr;
  if (!why.passage.text.empty()) {
    json["cosine"] = why.cosine;
    json["question"] = as_json(why.question);
    json["passage"] = as_json(why.passage);
  }
  json["sentence_share"] = why.sentence_share;
  return json;
}

}  // namespace riverbank::cli
