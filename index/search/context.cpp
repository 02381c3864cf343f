#include "riverbank/context.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "index/documents/chunker.h"
#include "index/search/best_sentence.h"
#include "index/search/context_pieces.h"
#include "lib/text/sentences.h"
#include "riverbank/error.h"
#include "riverbank/rerank.h"

namespace riverbank {
namespace {

std::string citation(const ContextPassage& passage, const ContextOptions& options) {
  if (options.cite) return options.cite(passage);
  if (passage.first_line == 0) return passage.document;
  return fmt::format("{}:{}-{}", passage.document, passage.first_line, passage.last_line);
}

/// The headings that the passage's text does not begin with anyway.
std::string headings_above(const ContextPassage& passage) {
  const std::size_t above = passage.headings.size() - leading_headings(passage.headings, passage.text).count;
  std::string path;
  for (std::size_t i = 0; i < above; ++i) path += (i == 0 ? "" : " › ") + passage.headings[i];
  return passage.headings.empty() ? passage.title : path;
}

/// A text as a Markdown quotation, so that its own headings and lists stay inside.
std::string as_quotation(std::string_view text) {
  std::string out = "> ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "> ";
  }
  return out;
}

std::string rendered(const std::vector<ContextPassage>& passages, const ContextOptions& options) {
  const bool markdown = options.format == ContextFormat::kMarkdown;
  std::string out;
  for (std::size_t i = 0; i < passages.size(); ++i) {
    const std::string above = headings_above(passages[i]);
    const std::string place = citation(passages[i], options);
    if (i > 0) out += "\n\n";
    if (markdown) {
      out += fmt::format("**[{}]** `{}`{}{}\n\n{}", i + 1, place, above.empty() ? "" : " ", above,
                         as_quotation(passages[i].text));
    } else {
      out += fmt::format("[{}] {}{}\n{}", i + 1, place, above.empty() ? "" : " (" + above + ")", passages[i].text);
    }
  }
  return out;
}

/// 1, 3, 5 … from the front, 2, 4, 6 … from the back.
void to_edges(std::vector<ContextPassage>& by_rank) {
  std::vector<ContextPassage> ordered(by_rank.size());
  std::size_t front = 0, back = by_rank.size();
  for (std::size_t i = 0; i < by_rank.size(); ++i) {
    ordered[i % 2 == 0 ? front++ : --back] = std::move(by_rank[i]);
  }
  by_rank = std::move(ordered);
}

void put_in_order(std::vector<ContextPassage>& passages, ContextOrder order) {
  if (order == ContextOrder::kDocument) return;  // as assemble() has them
  std::sort(passages.begin(), passages.end(), [](const auto& a, const auto& b) { return a.rank < b.rank; });
  if (order == ContextOrder::kEdges) to_edges(passages);
}

/// Fills the budget with hits, best first.
class Gatherer {
 public:
  Gatherer(const Index& index, std::string_view question, const ContextOptions& options, Context& context)
      : index_(index), question_(question), options_(options), context_(context), hits_(context.found.hits) {
    const std::string_view nothing;
    frame_ = options.unit == BudgetUnit::kTokens ? index.embedder().count_tokens(nothing) : 0;
  }

  void gather() {
    bool shortened = false;
    for (std::size_t i = 0; i < hits_.size(); ++i) {
      if (try_piece({i, {0, hits_[i].text.size()}})) continue;
      if (!shortened && try_sentences(i)) {
        shortened = true;
      } else {
        ++context_.without_room;
      }
    }
    if (pieces_.empty() && !hits_.empty()) cut_first();
  }

 private:
  std::size_t cost(std::string_view text) const {
    if (options_.unit == BudgetUnit::kWords) return words(text).size();
    return index_.embedder().count_tokens(text) - frame_;
  }

