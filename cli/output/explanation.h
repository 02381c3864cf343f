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

/// How one hit came to be, each line with what it is about: the relevance, the score step by step, the words' parts of
/// BM25, the words' parts of the cosine on both sides (the largest, the others summed up), the best sentence's score.
std::vector<std::pair<std::string, std::string>> sums_of(const Hit& hit, const Explanation& why);
/// Those lines for a person.
void print_why(Terminal& terminal, const Hit& hit, const Explanation& why);

/// All of it.
nlohmann::ordered_json to_json(const Hit& hit, const Explanation& why);

}  // namespace riverbank::cli
