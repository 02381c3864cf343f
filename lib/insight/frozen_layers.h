#pragma once

#include <cstddef>
#include <vector>

#include "lib/math/matrix.h"
#include "lib/model/config.h"
#include "lib/model/weights.h"

namespace riverbank {

/// The last layers of an encoder as a linear function of the hidden states that enter them: for one text, all that is
/// not linear is held at the value it took there. These are
///
///     the attention weights            P = softmax(Q K^T / sqrt(d_k))
///     the layer norms' deviations      sigma(x) of each row
///     the activation's gates           g = activation(u) / u, as gelu(u) = u Phi(u)
///     the length of the text's vector  |c|, c the output of [CLS]
///
/// (DecompX, arXiv:2306.02873, and AttnLRP, arXiv:2402.05602, hold the same.) What is left is exact, and adds up:
///
///     direction . c / |c| = sum_t share_t + constant,       share_t = (d cosine / d x_t) . x_t
///
/// share_t is what token t's own hidden state brings, constant what the biases and the norms' betas of these layers
/// bring, which is the same kind of thing for every text. What it does not say is why the attention was what it was.
/// Borrows the weights. Immutable, any thread.
class FrozenLayers {
 public:
  /// All layers from `first_layer` on, counted from 0. Throws Error kInvalidArgument when there is none.
  FrozenLayers(const EncoderConfig& config, const EncoderWeights& weights, std::size_t first_layer);

  /// What one text's pass left behind; 4 T (T num_heads + 2 d_ff + d_model) bytes a layer.
  struct Layer {
    Matrix attention;                     // P of each head, one after the other (num_heads rows, T)
    Eigen::VectorXf attention_deviation;  // 1 / sigma (rows)
    Matrix gates;                         // (rows, d_ff)
    Eigen::VectorXf output_deviation;     // (rows)
  };
  struct Pass {
    Matrix entered;             ///< X (T, d_model)
    std::vector<Layer> layers;  ///< of the last one only the row of [CLS]
    RowVector vector;           ///< c / |c| (d_model)
    float length = 0;           ///< |c|
  };
  /// X (T, d_model): the hidden states of one text after `first_layer` layers.
  Pass run(const MatrixView& X) const;

  struct Shares {
    std::vector<double> tokens;  ///< (T)
    double constant = 0;
  };
  /// The shares in direction . c / |c|, direction (d_model).
  Shares shares(const Pass& pass, const RowVectorView& direction) const;

 private:
  struct Weights {
    const EncoderLayerWeights* layer;
    bool is_last;  ///< of which only [CLS]'s row is computed
  };
  Matrix attend(const Weights& weights, const MatrixView& X, Matrix& P) const;
  Matrix attend_from_first(const Weights& weights, const MatrixView& X, Matrix& P) const;
  Matrix attend_back(const Weights& weights, const Matrix& P, const Matrix& G, double& constant) const;
  Matrix attend_from_first_back(const Weights& weights, const Matrix& P, const Matrix& G, double& constant) const;
  Matrix forward(const Weights& weights, const MatrixView& X, Layer& kept) const;
  Matrix backward(const Weights& weights, const Layer& kept, Matrix G, double& constant) const;

  EncoderConfig config_;
  std::vector<Weights> layers_;
};

}  // namespace riverbank
