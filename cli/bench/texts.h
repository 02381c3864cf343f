#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace riverbank::cli {

/// Texts to measure with, under a name for the tables.
struct BenchTexts {
  std::string name;
  std::vector<std::string> texts;
};

/// The texts of a file, one a line or JSON lines with a "text" and perhaps a "title"; at most `limit` of them, 0 for
/// all. Without a file: questions of some ten tokens and passages of some two hundred, made of common words with
/// seed 1. Throws Error: kNotFound, kIo, kCorrupt (line said; or no text in it).
std::vector<BenchTexts> bench_texts(const std::string& file, std::size_t limit);

}  // namespace riverbank::cli
