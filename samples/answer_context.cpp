// Retrieval for question answering: the passages that a language model should read before it answers, each numbered so
// that the answer can cite it, within a budget of tokens. Pipe the output into the model of your choice.
//
//   answer_context INDEX_FOLDER "question" [BUDGET_IN_TOKENS]
#include <riverbank/error.h>
#include <riverbank/index.h>

#include <cstdlib>
#include <iostream>
#include <string>

namespace {

std::string cited(const riverbank::Hit& hit, std::size_t number) {
  return "[" + std::to_string(number) + "] " + hit.document + ":" + std::to_string(hit.first_line) + "-" +
         std::to_string(hit.last_line) + "\n" + hit.text + "\n\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::cerr << "usage: answer_context INDEX_FOLDER \"question\" [BUDGET_IN_TOKENS]\n";
    return 2;
  }
  try {
    constexpr std::size_t kDefaultBudget = 1000;
    std::size_t left = argc == 4 ? std::strtoul(argv[3], nullptr, 10) : kDefaultBudget;
    riverbank::IndexOptions options;
    options.access = riverbank::Access::kReadOnly;
    const riverbank::Index index = riverbank::Index::open(argv[1], options);

    riverbank::SearchOptions search;
    search.top_k = 20;
    search.best_sentences = false;  // whole passages go into the prompt
    std::cout << "Answer from these passages alone, and cite them by number.\n\n";
    std::size_t number = 0;
    for (const riverbank::Hit& hit : index.search(argv[2], search).hits) {
      const std::string passage = cited(hit, number + 1);
      const std::size_t cost = index.embedder().count_tokens(passage);
      if (cost > left) continue;  // a shorter one further down may still fit
      left -= cost;
      ++number;
      std::cout << passage;
    }
    std::cout << "Question: " << argv[2] << '\n';
    return number > 0 ? 0 : 1;
  } catch (const riverbank::Error& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
