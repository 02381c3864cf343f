#include "lib/insight/attention_page.h"

#include <fmt/format.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "lib/base/printable.h"
#include "lib/insight/html.h"
#include "lib/insight/words.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

using nlohmann::ordered_json;

using Row = Eigen::Map<const Eigen::RowVectorXf>;

Row row_of(const AttentionFigure& figure, std::size_t row) {
  const std::size_t keys = figure.keys.tokens.size();
  return {figure.weights.data() + row * keys, static_cast<Eigen::Index>(keys)};
}

/// The weights as fractions of 65,535, 16 bits each, the lower byte first; those of a row sum to exactly that, because
/// what is rounded is the sum of the row up to each.
std::string fractions_of(const AttentionFigure& figure) {
  constexpr double kWhole = 65535;
  std::string bytes, line(2 * figure.keys.tokens.size(), '\0');
  bytes.reserve(2 * figure.weights.size());
  const std::size_t rows = figure.weights.size() / figure.keys.tokens.size();
  for (std::size_t i = 0; i < rows; ++i) {
    const Row row = row_of(figure, i);
    const double whole = kWhole / row.cast<double>().sum();
    double sum = 0.5;  // of the exact ones
    std::int64_t given = 0;
    char* to = line.data();
    for (const float weight : row) {
      sum += whole * static_cast<double>(weight);
      const auto upto = static_cast<std::int64_t>(sum);
      const std::int64_t fraction = upto - given;
      given = upto;
      *to++ = static_cast<char>(fraction & 0xFF);
      *to++ = static_cast<char>((fraction >> 8) & 0xFF);
    }
    bytes += line;
  }
  return bytes;
}

ordered_json to_json(const FigureAxis& axis) {
  ordered_json tokens = ordered_json::array();
  for (const FigureToken& token : axis.tokens) {
    tokens.push_back({{"label", printable(token.label)}, {"word", token.word}, {"special", token.special}});
  }
  ordered_json words = ordered_json::array();
  for (const std::string& word : axis.words) words.push_back(printable(word));
  return {{"name", printable(axis.name)}, {"tokens", tokens}, {"words", words}};
}

ordered_json to_json(const AttentionFigure& figure) {
  return {{"name", visible(figure.name)}, {"caption", visible(figure.caption)}, {"queries", to_json(figure.queries)},
          {"keys", to_json(figure.keys)}, {"isSelf", figure.is_self},           {"layers", figure.layers},
          {"heads", figure.heads}};
}

void check_axis(const AttentionFigure& figure, const FigureAxis& axis) {
  const bool fits = std::all_of(axis.tokens.begin(), axis.tokens.end(),
                                [&](const FigureToken& token) { return token.word < axis.words.size(); });
  if (axis.tokens.empty() || !fits) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("The figure \"{}\" cannot be drawn: {}.", printable(figure.name),
                            axis.tokens.empty() ? "one of its sides has no token" : "a token is of a word it lacks"));
  }
}

void check(const AttentionFigure& figure) {
  check_axis(figure, figure.queries);
  check_axis(figure, figure.keys);
  const std::size_t queries = figure.queries.tokens.size();
  const std::size_t keys = figure.keys.tokens.size();
  if (figure.weights.empty() || figure.weights.size() != figure.layers * figure.heads * queries * keys) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("The figure \"{}\" has {} weights, but {} layers of {} heads over {} x {} tokens.",
                            printable(figure.name), figure.weights.size(), figure.layers, figure.heads, queries, keys));
  }
  for (std::size_t i = 0; i < figure.weights.size() / keys; ++i) {
    const Row row = row_of(figure, i);
    const double sum = row.cast<double>().sum();
    constexpr double kTolerance = 1e-3;
    if (!(row.minCoeff() >= 0) || !(std::abs(sum - 1) < kTolerance)) {
      throw Error(ErrorKind::kInvalidArgument,
                  fmt::format("A row of the figure \"{}\" sums to {:.4f} instead of 1.", printable(figure.name), sum));
    }
  }
}

