#include "lib/insight/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "lib/base/printable.h"
#include "lib/text/sentences.h"
#include "lib/text/unicode.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// A token's begin, end and piece, whichever struct it stands in.
struct TokenView {
  Span span;
  std::string_view piece;
};

template <typename Token>
std::vector<TokenView> views_of(std::span<const Token> tokens) {
  std::vector<TokenView> views;
  views.reserve(tokens.size());
  for (const Token& token : tokens) views.push_back({{token.begin, token.end}, token.piece});
  return views;
}

/// What the tokenizer split at spaces and punctuation: pieces of one run of letters belong together.
struct Run {
  WordPlace place;
  std::string folded;
};

std::vector<Run> runs_of(std::string_view text, std::span<const TokenView> tokens) {
  std::vector<Run> runs;
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    const auto& [span, piece] = tokens[t];
    if (span.empty()) continue;
    const bool continues = piece.starts_with("##") && !runs.empty() && runs.back().place.end_token == t;
    if (continues) {
      runs.back().place.span.end = span.end;
      runs.back().place.end_token = t + 1;
    } else {
      runs.push_back({{span, t, t + 1}, {}});
    }
  }
  for (Run& run : runs) run.folded = fold_for_search(run.place.span.of(text));
  return runs;
}

std::string with_single_spaces(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!is_space) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

/// The end of the runs that spell `wanted` from `first` on, or `first` when they do not.
std::size_t end_of_match(const std::vector<Run>& runs, std::size_t first, std::string_view wanted) {
  std::string_view left = wanted;
  for (std::size_t r = first; r < runs.size(); ++r) {
    if (r > first && runs[r - 1].place.span.end < runs[r].place.span.begin) {
      if (!left.starts_with(' ')) return first;
      left.remove_prefix(1);
    }
    if (runs[r].folded.empty() || !left.starts_with(runs[r].folded)) return first;
    left.remove_prefix(runs[r].folded.size());
    if (left.empty()) return r + 1;
  }
  return first;
}

std::vector<WordPlace> places_among(const std::vector<Run>& runs, std::string_view word) {
  std::vector<WordPlace> places;
  const std::string wanted = fold_for_search(with_single_spaces(word));
  for (std::size_t first = 0; first < runs.size(); ++first) {
    const std::size_t end = end_of_match(runs, first, wanted);
    if (end == first) continue;
    const WordPlace& last = runs[end - 1].place;
    places.push_back({{runs[first].place.span.begin, last.span.end}, runs[first].place.first_token, last.end_token});
    first = end - 1;
  }
  return places;
}

/// A text as a message names it: printable, and not endless.
std::string quoted(std::string_view text) {
  constexpr std::size_t kMost = 60;
  std::string_view head = text.substr(0, kMost);
  while (head.size() < text.size() && !head.empty() && (static_cast<unsigned char>(text[head.size()]) & 0xC0U) == 0x80U)
    head.remove_suffix(1);
  return "\"" + printable(head) + (head.size() < text.size() ? "…\"" : "\"");
}

/// The words of a text that are most like the missing one, else its first ones.
std::string what_it_has(std::string_view text, const std::vector<Run>& runs, std::string_view word) {
  constexpr std::size_t kStem = 3;
  constexpr std::size_t kMostWords = 12;
  const std::string stem = fold_for_search(word).substr(0, kStem);
  std::vector<std::string> like;
  std::vector<std::string> all;
  for (const Run& run : runs) {
    if (words(run.place.span.of(text)).empty()) continue;  // punctuation
    const std::string name = printable(run.place.span.of(text));
    const auto add = [&](std::vector<std::string>& names) {
      const bool is_new = std::find(names.begin(), names.end(), name) == names.end();
      if (is_new && names.size() < kMostWords) names.push_back(name);
    };
    if (!stem.empty() && run.folded.starts_with(stem)) add(like);
    add(all);
  }
  const std::vector<std::string>& found = like.empty() ? all : like;
  return found.empty() ? "it has no word at all" : fmt::format("it has {}", fmt::join(found, ", "));
}

}  // namespace

std::string layer_name(int layer) { return layer == kWordTable ? "word" : std::to_string(layer); }

