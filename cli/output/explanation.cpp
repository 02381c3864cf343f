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

constexpr std::size_t kIndent = 14;
constexpr std::size_t kMostWords = 8;
constexpr std::size_t kMostLines = 4;
/// Apart by more than this, the stored cosine and the one that the shares add up to are both shown.
constexpr double kSameCosine = 1e-3;

/// "    label     text", wrapped.
void print_line(Terminal& terminal, const std::string& label, const std::string& text) {
  const auto lines = wrap({{text, Style::kPlain}}, terminal, terminal.width(), kIndent, kMostLines);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) {
      terminal.print(lines[i] + "\n");
    } else {
      terminal.print("    " + terminal.styled(fmt::format("{:<{}}", label, kIndent - 4), Style::kFaint) +
                     lines[i].substr(kIndent) + "\n");
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

ordered_json as_json(const TextExplanation& text) {
  ordered_json json{{"text", text.text}, {"words", ordered_json::array()}, {"rest", ordered_json::object()}};
  for (const WordShare& word : text.words) {
    json["words"].push_back({{"word", word.word}, {"begin", word.begin}, {"end", word.end}, {"share", word.share}});
  }
  for (const WordShare& one : text.rest) json["rest"][one.word] = one.share;
  return json;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> sums_of(const Hit& hit, const ScoreForm& form,
                                                         const Explanation& why) {
  std::vector<std::pair<std::string, std::string>> sums;
  std::string sum;
  if (form.base != 0) sum = fmt::format("{:.3f}", form.base);
  for (std::size_t i = 0; i < why.points.size(); ++i) {
    const ScoreForm::Side& side = form.sides[i];
    sum += fmt::format("{}{} {:.3f} (weight {:.2f} × ({:.3f} − {:.3f}) / {:.3f})", sum.empty() ? "" : " + ", side.name,
                       why.points[i].points, side.weight, why.points[i].value, side.centre, side.spread);
  }
  sums.emplace_back("score", fmt::format("{:.3f} = {}", hit.score, sum));
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
  if (hit.cosine && hit.best_sentence) {
    sums.emplace_back("sentence", fmt::format("the words of the marked one bring {:.3f} of it", why.sentence_share));
  }
  return sums;
}

void print_why(Terminal& terminal, const Hit& hit, const ScoreForm& form, const Explanation& why) {
  for (const auto& [label, sum] : sums_of(hit, form, why)) print_line(terminal, label, sum);
}

ordered_json to_json(const Explanation& why, const ScoreForm& form) {
  ordered_json json{{"base", form.base}, {"points", ordered_json::array()}, {"keywords", ordered_json::array()}};
  for (std::size_t i = 0; i < why.points.size(); ++i) {
    const ScoreForm::Side& side = form.sides[i];
    json["points"].push_back({{"side", side.name},
                              {"value", why.points[i].value},
                              {"weight", side.weight},
                              {"centre", side.centre},
                              {"spread", side.spread},
                              {"points", why.points[i].points}});
  }
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