void check(std::span<const AttentionFigure> figures, const FigureView& view) {
  if (figures.empty()) throw Error(ErrorKind::kInvalidArgument, "There is no figure to draw.");
  std::size_t weights = 0;
  for (const AttentionFigure& figure : figures) {
    check(figure);
    weights += figure.weights.size();
  }
  if (weights > kMostPageWeights) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("A page of {} attention weights would be too large for a browser; at most {} fit: show "
                            "fewer tokens.",
                            weights, kMostPageWeights));
  }
  if (view.figure >= figures.size()) throw Error(ErrorKind::kInvalidArgument, "The page would open on no figure.");
  const AttentionFigure& first = figures[view.figure];
  const bool layer_fits = view.layer >= FigureView::kMean && view.layer < static_cast<int>(first.layers);
  const bool head_fits = view.head >= FigureView::kRollout && view.head < static_cast<int>(first.heads);
  const bool token_fits = view.token >= -1 && view.token < static_cast<int>(first.queries.tokens.size());
  if (!layer_fits || !head_fits || !token_fits) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("The page cannot open on layer {}, head {}, token {}: there are {} layers, {} heads and {} "
                            "tokens, counted from 0.",
                            view.layer, view.head, view.token, first.layers, first.heads, first.queries.tokens.size()));
  }
}

void append_axis(FigureAxis& axis, std::string_view text, std::span<const TracedToken> tokens) {
  const std::vector<std::size_t> numbers = words_of_tokens(text, tokens);
  const std::size_t first_word = axis.words.size();
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    const std::size_t word = first_word + numbers[t];
    if (word == axis.words.size()) axis.words.emplace_back();
    axis.words[word] += shown(text, tokens[t]);
    axis.tokens.push_back({tokens[t].piece, word, tokens[t].special});
  }
}

HtmlPage whole_page(std::string_view title, std::string_view lead, std::span<const AttentionFigure> figures,
                    const FigureView& view) {
  check(figures, view);
  ordered_json drawn = ordered_json::array();
  std::vector<std::string> weights;  // of each figure
  for (const AttentionFigure& figure : figures) {
    drawn.push_back(to_json(figure));
    weights.push_back(fractions_of(figure));
  }
  const ordered_json data{
      {"figures", drawn},
      {"view", {{"figure", view.figure}, {"layer", view.layer}, {"head", view.head}, {"token", view.token}}}};
  return {.title = std::string(title),
          .body = filled_template("attention.html", {{"title", std::string(title)}, {"lead", std::string(lead)}}),
          .styles = {"attention.css"},
          .scripts = {"attention_data.js", "attention_draw.js", "attention_view.js", "attention_input.js"},
          .data = data.dump(-1, ' ', false, ordered_json::error_handler_t::replace),
          .bytes = std::move(weights)};
}

/// A page has one heading of the first rank and one main part.
std::string as_second_part(std::string body) {
  const auto replace = [&](std::string_view from, std::string_view to) {
    if (const std::size_t at = body.find(from); at != std::string::npos) body.replace(at, from.size(), to);
  };
  replace("<header>", "<div>");
  replace("</header>", "</div>");
  replace("<h1 ", "<h2 ");
  replace("</h1>", "</h2>");
  replace("<main ", "<section ");
  replace("</main>", "</section>");
  return body;
}

}  // namespace

std::string attention_page(std::string_view title, std::string_view lead, std::span<const AttentionFigure> figures,
                           const FigureView& view) {
  return make_html(whole_page(title, lead, figures, view));
}

HtmlPage attention_part(std::string_view title, std::string_view lead, std::span<const AttentionFigure> figures,
                        const FigureView& view) {
  HtmlPage page = whole_page(title, lead, figures, view);
  page.body = as_second_part(std::move(page.body));
  return page;
}

FigureAxis figure_axis(const Trace& trace, std::string_view text, std::string_view second_text) {
  const auto second =
      std::find_if(trace.tokens.begin(), trace.tokens.end(), [](const TracedToken& token) { return token.text > 0; });
  const auto first_size = static_cast<std::size_t>(second - trace.tokens.begin());
  FigureAxis axis;
  axis.name = second == trace.tokens.end() ? "the text" : "both texts";
  append_axis(axis, text, std::span(trace.tokens).first(first_size));
  append_axis(axis, second_text, std::span(trace.tokens).subspan(first_size));
  return axis;
}

AttentionFigure figure_of(const Trace& trace, std::string_view text, std::string_view second_text) {
  AttentionFigure figure;
  figure.name = "Encoder";
  figure.caption =
      "How much each token (row) attends to each token (column) in the encoder: softmax(Q K\u1d40 / \u221ad\u2096).";
  figure.queries = figure_axis(trace, text, second_text);
  figure.keys = figure.queries;
  figure.is_self = true;
  figure.layers = trace.layers;
  figure.heads = trace.heads;
  figure.weights = trace.attention;
  return figure;
}

}  // namespace riverbank
