#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "lib/base/parallel.h"
#include "lib/engine/buffer.h"
#include "lib/engine/engine.h"
#include "lib/engine/linear.h"
#include "lib/engine/packed_encoder.h"
#include "lib/math/kernels.h"

namespace riverbank {

/// The steps of the encoder on packed weights, and the memory that they need. The batch must have been checked. One
/// call at a time.
///
/// Work is split over the pool in two ways, which give the same bits. Many rows: each thread takes a chunk of rows
/// through all that lies between two attentions, so that the chunk stays in its second cache. Few rows: every product
/// is split by columns over all threads.
class ForwardPass {
 public:
  /// Works on `encoder` with all threads of `pool`; borrows both.
  ForwardPass(const PackedEncoder& encoder, ThreadPool& pool);

  /// Is shown the hidden states (N, d_model), row after row at stride(), before the first layer and after each.
  using Visitor = std::function<void(std::size_t after_layers, const float* hidden)>;
  /// Of each text the mean of each layer's heads -> (layers, T, T), added to.
  using Means = std::span<const std::span<float>>;

  /// Hidden states of all rows -> (N, d_model), row after row at stride(), after the first `layers` of the layers.
  const float* all_rows(const RaggedBatch& batch, std::size_t layers, const Visitor& visit = {}, Means means = {});
  /// Those of each text's first row -> (texts, d_model), the same bits; no text may be empty.
  const float* first_rows(const RaggedBatch& batch);

  std::size_t stride() const { return model_columns_; }

 private:
  using Layer = PackedEncoder::Layer;
  using ProductKernel = PackedEncoder::ProductKernel;
  /// Some query rows and the text that they look at.
  struct QueryBlock {
    std::size_t query_row, queries;
    std::size_t text_row, T, text;
  };
  struct Panels {
    std::size_t first, last;
  };
  /// How a product's columns lie in memory: in blocks of `width` side by side, each with all rows, `block` floats
  /// apart.
  struct Columns {
    std::size_t width, block;
    std::size_t at(std::size_t column) const { return column / width * block + column % width; }
  };
  /// Rows on their way through a layer, and room for what comes between.
  struct Rows {
    std::size_t count;
    float* hidden;          // (count, model_columns_)
    const float* attended;  // (count, model_columns_)
    float* summed;          // (count, model_columns_)
    float* inner;           // (count, inner_columns_)
    std::byte* encoded;     // (count, …), of whichever of them a product reads
  };
  enum class Spread { kThisThread, kAllThreads };

  void run_layers(const RaggedBatch& batch, std::size_t full_layers, Panels next_panels, const Visitor& visit,
                  Means means);
  void reserve(const RaggedBatch& batch);
  void split_queries(const RaggedBatch& batch);
  void embed(const RaggedBatch& batch);
  void attend(const RaggedBatch& batch, const float* queries, std::size_t query_rows, float* attended);
  void add_means(const RaggedBatch& batch, std::size_t layer, Means means);
  void between_attentions(const Layer* layer, const float* attended, float* hidden, std::size_t rows, const Layer* next,
                          Panels panels, float* query_key_value);
  void finish_layer(const Layer& layer, const Rows& rows, Spread spread);
  void multiply(const Linear& linear, Panels panels, ProductKernel kernel, const Product& product, Columns columns,
                Spread spread);
  void read_rows(Product& product, const float* X, std::size_t stride, const Linear& linear, std::byte* encoded) const;
  void normalise(const LayerNormWeights& norm, std::size_t rows, const float* X, float* Y) const;

  Columns query_key_value_columns(std::size_t rows) const;
  std::size_t query_key_value_stride() const;
  bool are_few(std::size_t rows) const;
  float* scratch_of(int worker);
  std::byte* encoded_row(std::size_t row);

  const PackedEncoder& encoder_;
  const EncoderConfig& config_;
  const Kernels& kernels_;
  const std::vector<Layer>& layers_;
  ThreadPool& pool_;
  std::size_t model_columns_, inner_columns_, qkv_columns_;
  bool heads_lie_apart_;  // see query_key_value_columns()

  std::vector<QueryBlock> blocks_;
  Buffer hidden_, query_key_value_, attended_;            // (N, …)
  Buffer first_hidden_, first_queries_, first_attended_;  // (texts, …)
  Buffer summed_, inner_, encoded_;                       // (rows on their way, …)
  std::size_t encoded_floats_ = 0;
  Buffer worker_scratch_;  // (threads, worker_floats_)
  std::size_t worker_floats_ = 0;
};

}  // namespace riverbank
