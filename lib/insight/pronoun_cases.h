#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/text/span.h"

namespace riverbank {

/// A text with a pronoun and two names, exactly one of which it stands for.
struct PronounCase {
  std::string id;
  std::string text;
  Span pronoun;  ///< bytes of the text
  Span names[2];
  int right = 0;  ///< which of the names it is
};

/// The cases of a file in the layout of GAP (Webster et al., arXiv:1810.05201): tab-separated, first line the names of
/// the columns, of which ID, Text, Pronoun, Pronoun-offset, A, A-offset, A-coref, B, B-offset and B-coref are read, in
/// any order. Offsets count characters (code points) of the text, -coref is TRUE or FALSE. Rows that are TRUE for both
/// names or for none are left out.
/// Throws Error: kNotFound, kIo, kUnsupported (more than 1 GiB), kCorrupt (the line, and what is wrong with it).
std::vector<PronounCase> read_pronoun_cases(const std::filesystem::path& file);

}  // namespace riverbank
