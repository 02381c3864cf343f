#include "lib/insight/attention_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/printable.h"
#include "lib/insight/attention_page.h"
#include "lib/insight/rollout.h"
#include "lib/insight/window.h"
#include "riverbank/error.h"
#include "riverbank/transformer.h"

namespace riverbank {
namespace {

void require_range(const std::optional<std::size_t>& index, std::int64_t count, const char* what) {
  if (!index || *index < static_cast<std::size_t>(count)) return;
  throw Error(ErrorKind::kInvalidArgument,
              fmt::format("There is no {} {}: the model's {}s count from 0 to {}.", what, *index, what, count - 1));
}

void check(const Model& model, const AttentionRequest& request) {
  if (request.text.find_first_not_of(" \t\r\n") == std::string::npos) {
    throw Error(ErrorKind::kInvalidArgument, "The text is empty; there is nothing to attend to.");
  }
  require_range(request.layer, model.config.num_layers, "layer");
  require_range(request.head, model.config.num_heads, "head");
  if (request.head && !request.layer) {
    throw Error(ErrorKind::kInvalidArgument, "A head is one of a layer; name the layer too.");
  }
  if (request.head && request.rollout) {
    throw Error(ErrorKind::kInvalidArgument, "Rollout is of all heads; leave out the head.");
  }
  const auto limit = static_cast<std::size_t>(model.embedding.max_tokens);
  constexpr std::size_t kFewest = 3;  // [CLS], one piece, [SEP]
  if (request.max_tokens != 0 && (request.max_tokens < kFewest || request.max_tokens > limit)) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("To read {} tokens is not possible; from {} to the model's {}.", request.max_tokens,
                            kFewest, limit));
  }
}

/// How many tokens are of the first text.
std::size_t first_text_size(const Trace& trace) {
  const auto second =
      std::find_if(trace.tokens.begin(), trace.tokens.end(), [](const TracedToken& token) { return token.text > 0; });
  return static_cast<std::size_t>(second - trace.tokens.begin());
}

/// Among the tokens of both texts: the first one's places, then the second's.
WordPlace place_in_pair(const AttentionReading& reading, const WordName& wanted) {
  const std::span<const TracedToken> tokens = reading.trace.tokens;
  const std::size_t first_size = first_text_size(reading.trace);
  const auto in_first = find_word(reading.text, tokens.first(first_size), wanted.word);
  if (wanted.occurrence <= in_first.size()) return in_first[wanted.occurrence - 1];
  WordPlace place =
      place_of_word(reading.pair, tokens.subspan(first_size), {wanted.word, wanted.occurrence - in_first.size()});
  place.first_token += first_size;
  place.end_token += first_size;
  return place;
}

/// Reads the part of a text that fits, and finds the word in it at the byte where it was found in the whole.
void read_one(const std::shared_ptr<const Model>& model, const AttentionRequest& request, std::size_t max_tokens,
              AttentionReading& reading) {
  const bool around = !request.word.empty() && !request.keep_start;
  const Span middle = around ? span_of_word(*model, request.text, request.word) : Span{0, 0};
  const WordWindow window = window_around(*model, request.text, middle, max_tokens);
  reading.text = std::string(window.span.of(request.text));
  reading.whole_tokens = window.tokens;
  reading.is_around_word = around && window.is_part(request.text);
  reading.trace = Transformer(model).trace(reading.text);
  if (request.word.empty()) return;
  const WordName name = parse_word_name(request.word);
  if (!around) {
    reading.word = place_of_word(request.text, reading.trace.tokens, name);  // says so when it comes later
    return;
  }
  for (const WordPlace& place : find_word(reading.text, reading.trace.tokens, name.word)) {
    if (place.span.begin + window.span.begin == middle.begin) reading.word = place;
  }
  if (!reading.word) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("\"{}\" is longer than the {} tokens that are read.", printable(request.word), max_tokens));
  }
}

Matrix map_of(const AttentionRequest& request, const Trace& trace) {
  if (request.rollout) return attention_rollout(trace, request.layer.value_or(trace.layers - 1));
  if (!request.layer) return mean_of_layers(trace);
  return request.head ? head_map(trace, *request.layer, *request.head) : mean_of_heads(trace, *request.layer);
}

