#include "index/vectors/recall.h"

#include <algorithm>
#include <span>
#include <vector>

#include "index/vectors/top_k.h"
#include "lib/math/dot.h"

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

/// Finds the true answers in one pass over the vectors for all of these questions: once for each would read a graph
/// that is greater than the caches some hundred times.
void answer(const VectorGraph& graph, std::span<Question> questions) {
  const DotFunction dot = dot_function();
  std::vector<TopK> nearest(questions.size(), TopK(kNeighbours));
  graph.for_each_vector([&](std::int64_t id, std::span<const float> vector) {
    for (std::size_t i = 0; i < questions.size(); ++i) {
      const Question& question = questions[i];
      if (id == question.id || question.vector.empty()) continue;  // itself; removed meanwhile
      nearest[i].offer({id, dot(question.vector.data(), vector.data(), vector.size())});
    }
  });
  for (std::size_t i = 0; i < questions.size(); ++i) questions[i].nearest = nearest[i].take();
}

std::vector<Question> draw_questions(const VectorGraph& graph, std::size_t sample, ThreadPool* pool) {
  constexpr std::size_t kAtOnce = 25;
  const std::vector<std::int64_t> ids = graph.ids();
  std::vector<Question> questions(std::min(sample, ids.size()));
  run(pool, (questions.size() + kAtOnce - 1) / kAtOnce, [&](std::size_t some, int) {
    const std::size_t begin = some * kAtOnce, end = std::min(begin + kAtOnce, questions.size());
    for (std::size_t i = begin; i < end; ++i) {
      questions[i].id = ids[i * ids.size() / questions.size()];
      questions[i].vector = graph.vector(questions[i].id);
    }
    answer(graph, std::span(questions).subspan(begin, end - begin));
  });
  return questions;
}

GraphRecall measure(const VectorGraph& graph, const std::vector<Question>& questions, std::size_t ef,
                    ThreadPool* pool) {
  std::vector<std::size_t> found(questions.size());
  run(pool, questions.size(), [&](std::size_t i, int) {
    const Question& question = questions[i];
    if (question.nearest.empty()) return;
    const float least = question.nearest.back().similarity;
    std::size_t good = 0;
    for (const Neighbour& neighbour : graph.search(question.vector, kNeighbours + 1, ef)) {
      if (neighbour.id != question.id && neighbour.similarity >= least) ++good;
    }
    found[i] = std::min(good, question.nearest.size());
  });
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
