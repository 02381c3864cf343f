#include "lib/insight/wic.h"

#include <fmt/format.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "lib/insight/tab_separated.h"
#include "lib/insight/word_states.h"
#include "lib/insight/words.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr std::array<WicReading, kWicReadings> kReadings{WicReading::kPlain, WicReading::kCentred,
                                                         WicReading::kWhitened, WicReading::kSurroundings};

/// Pairs of a file: words 2 i and 2 i + 1 are pair i's.
struct Pairs {
  std::vector<WordInText> words;
  std::vector<bool> same;
};

Span token_at(const std::string& text, std::string_view index, const TabSeparatedFile& file) {
  const auto wanted = file.number(index, "a token's index");
  const auto span = nth_token(text, wanted);
  if (!span) file.refuse(fmt::format("the sentence has no token {}", wanted));
  return *span;
}

Pairs read_pairs(const std::filesystem::path& path) {
  TabSeparatedFile file(path, {"idx1", "idx2", "sent1", "sent2", "label"});
  Pairs pairs;
  while (file.next()) {
    const std::string_view label = file.cell(4);
    if (label != "T" && label != "F") file.refuse("label must be T or F, but is \"" + printable(label) + '"');
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
      WordInText word{std::string(file.cell(2 + i)), {}};
      word.word = token_at(word.text, file.cell(i), file);
      pairs.words.push_back(std::move(word));
    }
    pairs.same.push_back(label == "T");
  }
  if (pairs.same.empty()) {
    throw Error(ErrorKind::kInvalidArgument, printable(path.string()) + " has no pairs; there is nothing to measure");
  }
  return pairs;
}

/// The vectors of a layer as a reading sees them -> (n, d_model). `train` is what it learns from.
class Reader {
 public:
  Reader(WicReading reading, const Matrix& train) : reading_(reading) {
    if (reading != WicReading::kCentred && reading != WicReading::kWhitened) return;
    mean_ = train.colwise().mean();
    if (reading != WicReading::kWhitened) return;
    constexpr float kFloor = 0.01F;
    const Matrix centred = train.rowwise() - mean_;
    Eigen::MatrixXf covariance = centred.transpose() * centred / static_cast<float>(train.rows());
    covariance.diagonal().array() += kFloor * covariance.diagonal().mean() + 1e-12F;
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXf> solver(covariance);
    whitening_ = solver.eigenvectors() * solver.eigenvalues().cwiseMax(1e-12F).cwiseSqrt().cwiseInverse().asDiagonal() *
                 solver.eigenvectors().transpose();
  }

  Matrix read(const Matrix& words, const Matrix& surroundings) const {
    switch (reading_) {
      case WicReading::kPlain:
        return words;
      case WicReading::kCentred:
        return words.rowwise() - mean_;
      case WicReading::kWhitened:
        return (words.rowwise() - mean_) * whitening_;
      case WicReading::kSurroundings:
        return words - surroundings;
    }
    return words;
  }

 private:
  WicReading reading_;
  RowVector mean_;
  Eigen::MatrixXf whitening_;  // symmetric
};

std::vector<double> cosines_of(const Matrix& X) {
  std::vector<double> cosines;
  for (Eigen::Index i = 0; i + 1 < X.rows(); i += 2) {
    const float length = X.row(i).norm() * X.row(i + 1).norm();
    cosines.push_back(length > 0 ? X.row(i).dot(X.row(i + 1)) / length : 0);
  }
  return cosines;
}

Share count(const std::vector<double>& cosines, const std::vector<bool>& same, double threshold) {
  Share share{0, same.size()};
  for (std::size_t i = 0; i < same.size(); ++i) share.right += (cosines[i] >= threshold) == same[i] ? 1 : 0;
  return share;
}

/// The threshold between two neighbouring similarities that most pairs are right with; of equals the lowest.
double best_threshold(const std::vector<double>& cosines, const std::vector<bool>& same) {
  std::vector<std::size_t> order(cosines.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return cosines[a] != cosines[b] ? cosines[a] < cosines[b] : a < b; });
  auto right = static_cast<std::ptrdiff_t>(std::count(same.begin(), same.end(), true));  // all called the same
  std::ptrdiff_t most = right;
  double best = cosines[order[0]] - 1;
  for (std::size_t i = 0; i < order.size(); ++i) {
    right += same[order[i]] ? -1 : 1;
    const double here = cosines[order[i]];
    const double next = i + 1 < order.size() ? cosines[order[i + 1]] : here + 1;
    if (next > here && right > most) {
      most = right;
      best = (here + next) / 2;
    }
  }
  return best;
}

}  // namespace

const char* name_of(WicReading reading) {
  switch (reading) {
    case WicReading::kPlain:
      return "plain";
    case WicReading::kCentred:
      return "centred";
    case WicReading::kWhitened:
      return "whitened";
    case WicReading::kSurroundings:
      return "surroundings out";
  }
  return "unknown";
}

WicReport measure_wic(const WicOptions& options) {
  const Pairs train = read_pairs(options.folder / "train.tsv");
  const Pairs dev = read_pairs(options.folder / "dev.tsv");
  LayeredEncoder encoder(load_model(options.model), options.threads);
  const auto states_of = [&](const Pairs& pairs, const char* what) {
    const auto progress = [&](std::size_t done, std::size_t total) {
      if (options.progress) options.progress(what, done, total);
    };
    return read_words(encoder, pairs.words, true, progress, options.stop);
  };
  const WordStates dev_states = states_of(dev, "dev");
  const WordStates train_states = states_of(train, "train");

  WicReport report{train.same.size(), dev.same.size(), {}, 0};
  for (const WicReading reading : kReadings) {
    for (std::size_t layer = 0; layer < train_states.words.size(); ++layer) {
      if (options.stop.stop_requested()) throw Error(ErrorKind::kCancelled, "Stopped while comparing words.");
      const Reader reader(reading, train_states.words[layer]);
      const auto learned = cosines_of(reader.read(train_states.words[layer], train_states.surroundings[layer]));
      const auto asked = cosines_of(reader.read(dev_states.words[layer], dev_states.surroundings[layer]));
      const double threshold = best_threshold(learned, train.same);
      report.rows.push_back({static_cast<int>(layer) + kWordTable, reading, threshold,
                             count(learned, train.same, threshold), count(asked, dev.same, threshold)});
      if (report.rows.back().train.right > report.rows[report.chosen].train.right) {
        report.chosen = report.rows.size() - 1;
      }
    }
  }
  return report;
}

}  // namespace riverbank