/// What the word attends to: the mean of its pieces' rows, the keys joined as in the picture.
void rank(const Matrix& map, const WordPlace& word, const std::vector<std::size_t>& groups,
          const std::vector<std::size_t>& kept, AttentionView& view) {
  const Matrix row =
      map.middleRows(static_cast<Eigen::Index>(word.first_token), static_cast<Eigen::Index>(word.pieces()))
          .colwise()
          .mean();
  const std::vector<std::size_t> one{0};
  const Matrix weights = join_words(row, one, groups);
  view.left_out = 1;
  for (std::size_t entry = 0; entry < kept.size(); ++entry) {
    view.ranked.push_back({entry, weights(0, static_cast<Eigen::Index>(kept[entry]))});
    view.left_out -= view.ranked.back().weight;
  }
  std::stable_sort(view.ranked.begin(), view.ranked.end(),
                   [](const RankedEntry& a, const RankedEntry& b) { return a.weight > b.weight; });
}

}  // namespace

std::string AttentionReading::word_shown() const {
  if (!word) return "";
  const bool in_pair = trace.tokens[word->first_token].text > 0;
  return printable(word->span.of(in_pair ? pair : text));
}

AttentionReading read_attention(const std::shared_ptr<const Model>& model, const AttentionRequest& request) {
  check(*model, request);
  AttentionReading reading;
  if (request.pair.empty()) {
    const auto limit = static_cast<std::size_t>(model->embedding.max_tokens);
    read_one(model, request, request.max_tokens == 0 ? limit : request.max_tokens, reading);
  } else {
    reading.text = request.text;
    reading.pair = request.pair;
    reading.trace = Transformer(model).trace_pair(request.text, request.pair);
    reading.whole_tokens = reading.trace.tokens.size();
    if (!request.word.empty()) reading.word = place_in_pair(reading, parse_word_name(request.word));
  }
  if (std::all_of(reading.trace.tokens.begin(), reading.trace.tokens.end(),
                  [](const TracedToken& token) { return token.special; })) {
    throw Error(ErrorKind::kInvalidArgument, "The text holds nothing that the model reads; there is nothing to show.");
  }
  return reading;
}

AttentionView attention_view(const AttentionReading& reading, const AttentionRequest& request) {
  const FigureAxis axis = figure_axis(reading.trace, reading.text, reading.pair);
  std::vector<std::size_t> groups;
  for (std::size_t t = 0; t < axis.tokens.size(); ++t) groups.push_back(request.pieces ? t : axis.tokens[t].word);

  AttentionView view;
  std::vector<std::size_t> kept;  // groups
  for (std::size_t t = 0; t < groups.size(); ++t) {
    view.entry_of_token.emplace_back();
    if (request.no_special && axis.tokens[t].special) continue;
    if (kept.empty() || kept.back() != groups[t]) {
      kept.push_back(groups[t]);
      view.labels.push_back(printable(request.pieces ? axis.tokens[t].label : axis.words[groups[t]]));
      view.special.push_back(axis.tokens[t].special);
    }
    view.entry_of_token.back() = kept.size() - 1;
  }
  const Matrix map = map_of(request, reading.trace);
  const std::vector<Eigen::Index> rows(kept.begin(), kept.end());
  view.weights = join_words(map, groups, groups)(rows, rows);
  if (reading.word) rank(map, *reading.word, groups, kept, view);
  return view;
}

std::string view_name(const AttentionRequest& request, const Trace& trace) {
  if (request.rollout) {
    return fmt::format("attention rollout over layers 0 to {}", request.layer.value_or(trace.layers - 1));
  }
  if (!request.layer) return fmt::format("mean of all {} heads of all {} layers", trace.heads, trace.layers);
  return request.head ? fmt::format("layer {}, head {}", *request.layer, *request.head)
                      : fmt::format("layer {}, mean of its {} heads", *request.layer, trace.heads);
}

}  // namespace riverbank
