#include "lib/insight/head_combination.h"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <array>
#include <cmath>

#include "riverbank/error.h"

namespace riverbank {
namespace {

using Opinions = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;  // (cases, heads)

constexpr std::size_t kFolds = 10;
constexpr std::size_t kFewestCases = 20;
constexpr std::array<double, 5> kPenalties{1, 10, 100, 1000, 10000};

/// (cases, heads), or (cases, 2 heads) with both directions.
Opinions opinions_of(std::span<const PronounAttention> attention, bool both_directions) {
  constexpr double kNothing = 1e-4;  // a head that looks nowhere near has no strong opinion
  const auto heads = static_cast<Eigen::Index>(attention.front().to_names.size() / 2);
  Opinions opinions(static_cast<Eigen::Index>(attention.size()), both_directions ? 2 * heads : heads);
  for (Eigen::Index i = 0; i < opinions.rows(); ++i) {
    const PronounAttention& one = attention[static_cast<std::size_t>(i)];
    for (Eigen::Index column = 0; column < opinions.cols(); ++column) {
      const float* names = column < heads ? &one.to_names[2 * column] : &one.from_names[2 * (column - heads)];
      opinions(i, column) = std::log(names[0] + kNothing) - std::log(names[1] + kNothing);
    }
  }
  return opinions;
}

/// The standard deviation of each opinion, 1 where all are equal.
std::vector<double> deviations_of(const Opinions& X) {
  std::vector<double> deviations;
  for (Eigen::Index column = 0; column < X.cols(); ++column) {
    const double deviation = std::sqrt((X.col(column).array() - X.col(column).mean()).square().mean());
    deviations.push_back(deviation > 0 ? deviation : 1);
  }
  return deviations;
}

Opinions standardised(Opinions X, const std::vector<double>& deviations) {
  for (Eigen::Index column = 0; column < X.cols(); ++column) {
    X.col(column) /= deviations[static_cast<std::size_t>(column)];
  }
  return X;
}

/// 1 where the first name is right, 0 where the second is.
Eigen::VectorXd truth_of(std::span<const PronounCase> cases) {
  Eigen::VectorXd truth(static_cast<Eigen::Index>(cases.size()));
  for (Eigen::Index i = 0; i < truth.size(); ++i) truth[i] = cases[static_cast<std::size_t>(i)].right == 0 ? 1 : 0;
  return truth;
}

std::size_t right_answers(const Eigen::VectorXd& scores, const Eigen::VectorXd& truth) {
  std::size_t right = 0;
  for (Eigen::Index i = 0; i < scores.size(); ++i) {
    if (truth[i] > 0.5 ? scores[i] > 0 : scores[i] < 0) ++right;
  }
  return right;
}

/// Newton's method on the penalised log-likelihood, which is concave: w <- w - H^-1 g with
/// g = X^T (p - t) + penalty w and H = X^T diag(p (1 - p)) X + penalty I.
Eigen::VectorXd fit(const Opinions& X, const Eigen::VectorXd& truth, double penalty) {
  constexpr int kMostSteps = 50;
  constexpr double kStill = 1e-9;
  Eigen::VectorXd w = Eigen::VectorXd::Zero(X.cols());
  for (int step = 0; step < kMostSteps; ++step) {
    const Eigen::ArrayXd p = 1 / (1 + (-(X * w).array()).exp());
    const Eigen::VectorXd gradient = X.transpose() * (p.matrix() - truth) + penalty * w;
    const Opinions weighted = (p * (1 - p)).matrix().asDiagonal() * X;
    Eigen::MatrixXd hessian = X.transpose() * weighted;
    hessian.diagonal().array() += penalty;
    const Eigen::VectorXd change = hessian.ldlt().solve(gradient);
    w -= change;
    if (change.cwiseAbs().maxCoeff() < kStill) break;
  }
  return w;
}

/// The rows of one fold, or all the others.
std::vector<Eigen::Index> rows_of(Eigen::Index rows, std::size_t fold, bool inside) {
  std::vector<Eigen::Index> chosen;
  for (Eigen::Index i = 0; i < rows; ++i) {
    if ((static_cast<std::size_t>(i) % kFolds == fold) == inside) chosen.push_back(i);
  }
  return chosen;
}

std::size_t right_in_folds(const Opinions& X, const Eigen::VectorXd& truth, double penalty) {
  std::size_t right = 0;
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    const auto learned = rows_of(X.rows(), fold, false);
    const auto held = rows_of(X.rows(), fold, true);
    const Eigen::VectorXd w = fit(X(learned, Eigen::all), truth(learned), penalty);
    right += right_answers(X(held, Eigen::all) * w, truth(held));
  }
  return right;
}

}  // namespace

HeadCombination HeadCombination::learn(std::span<const PronounCase> cases,
                                       std::span<const PronounAttention> attention) {
  if (cases.size() < kFewestCases) {
    throw Error(
        ErrorKind::kInvalidArgument,
        fmt::format("the heads' weights cannot be learned from {} rows; give at least {}", cases.size(), kFewestCases));
  }
  const Eigen::VectorXd truth = truth_of(cases);
  HeadCombination learned;
  for (const bool both : {false, true}) {
    const Opinions opinions = opinions_of(attention, both);
    const std::vector<double> deviations = deviations_of(opinions);
    const Opinions X = standardised(opinions, deviations);
    for (const double penalty : kPenalties) {
      const std::size_t right = right_in_folds(X, truth, penalty);
      const bool equal = right == learned.cross_validated_.right && both == learned.both_directions_;
      if (learned.penalty_ != 0 && right <= learned.cross_validated_.right && !equal) continue;
      learned.penalty_ = penalty;
      learned.both_directions_ = both;
      learned.cross_validated_ = {right, cases.size()};
      learned.deviations_ = deviations;
    }
  }
  const Opinions X = standardised(opinions_of(attention, learned.both_directions_), learned.deviations_);
  const Eigen::VectorXd w = fit(X, truth, learned.penalty_);
  learned.weights_.assign(w.begin(), w.end());
  return learned;
}

Share HeadCombination::count_right(std::span<const PronounCase> cases,
                                   std::span<const PronounAttention> attention) const {
  Share share{0, cases.size()};
  if (cases.empty()) return share;
  const std::size_t heads = attention.front().to_names.size() / 2;
  const std::size_t learned = weights_.size() / (both_directions_ ? 2 : 1);
  if (heads != learned) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("the weights are of {} heads, but the attention has {}", learned, heads));
  }
  const Opinions X = standardised(opinions_of(attention, both_directions_), deviations_);
  const Eigen::Map<const Eigen::VectorXd> w(weights_.data(), X.cols());
  share.right = right_answers(X * w, truth_of(cases));
  return share;
}

}  // namespace riverbank
