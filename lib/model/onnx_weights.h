#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/model/config.h"
#include "lib/model/onnx_graph.h"
#include "lib/model/safetensors.h"

namespace riverbank {

/// The weights of a BERT-family encoder as an .onnx file of it holds them, under their checkpoint names. Exporters keep
/// embeddings, biases and layer norms under those names; the matrix of a linear layer is the anonymous second input of
/// the MatMul node that is named after it, transposed. Any thread may read.
class OnnxWeights {
 public:
  /// Throws Error: kCorrupt, kUnsupported (a quantised model, or a graph that keeps its weights in another way; what
  /// was looked for is named).
  OnnxWeights(OnnxGraph graph, const EncoderConfig& config);

  const std::map<std::string, TensorView, std::less<>>& tensors() const { return tensors_; }

 private:
  void refuse_quantised() const;
  void refuse_other_activation(Activation expected) const;
  void refuse_further_layer(std::int64_t layers) const;
  void add(const std::string& name, const std::vector<std::int64_t>& shape);
  void add_linear(const std::string& name, std::int64_t d_out, std::int64_t d_in);
  void require(const OnnxTensor& tensor, const std::string& source, const std::vector<std::int64_t>& shape) const;
  void refuse_shared(const OnnxTensor& matrix, const std::string& source);
  const OnnxTensor* find_constant(const std::string& name) const;

  OnnxGraph graph_;
  std::string prefix_;  ///< before "embeddings." and "encoder."
  std::deque<std::vector<std::byte>> transposed_;
  std::set<const std::byte*> matrices_;  ///< where each linear layer's matrix lies
  std::map<std::string, TensorView, std::less<>> tensors_;
};

}  // namespace riverbank
