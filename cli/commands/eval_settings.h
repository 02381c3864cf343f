#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "riverbank/index.h"
#include "riverbank/model.h"
#include "riverbank/search.h"

namespace riverbank::cli {

/// All that an evaluation can vary: how passages are cut, encoded and ranked.
struct EvalSettings {
  SearchOptions search;
  std::string model = kDefaultModel;
  std::size_t chunk_tokens = IndexOptions().chunk_tokens;
  bool whole = false;
};

/// The flags of them; they write into `settings`, which must live as long as the parser.
void add_settings_flags(CLI::App& verb, EvalSettings& settings);

/// "--mode vector --model NAME" over what `base` has. Throws Error kInvalidArgument with the text and what is wrong.
EvalSettings parse_settings(const std::string& text, const EvalSettings& base);

nlohmann::ordered_json to_json(const EvalSettings& settings);

}  // namespace riverbank::cli