  /// Keeps the piece if all still fits with it.
  bool try_piece(const ContextPiece& piece) {
    std::vector<ContextPiece> more = pieces_;
    more.push_back(piece);
    std::vector<ContextPassage> passages = assemble(hits_, more);
    put_in_order(passages, options_.order);
    std::string text = rendered(passages, options_);
    const std::size_t taken = cost(text);
    if (taken > options_.budget) return false;
    pieces_ = std::move(more);
    context_.passages = std::move(passages);
    context_.text = std::move(text);
    context_.cost = taken;
    return true;
  }

  /// Of a hit that does not fit: the sentence that answers and as many around it as fit.
  bool try_sentences(std::size_t hit) {
    const std::vector<TextRange> sentences = passage_sentences(hits_[hit].text);
    if (sentences.empty()) return false;
    std::size_t first = best_of(hit, sentences);
    std::size_t last = first;
    if (!try_piece({hit, sentences[first]})) return false;
    const auto try_range = [&](std::size_t from, std::size_t to) {
      const ContextPiece before = pieces_.back();
      pieces_.pop_back();
      if (try_piece({hit, {sentences[from].begin, sentences[to].end}})) return true;
      pieces_.push_back(before);
      return false;
    };
    for (bool after = true, ahead = true; after || ahead;) {
      after = after && last + 1 < sentences.size() && try_range(first, last + 1);
      last += after ? 1 : 0;
      ahead = ahead && first > 0 && try_range(first - 1, last);
      first -= ahead ? 1 : 0;
    }
    return true;
  }

  std::size_t best_of(std::size_t hit, const std::vector<TextRange>& sentences) const {
    const std::string_view text = hits_[hit].text;
    const std::optional<TextRange> best =
        rank_texts(index_.embedder(), question_, std::span(&text, 1)).front().best_sentence;
    const auto found = std::find_if(sentences.begin(), sentences.end(),
                                    [&](const TextRange& range) { return best && range.begin == best->begin; });
    return found == sentences.end() ? 0 : static_cast<std::size_t>(found - sentences.begin());
  }

  /// Not even one sentence fits: the beginning of the best one.
  void cut_first() {
    const std::vector<TextRange> sentences = passage_sentences(hits_[0].text);
    const TextRange sentence =
        sentences.empty() ? TextRange{0, hits_[0].text.size()} : sentences[best_of(0, sentences)];
    std::vector<std::size_t> ends;  // of its words
    const std::string_view text = std::string_view(hits_[0].text).substr(0, sentence.end);
    for (const Span& word : words(text.substr(sentence.begin))) ends.push_back(sentence.begin + word.end);
    std::size_t fit = 0, beyond = ends.size() + 1;
    while (beyond - fit > 1) {  // the longest beginning that fits lies in [fit, beyond)
      const std::size_t middle = (fit + beyond) / 2;
      pieces_.clear();
      (try_piece({0, {sentence.begin, ends[middle - 1]}, true}) ? fit : beyond) = middle;
    }
    pieces_.clear();
    if (fit > 0 && try_piece({0, {sentence.begin, ends[fit - 1]}, true})) {
      --context_.without_room;
      return;
    }
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("a budget of {} {} is too small for the place of a passage and one word of it; give more",
                            options_.budget, options_.unit == BudgetUnit::kWords ? "words" : "tokens"));
  }

  const Index& index_;
  std::string_view question_;
  const ContextOptions& options_;
  Context& context_;
  const std::vector<Hit>& hits_;
  std::size_t frame_ = 0;  // tokens of an empty text
  std::vector<ContextPiece> pieces_;
};

}  // namespace

Context gather_context(const Index& index, std::string_view question, const ContextOptions& options) {
  if (options.budget == 0) {
    throw Error(ErrorKind::kInvalidArgument, "a budget of 0 holds nothing; give 1 or more");
  }
  Context context;
  context.found = index.search(question, options.search);
  Gatherer(index, question, options, context).gather();
  return context;
}

std::vector<ChatMessage> chat_messages(const Context& context, std::string_view question) {
  return {
      {"system",
       "Answer the question from the numbered passages alone. Cite the passages that you use by their numbers, like "
       "[1]. If they do not hold the answer, say so."},
      {"user", context.text + "\n\nQuestion: " + std::string(question)}};
}

}  // namespace riverbank
