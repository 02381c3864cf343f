#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/output/terminal.h"
#include "riverbank/search.h"

namespace riverbank::cli {

/// The file that a hit stands in, absolute; the record's id for a record.
std::filesystem::path file_of(const Hit& hit);
/// The marked sentence, or the whole passage when none is marked.
std::string_view best_sentence_of(const Hit& hit);
/// "ch16-03-shared-state.md:41-58", or a record's id; as the person would open it from the current folder.
std::string place_of(const Hit& hit);

/// Hits for a person: rank, relevance (the score where there is none), place, headings, and the passage around its
/// marked sentence, wrapped; then what `more` prints of a hit, named by its place among them.
void print_for_reading(Terminal& terminal, const std::vector<Hit>& hits,
                       const std::function<void(std::size_t hit)>& more = {});
/// Hits for a pipe, one a line: score, place, headings, sentence, with tabs between them.
void print_for_pipe(Terminal& terminal, const std::vector<Hit>& hits);

}  // namespace riverbank::cli
