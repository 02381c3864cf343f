#include "lib/insight/sense_eval.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "lib/insight/tab_separated.h"
#include "lib/insight/word_states.h"
#include "lib/insight/words.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {
namespace fs = std::filesystem;

/// Sentences with a word, and its sense in each.
struct Labelled {
  std::vector<WordInText> words;
  std::vector<std::string> senses;
};

std::vector<std::string> lines_of(const fs::path& file) {
  const std::string bytes = read_file(file, kMostTableBytes);
  std::vector<std::string> lines;
  for (std::string_view left = bytes; !left.empty();) {
    std::string_view line = left.substr(0, left.find('\n'));
    left.remove_prefix(std::min(left.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
  }
  return lines;
}

[[noreturn]] void refuse(const fs::path& file, std::size_t line, const std::string& what) {
  throw Error(ErrorKind::kCorrupt, fmt::format("{}:{}: {}", printable(file.string()), line, what));
}

Labelled read_labelled(const fs::path& folder, const std::string& part, std::size_t most) {
  const fs::path data_file = folder / (part + ".data.txt");
  const fs::path gold_file = folder / (part + ".gold.txt");
  const std::vector<std::string> data = lines_of(data_file);
  const std::vector<std::string> gold = lines_of(gold_file);
  if (data.size() != gold.size()) {
    refuse(gold_file, gold.size(),
           fmt::format("there are {} senses for the {} sentences of {}", gold.size(), data.size(),
                       printable(data_file.filename().string())));
  }
  Labelled labelled;
  for (std::size_t i = 0; i < std::min(data.size(), most); ++i) {
    const std::string& line = data[i];
    const std::size_t tab = line.find('\t');
    std::size_t token = 0;
    const auto [end, failed] = std::from_chars(line.data(), line.data() + std::min(tab, line.size()), token);
    if (tab == std::string::npos || failed != std::errc() || end != line.data() + tab) {
      refuse(data_file, i + 1, "the line must begin with the number of the word among the tokens, and a tab");
    }
    WordInText word{line.substr(tab + 1), {}};
    const auto span = nth_token(word.text, token);
    if (!span) refuse(data_file, i + 1, fmt::format("the sentence has no token {}", token));
    word.word = *span;
    labelled.words.push_back(std::move(word));
    labelled.senses.push_back(gold[i]);
  }
  return labelled;
}

/// The words of a set: its folders that hold training sentences, by name.
std::vector<fs::path> words_of(const fs::path& folder) {
  std::error_code error;
  std::set<fs::path> found;
  for (fs::directory_iterator i(folder, error), end; !error && i != end; i.increment(error)) {
    if (fs::exists(i->path() / "train.data.txt", error)) found.insert(i->path());
  }
  if (found.empty()) {
    throw Error(fs::is_directory(folder, error) ? ErrorKind::kInvalidArgument : ErrorKind::kNotFound,
                "there is no WORD/train.data.txt in " + printable(folder.string()) +
                    "; it should be a folder in CoarseWSD-20's layout");
  }
  return {found.begin(), found.end()};
}

Matrix unit_rows(const Matrix& X) { return X.array().colwise() / X.rowwise().norm().array().max(1e-12F); }

/// The number of each sense among all of them, in order of their names.
std::map<std::string, Eigen::Index> number_senses(const std::vector<std::string>& senses) {
  std::map<std::string, Eigen::Index> numbers;
  for (const std::string& sense : senses) numbers.emplace(sense, 0);
  Eigen::Index next = 0;
  for (auto& [name, number] : numbers) number = next++;
  return numbers;
}

Share count_right(const Matrix& training, const Labelled& train, const Matrix& asked, const Labelled& test) {
  const auto numbers = number_senses(train.senses);
  Matrix centroids = Matrix::Zero(static_cast<Eigen::Index>(numbers.size()), training.cols());
  const Matrix units = unit_rows(training);
  for (std::size_t i = 0; i < train.senses.size(); ++i) {
    centroids.row(numbers.at(train.senses[i])) += units.row(static_cast<Eigen::Index>(i));
  }
  centroids = unit_rows(centroids);
  Share share{0, test.senses.size()};
  for (std::size_t i = 0; i < test.senses.size(); ++i) {
    Eigen::Index nearest = 0;
    (centroids * asked.row(static_cast<Eigen::Index>(i)).transpose()).maxCoeff(&nearest);
    const auto right = numbers.find(test.senses[i]);
    if (right != numbers.end() && right->second == nearest) ++share.right;
  }
  return share;
}

}  // namespace

SenseEvalReport measure_senses(const SenseEvalOptions& options) {
  const std::vector<fs::path> folders = words_of(options.folder);
  LayeredEncoder encoder(load_model(options.model), options.threads);
  SenseEvalReport report;
  for (std::size_t layer = 0; layer < encoder.layers() + 2; ++layer) {
    report.rows.push_back({static_cast<int>(layer) + kWordTable, {}, {}});
  }
  for (const fs::path& folder : folders) {
    const std::string name = folder.filename().string();
    const Labelled train = read_labelled(folder, "train", options.most_training);
    const Labelled test = read_labelled(folder, "test", static_cast<std::size_t>(-1));
    if (train.words.empty()) refuse(folder / "train.data.txt", 1, "the file has no sentence");
    const auto read = [&](const Labelled& part, std::size_t before) {
      const auto progress = [&](std::size_t done, std::size_t) {
        if (options.progress) options.progress(name, before + done, train.words.size() + test.words.size());
      };
      return read_words(encoder, part.words, false, progress, options.stop);
    };
    const WordStates training = read(train, 0);
    const WordStates asked = read(test, train.words.size());
    for (std::size_t layer = 0; layer < report.rows.size(); ++layer) {
      const Share share = count_right(training.words[layer], train, asked.words[layer], test);
      report.rows[layer].words[name] = share;
      report.rows[layer].micro.right += share.right;
      report.rows[layer].micro.of += share.of;
    }
    report.words[name] = {train.words.size(), test.words.size(), number_senses(train.senses).size()};
  }
  return report;
}

}  // namespace riverbank
