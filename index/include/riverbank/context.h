#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "riverbank/index.h"
#include "riverbank/search.h"

namespace riverbank {

/// Where in a prompt the passages stand.
enum class ContextOrder {
  kEdges,     ///< the best first, the second best last, and so on inwards: language models overlook what stands in the
              ///< middle of a long prompt ("Lost in the Middle", arXiv:2307.03172)
  kRank,      ///< best first
  kDocument,  ///< as they stand in their documents; documents by their best passage
};

enum class ContextFormat { kText, kMarkdown };

enum class BudgetUnit {
  kTokens,  ///< of the index's model, without [CLS] and [SEP]
  kWords,   ///< UAX #29
};

/// What a language model gets to read: one passage, or several that follow each other in one document.
struct ContextPassage {
  std::size_t rank = 0;  ///< of its best hit, from 1
  double score = 0;      ///< of that hit
  std::string document, root, title;
  std::vector<std::string> headings;
  std::size_t first_line = 0, last_line = 0;  ///< 0 for a record
  std::string text;
  bool shortened = false;  ///< whole sentences at an end were left out, so that it fits the budget
  bool cut = false;        ///< it is the beginning of a sentence that is longer than the budget; ends in "…"
};

struct ContextOptions {
  ContextOptions() { search.top_k = 20, search.best_sentences = false; }

  SearchOptions search;       ///< top_k: how many passages there are to choose from
  std::size_t budget = 2000;  ///< of Context::text, citations and all
  BudgetUnit unit = BudgetUnit::kTokens;
  ContextOrder order = ContextOrder::kEdges;
  ContextFormat format = ContextFormat::kText;
  /// How a passage is cited; unset: "document:first_line-last_line".
  std::function<std::string(const ContextPassage&)> cite;
};

/// Passages for a language model's prompt.
struct Context {
  std::vector<ContextPassage> passages;  ///< in the order of the prompt; the i-th is cited as [i + 1]
  std::string text;              ///< all of them with their citations, as `format` has it; never over the budget
  std::size_t cost = 0;          ///< of text, in the budget's unit
  std::size_t without_room = 0;  ///< hits that did not fit, not even by a sentence
  SearchResult found;            ///< what the search said; its hits are all that there was to choose from
};

/// Searches and gathers what fits into the budget, best hits first: passages that say the same once (SearchOptions::
/// fold_similar), neighbours in a document as one passage, each under its number and its place. The passage that does
/// not fit any more is shortened to the whole sentences around the one that answers best. No passages when nothing is
/// found. Throws Error: kInvalidArgument (a budget of 0, or too small for a citation and a word) and what
/// Index::search() throws. Any thread.
Context gather_context(const Index& index, std::string_view question, const ContextOptions& options = {});

/// One turn of a chat, as the usual interfaces of language models take it.
struct ChatMessage {
  std::string role;  ///< "system" or "user"
  std::string content;
};

/// The instruction to answer from the passages alone and to cite them, and the passages with the question. The
/// instruction and the question come on top of the budget.
std::vector<ChatMessage> chat_messages(const Context& context, std::string_view question);

}  // namespace riverbank
