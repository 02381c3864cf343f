#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "lib/base/printable.h"
#include "lib/insight/contrast.h"
#include "lib/insight/html.h"

namespace riverbank {
namespace {

using nlohmann::ordered_json;

std::string note_of(const ContrastSentence& sentence) {
  std::string note;
  if (sentence.pieces.size() > 1) {
    note += fmt::format("({} pieces: {}; their mean counts)", sentence.pieces.size(),
                        printable(fmt::format("{}", fmt::join(sentence.pieces, " "))));
  }
  if (sentence.is_part) note += fmt::format(" (a part of {} tokens, around the word)", sentence.tokens);
  return note;
}

ordered_json sentences_json(const Contrast& contrast) {
  ordered_json out = ordered_json::array();
  for (const ContrastSentence& sentence : contrast.sentences) {
    const std::string_view text = sentence.text;
    const Span span = sentence.place.span;
    out.push_back({{"before", visible(text.substr(0, span.begin))},
                   {"word", visible(span.of(text))},
                   {"after", visible(text.substr(span.end))},
                   {"note", note_of(sentence)}});
  }
  return out;
}

ordered_json layers_json(const Contrast& contrast) {
  ordered_json out = ordered_json::array();
  for (std::size_t l = 0; l < contrast.layers.size(); ++l) {
    ordered_json rows = ordered_json::array();
    for (const auto& row : contrast.cosines[l].rowwise()) rows.push_back(std::vector<float>(row.begin(), row.end()));
    out.push_back({{"name", layer_name(contrast.layers[l])}, {"cosine", rows}});
  }
  return out;
}

ordered_json attended_json(const Contrast& contrast) {
  ordered_json out = ordered_json::array();
  for (std::size_t l = 0; l < contrast.attended.size(); ++l) {
    ordered_json sentences = ordered_json::array();
    for (std::size_t s = 0; s < contrast.attended[l].size(); ++s) {
      ordered_json words = ordered_json::array();
      for (const AttendedWord& word : contrast.attended[l][s]) {
        words.push_back({{"word", word.word}, {"weight", word.weight}});
      }
      sentences.push_back({{"words", words}, {"leftOut", contrast.left_out[l][s]}});
    }
    out.push_back(sentences);
  }
  return out;
}

}  // namespace

std::string contrast_page(const Contrast& contrast, const std::string& model) {
  const std::string title =
      fmt::format("{} in {} sentences, as {} reads them", contrast.word, contrast.sentences.size(), model);
  ordered_json data{{"sentences", sentences_json(contrast)},
                    {"layers", layers_json(contrast)},
                    {"attended", attended_json(contrast)}};
  data["groups"] = contrast.groups ? ordered_json(contrast.groups->members) : ordered_json(nullptr);
  return make_html({.title = title,
                    .body = filled_template("contrast.html", {{"title", title},
                                                              {"reading", reading_of(contrast)},
                                                              {"counting", std::string(kHowLayersCount)}}),
                    .styles = {"contrast.css"},
                    .scripts = {"contrast.js"},
                    .data = data.dump(-1, ' ', false, ordered_json::error_handler_t::replace)});
}

}  // namespace riverbank
