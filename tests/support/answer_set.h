#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "lib/math/dot.h"
#include "lib/text/sentences.h"
#include "riverbank/error.h"
#include "riverbank/evaluate.h"
#include "riverbank/index.h"

namespace riverbank::testing {

/// A retrieval set that also knows where in its passage each question's answer stands: answers.tsv with
/// query-id, corpus-id, answer_start (in code points of the passage's text), answer.
struct AnswerSet {
  struct Answer {
    std::string question;   ///< id
    std::string passage;    ///< id
    std::size_t begin = 0;  ///< bytes of the passage's text
  };
  RetrievalSet set;
  std::map<std::string, Record> passages;  ///< by id
  std::vector<Answer> answers;

  const std::string& text_of(const Answer& answer) const { return set.queries.at(answer.question); }
  /// Passages with the same title are of one article.
  const std::string& article_of(const Answer& answer) const { return passages.at(answer.passage).title; }
};

inline std::size_t byte_of_code_point(const std::string& text, std::size_t code_point) {
  std::size_t byte = 0;
  for (; byte < text.size(); ++byte) {
    if ((static_cast<unsigned char>(text[byte]) & 0xC0U) != 0x80U && code_point-- == 0) break;
  }
  return byte;
}

/// Every `step`-th article with its questions.
inline AnswerSet read_answer_set(const std::filesystem::path& folder, std::size_t step = 1) {
  AnswerSet result;
  result.set = read_retrieval_set(folder);
  std::vector<std::string> articles;
  for (const Record& record : result.set.corpus) {
    if (articles.empty() || articles.back() != record.title) articles.push_back(record.title);
    if ((articles.size() - 1) % step == 0) result.passages.emplace(record.id, record);
  }
  std::erase_if(result.set.corpus, [&](const Record& record) { return !result.passages.contains(record.id); });
  std::ifstream file(folder / "answers.tsv");
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    AnswerSet::Answer answer;
    std::size_t code_point = 0;
    fields >> answer.question >> answer.passage >> code_point;
    const auto passage = result.passages.find(answer.passage);
    if (passage == result.passages.end()) continue;
    answer.begin = byte_of_code_point(passage->second.text, code_point);
    result.answers.push_back(answer);
  }
  return result;
}

/// An index of the set's passages, one chunk each.
inline Index index_of(const AnswerSet& set, const std::filesystem::path& location, const std::string& model) {
  IndexOptions options;
  options.model = model;
  options.whole_documents = true;
  Index index = Index::open(location, options);
  index.add(set.set.corpus);
  return index;
}

/// How often the sentence that a search marks in the right passage holds the answer.
struct SentenceResult {
  double marked = 0;         ///< share, by the search
  double by_own_vector = 0;  ///< share, by the sentence whose own vector is nearest to the question's
  double median_bytes = 0;   ///< of what the search marked
  std::size_t questions = 0;
};

inline SentenceResult measure_sentences(const AnswerSet& set, const Index& index, std::size_t step = 1) {
  SentenceResult result;
  std::vector<std::size_t> lengths;
  std::map<std::string, Embeddings> vectors;  // of a passage's sentences
  for (std::size_t i = 0; i < set.answers.size(); i += step) {
    const AnswerSet::Answer& answer = set.answers[i];
    const std::string& text = set.passages.at(answer.passage).text;
    const auto holds = [&](std::size_t begin, std::size_t end) { return begin <= answer.begin && answer.begin < end; };
    ++result.questions;

    SearchOptions options;
    options.top_k = 1;
    options.path_glob = answer.passage;
    options.min_relevance = 0;
    const SearchResult found = index.search(set.text_of(answer), options);
    if (!found.hits.empty() && found.hits[0].best_sentence) {
      const TextRange& range = *found.hits[0].best_sentence;
      result.marked += holds(range.begin, range.end) ? 1 : 0;
      lengths.push_back(range.end - range.begin);
    }

    const std::vector<Span> spans = sentences(text);
    Embeddings& own = vectors[answer.passage];
    if (own.rows == 0) {
      std::vector<std::string_view> texts;
      for (const Span& span : spans) texts.push_back(span.of(text));
      own = index.embedder().embed(texts);
    }
    const std::vector<float> question = index.embedder().embed(set.text_of(answer), TextKind::kQuery);
    std::size_t best = 0;
    const auto cosine = [&](std::size_t row) { return dot(own.row(row).data(), question.data(), question.size()); };
    for (std::size_t row = 1; row < own.rows; ++row) best = cosine(row) > cosine(best) ? row : best;
    result.by_own_vector += holds(spans[best].begin, spans[best].end) ? 1 : 0;
  }
  const auto count = static_cast<double>(std::max<std::size_t>(1, result.questions));
  result.marked /= count;
  result.by_own_vector /= count;
  std::ranges::sort(lengths);
  if (!lengths.empty()) result.median_bytes = static_cast<double>(lengths[lengths.size() / 2]);
  return result;
}

/// The best relevance that each question finds: in all passages, and in those of other articles.
struct SilenceResult {
  std::vector<double> with_answer, without;

  /// Area under the ROC curve: how often an answerable question is the more relevant of two.
  double area() const {
    double wins = 0;
    for (const double a : with_answer) {
      for (const double b : without) wins += a > b ? 1 : a == b ? 0.5 : 0;
    }
    return wins / static_cast<double>(with_answer.size() * without.size());
  }
  /// The threshold that loses this share of the answers.
  double threshold(double lost) const {
    std::vector<double> sorted = with_answer;
    std::ranges::sort(sorted);
    return sorted[static_cast<std::size_t>(lost * static_cast<double>(sorted.size()))];
  }
  static double share_from(const std::vector<double>& values, double threshold) {
    const auto shown = std::ranges::count_if(values, [&](double value) { return value >= threshold; });
    return static_cast<double>(shown) / static_cast<double>(values.size());
  }
};

/// The most relevant of the first hits, an article's left out when one is named (which has at most five passages).
inline double best_relevance(const Index& index, const std::string& question, const std::string& without = "") {
  SearchOptions options;
  options.top_k = 10;
  options.min_relevance = 0;
  double best = 0;
  for (const Hit& hit : index.search(question, options).hits) {
    if (without.empty() || hit.title != without) best = std::max(best, hit.relevance.value_or(0));
  }
  return best;
}

inline SilenceResult measure_silence(const AnswerSet& set, const Index& index, std::size_t step = 1) {
  SilenceResult result;
  for (std::size_t i = 0; i < set.answers.size(); i += step) {
    const std::string& question = set.text_of(set.answers[i]);
    result.with_answer.push_back(best_relevance(index, question));
    result.without.push_back(best_relevance(index, question, set.article_of(set.answers[i])));
  }
  return result;
}

}  // namespace riverbank::testing
