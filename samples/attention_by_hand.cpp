// Attention on paper: three tokens, d_k = 2, every step of eq. 1 of "Attention Is All You Need" printed.
//
//     Attention(Q, K, V) = softmax(Q K^T / sqrt(d_k)) V
//
// By hand, for the first token: Q = (1, 0) times the keys (1, 0), (0, 1), (1, 1) gives the scores 1, 0, 1. Over
// sqrt(2) = 1.4142 they are 0.7071, 0, 0.7071. exp makes 2.0281, 1, 2.0281 of them, which is 5.0562 together, so the
// weights are 2.0281 / 5.0562 = 0.4011, 1 / 5.0562 = 0.1978 and 0.4011 again. The values (10, 0), (0, 10), (5, 5) times
// those are (4.011 + 0 + 2.006, 0 + 1.978 + 2.006) = (6.017, 3.983).
#include <array>
#include <cmath>
#include <cstdio>

namespace {

constexpr std::size_t kTokens = 3;
constexpr std::size_t kWidth = 2;  // d_k, and d_v too

template <std::size_t columns>
using Rows = std::array<std::array<double, columns>, kTokens>;

template <std::size_t columns>
void print(const char* step, const Rows<columns>& rows) {
  std::printf("%s\n", step);
  for (const auto& row : rows) {
    for (const double number : row) std::printf(" %8.4f", number);
    std::printf("\n");
  }
}

}  // namespace

int main() {
  const Rows<kWidth> Q = {{{1, 0}, {0, 1}, {1, 1}}};    // what each token looks for
  const Rows<kWidth> K = {{{1, 0}, {0, 1}, {1, 1}}};    // what each token is found by
  const Rows<kWidth> V = {{{10, 0}, {0, 10}, {5, 5}}};  // what each token has to give
  print("Q", Q);
  print("K", K);
  print("V", V);

  Rows<kTokens> scores{}, scaled{}, weights{};
  Rows<kWidth> result{};
  for (std::size_t i = 0; i < kTokens; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < kTokens; ++j) {
      for (std::size_t d = 0; d < kWidth; ++d) scores[i][j] += Q[i][d] * K[j][d];
      scaled[i][j] = scores[i][j] / std::sqrt(static_cast<double>(kWidth));
      weights[i][j] = std::exp(scaled[i][j]);
      sum += weights[i][j];
    }
    for (std::size_t j = 0; j < kTokens; ++j) {
      weights[i][j] /= sum;
      for (std::size_t d = 0; d < kWidth; ++d) result[i][d] += weights[i][j] * V[j][d];
    }
  }
  print("scores = Q K^T: how well each query fits each key", scores);
  print("scaled = scores / sqrt(2): or wide vectors would make softmax choose one key alone", scaled);
  print("weights = softmax(scaled): each row is above 0 and sums to 1", weights);
  print("result = weights V: each token's mixture of what the tokens have to give", result);
}
