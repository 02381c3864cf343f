#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace riverbank::testing {

/// A sentence that uses a word, and what it means there.
struct LabelledUse {
  std::string sense;
  std::string sentence;
};

/// tests/golden/senses/SET/WORD.txt: a sense, a tab, a sentence that uses the word. The number of senses is chosen by a
/// criterion that was made on the words of "criterion" and is held to those of "confirmation".
inline std::map<std::string, std::vector<LabelledUse>> labelled_words(const std::string& set) {
  std::map<std::string, std::vector<LabelledUse>> words;
  const auto folder = std::filesystem::path(RIVERBANK_SOURCE_DIR) / "tests/golden/senses" / set;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      const std::size_t tab = line.find('\t');
      if (tab == std::string::npos) throw std::runtime_error(entry.path().string() + ": no tab in: " + line);
      words[entry.path().stem().string()].push_back({line.substr(0, tab), line.substr(tab + 1)});
    }
  }
  return words;
}

/// How alike two groupings of the same things are, by the pairs they agree on, less what chance gives (Hubert and
/// Arabie, Journal of Classification 2, 1985): 1 when equal, 0 on average for random ones.
template <typename A, typename B>
double adjusted_rand_index(const std::vector<A>& first, const std::vector<B>& second) {
  std::map<A, double> rows;
  std::map<B, double> columns;
  std::map<std::pair<A, B>, double> cells;
  for (std::size_t i = 0; i < first.size(); ++i) {
    ++rows[first[i]];
    ++columns[second[i]];
    ++cells[{first[i], second[i]}];
  }
  const auto pairs = [](const auto& counts) {
    double sum = 0;
    for (const auto& [key, n] : counts) sum += n * (n - 1) / 2;
    return sum;
  };
  const double n = static_cast<double>(first.size());
  const double expected = pairs(rows) * pairs(columns) / (n * (n - 1) / 2);
  const double most = (pairs(rows) + pairs(columns)) / 2;
  return most == expected ? 1 : (pairs(cells) - expected) / (most - expected);
}

}  // namespace riverbank::testing
