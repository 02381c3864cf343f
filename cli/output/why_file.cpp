#include "cli/output/why_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/output/explanation.h"
#include "cli/output/hits.h"
#include "lib/base/file.h"
#include "lib/insight/why_page.h"

namespace riverbank::cli {
namespace {

SharedText shared_text(const std::string& name, const TextExplanation& text) {
  SharedText shared{.name = name, .text = text.text, .words = {}, .marked = {}, .rest = {}};
  for (const WordShare& word : text.words) shared.words.push_back({{word.begin, word.end}, word.share});
  for (const WordShare& one : text.rest) {
    shared.rest += fmt::format("{}{} {:.3f}", shared.rest.empty() ? "No word's: " : ", ", one.word, one.share);
  }
  return shared;
}

WhyHit why_hit(std::size_t rank, const Hit& hit, const Explanation& why) {
  WhyHit page{.title = fmt::format("{}  {:.2f}  {}", rank, hit.relevance.value_or(hit.score), place_of(hit)),
              .sums = {},
              .texts = {}};
  for (const auto& [label, sum] : sums_of(hit, why)) page.sums.push_back(fmt::format("{}: {}", label, sum));
  if (!hit.cosine) return page;
  page.texts.push_back(shared_text("The question's words in the cosine", why.question));
  page.texts.push_back(shared_text("The passage's words in the cosine", why.passage));
  if (hit.best_sentence) {
    const std::size_t before = why.passage.text.size() - hit.text.size();
    page.texts.back().marked = {before + hit.best_sentence->begin, before + hit.best_sentence->end};
  }
  return page;
}

/// One figure a passage, as many as a page holds; takes the weights, some MB, out of `why`.
std::vector<AttentionFigure> figures_of(const SearchResult& result, Explanations& why) {
  std::vector<AttentionFigure> figures;
  std::size_t weights = 0;
  for (std::size_t i = 0; i < why.hits.size(); ++i) {
    Explanation& one = why.hits[i];
    if (!one.attention) continue;
    weights += one.attention->attention.size();
    if (weights > kMostPageWeights) break;
    std::vector<float> taken = std::move(one.attention->attention);
    AttentionFigure figure = figure_of(*one.attention, one.passage.text);
    figure.weights = std::move(taken);
    figure.name = fmt::format("{}  {}", i + 1, place_of(result.hits[i]));
    figure.caption = "How much each token (row) attends to each token (column): the mean of the layer's heads.";
    figures.push_back(std::move(figure));
  }
  return figures;
}

}  // namespace

void write_why_page(const std::string& file, const std::string& question, const SearchResult& result,
                    Explanations& why) {
  std::vector<WhyHit> hits;
  for (std::size_t i = 0; i < result.hits.size(); ++i) {
    hits.push_back(why_hit(i + 1, result.hits[i], why.hits[i]));
  }
  const std::string lead =
      "Why these passages? Words are shaded by what they bring. " + result.order + " " + why.method;
  write_file_atomically(file, why_page(question, lead, hits, figures_of(result, why)), 0644);
}

}  // namespace riverbank::cli
