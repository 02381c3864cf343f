#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/output/terminal.h"
#include "riverbank/explanation.h"
#include "riverbank/search.h"

namespace riverbank::cli {

/// How one hit came to be, each line with what it is about: the score's sum, the words' parts of BM25, the words' parts
/// of the cosine on both sides (the largest, the others summed up), what the best sentence brings.
std::vector<std::pair<std::string, std::string>> sums_of(const Hit& hit, const ScoreForm& form, const Explanation& why);
/// Those lines for a person.
void print_why(Terminal& terminal, const Hit& hit, const ScoreForm& form, const Explanation& why);

/// All of it.
nlohmann::ordered_json to_json(const Explanation& why, const ScoreForm& form);

}  // namespace riverbank::cli