WordName parse_word_name(std::string_view name) {
  WordName parsed{with_single_spaces(name), 1};
  const std::size_t hash = parsed.word.rfind('#');
  if (hash != std::string::npos && hash > 0 && hash + 1 < parsed.word.size()) {
    std::size_t number = 0;
    const char* end = parsed.word.data() + parsed.word.size();
    const auto [stopped, failure] = std::from_chars(parsed.word.data() + hash + 1, end, number);
    if (failure == std::errc() && stopped == end) {
      parsed.occurrence = number;
      parsed.word.erase(hash);
    }
  }
  if (parsed.word.empty()) throw Error(ErrorKind::kInvalidArgument, "The word is empty; name one of the text's words.");
  if (parsed.occurrence == 0) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("\"{}\" names no place: occurrences count from 1, as in \"{}#2\" for the second.",
                            printable(name), printable(parsed.word)));
  }
  return parsed;
}

std::vector<WordPlace> find_word(std::string_view text, std::span<const TracedToken> tokens, std::string_view word) {
  return places_among(runs_of(text, views_of(tokens)), word);
}

std::vector<WordPlace> find_word(std::string_view text, std::span<const TokenVector> tokens, std::string_view word) {
  return places_among(runs_of(text, views_of(tokens)), word);
}

WordPlace place_of_word(std::string_view text, std::span<const TracedToken> tokens, const WordName& name) {
  const std::vector<Run> runs = runs_of(text, views_of(tokens));
  const std::vector<WordPlace> places = places_among(runs, name.word);
  if (places.size() >= name.occurrence) return places[name.occurrence - 1];

  const std::size_t read = runs.empty() ? 0 : runs.back().place.span.end;
  const bool is_cut = !words(text.substr(read)).empty();
  const std::string where =
      is_cut ? fmt::format(", in the first {} tokens of it, which is what the model reads,", tokens.size()) : "";
  if (!places.empty()) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("The text {}{} has the word \"{}\" {}, so there is no \"{}#{}\".", quoted(text), where,
                            printable(name.word), places.size() == 1 ? "once" : fmt::format("{} times", places.size()),
                            printable(name.word), name.occurrence));
  }
  throw Error(ErrorKind::kInvalidArgument,
              fmt::format("The text {}{} does not have the word \"{}\"; {}.", quoted(text), where, printable(name.word),
                          what_it_has(text, runs, name.word)));
}

std::vector<float> word_vector(const Trace& trace, const WordPlace& place, int layer) {
  if (layer < kWordTable || layer > static_cast<int>(trace.layers)) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("There is no layer {}: the model has word, 0 (the embedding output) and 1 to {}.", layer,
                            trace.layers));
  }
  if (place.pieces() == 0) throw Error(ErrorKind::kInvalidArgument, "A word without a token has no vector.");
  std::vector<float> mean(trace.dimensions);
  for (std::size_t t = place.first_token; t < place.end_token; ++t) {
    const auto row = layer == kWordTable ? trace.word_row(t) : trace.hidden_state(static_cast<std::size_t>(layer), t);
    for (std::size_t d = 0; d < mean.size(); ++d) mean[d] += row[d] / static_cast<float>(place.pieces());
  }
  return mean;
}

double cosine(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("A vector of {} numbers and one of {} have no cosine.", a.size(), b.size()));
  }
  double product = 0;
  double a_squared = 0;
  double b_squared = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += static_cast<double>(a[i]) * b[i];
    a_squared += static_cast<double>(a[i]) * a[i];
    b_squared += static_cast<double>(b[i]) * b[i];
  }
  const double norms = std::sqrt(a_squared) * std::sqrt(b_squared);
  return norms == 0 ? 0 : std::clamp(product / norms, -1.0, 1.0);
}

std::vector<std::size_t> words_of_tokens(std::string_view text, std::span<const TracedToken> tokens) {
  const std::vector<Span> spans = words(text);
  std::vector<std::size_t> numbers;
  std::size_t number = 0;
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    const TracedToken& token = tokens[t];
    if (t > 0) {
      const TracedToken& before = tokens[t - 1];
      const auto word = std::upper_bound(spans.begin(), spans.end(), token.begin,
                                         [](std::size_t byte, const Span& span) { return byte < span.end; });
      const bool same_word = word != spans.end() && word->begin <= before.begin && before.end <= token.begin;
      const bool has_bytes = token.begin < token.end && before.begin < before.end;
      const bool continues = token.piece.starts_with("##") && before.end == token.begin;
      if (!has_bytes || !(same_word || continues)) ++number;
    }
    numbers.push_back(number);
  }
  return numbers;
}

std::string shown(std::string_view text, const TracedToken& token) {
  if (token.begin == token.end || token.end > text.size()) return printable(token.piece);
  return printable(text.substr(token.begin, token.end - token.begin));
}

}  // namespace riverbank
