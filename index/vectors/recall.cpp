#include "index/vectors/recall.h"

#include <algorithm>
#include <functional>
#include <vector>

namespace riverbank {
namespace {

constexpr std::size_t kNeighbours = 10;
constexpr std::size_t kLeastEf = 16, kMostEf = 1024;

/// One of the graph's own vectors as a question, and the true answers to it.
struct Question {
  std::int64_t id = 0;
  std::vector<float> vector;
  std::vector<Neighbour> nearest;
};

std::vector<Question> draw_questions(const VectorGraph& graph, std::size_t sample, ThreadPool* pool) {
  const std::vector<std::int64_t> ids = graph.ids();
  std::vector<Question> questions(std::min(sample, ids.size()));
  const std::function<void(std::size_t, int)> answer = [&](std::size_t i, int) {
    Question& question = questions[i];
    question.id = ids[i * ids.size() / questions.size()];
    question.vector = graph.vector(question.id);
    if (question.vector.empty()) return;  // removed meanwhile
    question.nearest = graph.scan(question.vector, kNeighbours + 1);
    std::erase_if(question.nearest, [&](const Neighbour& found) { return found.id == question.id; });
    question.nearest.resize(std::min(question.nearest.size(), kNeighbours));
  };
  if (pool != nullptr) {
    pool->run(questions.size(), answer);
  } else {
    for (std::size_t i = 0; i < questions.size(); ++i) answer(i, 0);
  }
  return questions;
}

GraphRecall measure(const VectorGraph& graph, const std::vector<Question>& questions, std::size_t ef,
                    ThreadPool* pool) {
  std::vector<std::size_t> found(questions.size());
  const std::function<void(std::size_t, int)> ask = [&](std::size_t i, int) {
    const Question& question = questions[i];
    if (question.nearest.empty()) return;
    const float least = question.nearest.back().similarity;
    std::size_t good = 0;
    for (const Neighbour& neighbour : graph.search(question.vector, kNeighbours + 1, ef)) {
      if (neighbour.id != question.id && neighbour.similarity >= least) ++good;
    }
    found[i] = std::min(good, question.nearest.size());
  };
  if (pool != nullptr) {
    pool->run(questions.size(), ask);
  } else {
    for (std::size_t i = 0; i < questions.size(); ++i) ask(i, 0);
  }
  GraphRecall recall;
  recall.ef = ef;
  recall.sampled = questions.size();
  std::size_t all = 0, right = 0;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    all += questions[i].nearest.size();
    right += found[i];
  }
  if (all > 0) recall.recall_at_10 = static_cast<double>(right) / static_cast<double>(all);
  return recall;
}

}  // namespace

GraphRecall measure_recall(const VectorGraph& graph, std::size_t sample, std::size_t ef, ThreadPool* pool) {
  return measure(graph, draw_questions(graph, sample, pool), ef, pool);
}

GraphRecall choose_ef(const VectorGraph& graph, std::size_t sample, double target, ThreadPool* pool) {
  const std::vector<Question> questions = draw_questions(graph, sample, pool);
  GraphRecall recall;
  for (std::size_t ef = kLeastEf; ef <= kMostEf; ef *= 2) {
    recall = measure(graph, questions, ef, pool);
    if (recall.recall_at_10 >= target) break;
  }
  return recall;
}

}  // namespace riverbank
