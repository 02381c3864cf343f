#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "riverbank/index.h"
#include "tests/support/needs_model.h"
#include "tests/support/temporary_folder.h"

namespace riverbank {
namespace {

struct Question {
  std::string text, file, answer;
};

std::vector<Question> shipped_questions() {
  std::ifstream file(std::filesystem::path(RIVERBANK_SOURCE_DIR) / "samples/questions.tsv");
  std::vector<Question> questions;
  std::string line;
  std::getline(file, line);  // the names of the columns
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    Question question;
    std::getline(fields, question.text, '\t');
    std::getline(fields, question.file, '\t');
    std::getline(fields, question.answer, '\t');
    questions.push_back(question);
  }
  return questions;
}

/// White space runs as one space: an answer may be wrapped in its document.
std::string flowing(const std::string& text) {
  std::istringstream words(text);
  std::string joined;
  for (std::string word; words >> word;) joined += (joined.empty() ? "" : " ") + word;
  return joined;
}

/// The reasons add up: the score from its sides, the cosine from the words of both texts, the stored cosine beside it.
void expect_sums(const Index& index, const std::string& question, const SearchResult& result) {
  const Explanations why = index.explain(question, result);
  ASSERT_EQ(why.hits.size(), result.hits.size());
  for (std::size_t i = 0; i < why.hits.size(); ++i) {
    const Hit& hit = result.hits[i];
    EXPECT_NEAR(hit.steps.at(0).sum(), hit.score, 1e-9);
    EXPECT_NEAR(why.hits[i].cosine, *hit.cosine, 1e-2);  // the last layers are explained in float32
    ASSERT_TRUE(why.hits[i].relevance);
    EXPECT_NEAR(1 / (1 + std::exp(-why.hits[i].relevance->sum())), *hit.relevance, 1e-12);
    for (const TextExplanation* text : {&why.hits[i].question, &why.hits[i].passage}) {
      double sum = 0;
      for (const WordShare& word : text->words) sum += word.share;
      for (const WordShare& one : text->rest) sum += one.share;
      EXPECT_NEAR(sum, why.hits[i].cosine, 1e-5);
    }
  }
}

std::vector<std::int64_t> passages_of(const std::vector<Hit>& hits) {
  std::vector<std::int64_t> passages;
  for (const Hit& hit : hits) passages.push_back(hit.passage);
  return passages;
}

/// The hits are the first of those that, all being read, have relevance enough: leaving some unread loses none.
void expect_what_the_bound_leaves(const Index& index, const std::string& question, const std::vector<Hit>& hits) {
  SearchOptions every;
  every.top_k = kReadPassages;
  every.min_relevance = 0;
  std::vector<Hit> expected = index.search(question, every).hits;
  for (const Hit& hit : expected) EXPECT_TRUE(hit.sentence_score.has_value());
  std::erase_if(expected, [](const Hit& hit) { return *hit.relevance < kMinRelevance; });
  expected.resize(std::min(expected.size(), hits.size() + 1));
  if (expected.size() > hits.size() && hits.size() == SearchOptions().top_k) expected.pop_back();
  EXPECT_EQ(passages_of(hits), passages_of(expected)) << question;
}

/// Without its best sentence a hit's relevance is made of its vector and its words.
void expect_relevance_unread(const Index& index, const std::string& question) {
  SearchOptions unread;
  unread.best_sentences = false;
  for (const Hit& hit : index.search(question, unread).hits) {
    const Calibration::Weights& weights = index.embedder().info().calibration->unread;
    const double sum = weights.cosine * *hit.cosine + weights.words * *hit.covered + weights.constant;
    EXPECT_NEAR(*hit.relevance, 1 / (1 + std::exp(-sum)), 1e-12);
    EXPECT_GE(*hit.relevance, kMinRelevance);
  }
}

TEST(SampleQuestions, AreAnsweredByTheFirstHit) {
  RIVERBANK_NEEDS_MODEL(kDefaultModel);
  const testing::TemporaryFolder folder;
  Index index = Index::open(folder.path() / "index");
  const std::vector<std::filesystem::path> documents{std::filesystem::path(RIVERBANK_SOURCE_DIR) / "samples/documents"};
  index.update_folders(documents);

  const auto questions = shipped_questions();
  ASSERT_EQ(questions.size(), 24U);
  std::size_t answered = 0;
  std::size_t sentences = 0;
  for (const Question& question : questions) {
    const SearchResult result = index.search(question.text);
    expect_what_the_bound_leaves(index, question.text, result.hits);
    expect_relevance_unread(index, question.text);
    if (result.hits.empty()) {
      std::cout << "  nothing found: " << question.text << " (best " << result.best_cosine << ")\n";
      continue;
    }
    expect_sums(index, question.text, result);
    const Hit& first = result.hits.front();
    const std::string answer = flowing(question.answer);
    if (first.document == question.file && flowing(first.text).find(answer) != std::string::npos) {
      ++answered;
      const TextRange range = first.best_sentence.value_or(TextRange{});
      if (flowing(first.text.substr(range.begin, range.end - range.begin)).find(answer) != std::string::npos)
        ++sentences;
    } else {
      std::cout << "  missed: " << question.text << " -> " << first.document << ":" << first.first_line << '\n';
    }
  }
  std::cout << "  first hit right: " << answered << " of 24; the answer inside the marked sentence: " << sentences
            << '\n';
  EXPECT_GE(answered, 22U);

  const std::string elsewhere = "Who won the football cup?";
  const SearchResult silent = index.search(elsewhere);
  EXPECT_TRUE(silent.hits.empty());
  EXPECT_LT(silent.best_relevance.value_or(1), kMinRelevance);
  expect_what_the_bound_leaves(index, elsewhere, silent.hits);
}

}  // namespace
}  // namespace riverbank
