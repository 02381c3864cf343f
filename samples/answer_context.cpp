// Retrieval for question answering: the passages that a language model should read before it answers, each numbered so
// that the answer can cite it, within a budget of tokens. Pipe the output into the model of your choice.
//
//   answer_context INDEX_FOLDER "question" [BUDGET_IN_TOKENS]
#include <riverbank/context.h>
#include <riverbank/error.h>
#include <riverbank/index.h>

#include <cstdlib>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::cerr << "usage: answer_context INDEX_FOLDER \"question\" [BUDGET_IN_TOKENS]\n";
    return 2;
  }
  try {
    riverbank::IndexOptions open;
    open.access = riverbank::Access::kReadOnly;
    const riverbank::Index index = riverbank::Index::open(argv[1], open);

    riverbank::ContextOptions options;
    if (argc == 4) options.budget = std::strtoul(argv[3], nullptr, 10);
    const riverbank::Context context = riverbank::gather_context(index, argv[2], options);
    if (context.passages.empty()) {
      std::cerr << "Nothing in the index is about that.\n";
      return 1;
    }
    for (const riverbank::ChatMessage& message : riverbank::chat_messages(context, argv[2])) {
      std::cout << message.role << ":\n" << message.content << "\n\n";
    }
    std::cerr << context.cost << " of " << options.budget << " tokens\n";
  } catch (const riverbank::Error& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
