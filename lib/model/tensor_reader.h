#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "lib/model/weights.h"

namespace riverbank {

class SafetensorsFile;
struct TensorView;

/// Finds a model's tensors by name in a file, each with the shape that the config asks for and as float32: where it
/// lies when it is that already, else in a buffer converted once. One thread.
class TensorReader {
 public:
  /// `prefix` stands before every name.
  explicit TensorReader(std::shared_ptr<const SafetensorsFile> file, std::string prefix = "");

  /// Throw Error kCorrupt (missing or of another shape, named) and kUnsupported (not F32, F16 or BF16).
  MatrixMap matrix(const std::string& name, std::int64_t rows, std::int64_t columns);
  RowVectorMap vector(const std::string& name, std::int64_t size);
  /// name.weight (d_out, d_in) and name.bias (d_out).
  LinearWeights linear(const std::string& name, std::int64_t d_out, std::int64_t d_in);
  /// name.weight and name.bias (size), or TensorFlow's names for them, gamma and beta.
  LayerNormWeights layer_norm(const std::string& name, std::int64_t size);

  /// A file with more layers than the config would give other numbers than its author's, without a word: throws Error
  /// kCorrupt when there is a tensor whose name begins so. `said` is what config.json says instead.
  void refuse_tensors_of(const std::string& first_letters, const std::string& said) const;

  /// Keeps all that was read alive.
  std::shared_ptr<const void> storage() const { return storage_; }

 private:
  using Buffer = std::vector<float>;
  struct Storage {
    std::shared_ptr<const SafetensorsFile> file;
    std::deque<Buffer> buffers;  // a deque: what points into it stays where it is
  };

  const float* values(std::initializer_list<std::string> names, const std::vector<std::int64_t>& shape);
  const float* floats(const TensorView& view, const std::string& name);

  std::shared_ptr<Storage> storage_;
  std::string prefix_;
};

}  // namespace riverbank
