#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "lib/base/parallel.h"
#include "lib/engine/buffer.h"
#include "lib/engine/engine.h"
#include "lib/engine/linear.h"
#include "lib/math/kernels.h"

namespace riverbank {

/// The steps of the encoder on packed weights. The batch must have been checked. One call at a time.
///
/// Work is split in two ways, which give the same bits. Many rows: each thread takes a chunk of rows through all that
/// lies between two attentions, so that the chunk stays in its second cache. Few rows: every product is split by
/// columns over all threads.
class ForwardPass {
 public:
  ForwardPass(const EncoderConfig& config, const EncoderWeights& weights, const Kernels& kernels, int threads);

  /// Is shown the hidden states (N, d_model), row after row at stride(), before the first layer and after each.
  using Visitor = std::function<void(std::size_t after_layers, const float* hidden)>;

  /// Hidden states of all rows -> (N, d_model), row after row at stride().
  const float* all_rows(const RaggedBatch& batch, const Visitor& visit = {});
  /// Those of each text's first row -> (texts, d_model), the same bits; no text may be empty.
  const float* first_rows(const RaggedBatch& batch);

  std::size_t stride() const { return model_columns_; }
  int threads() const { return pool_.size(); }

 private:
  struct Layer {
    Linear query_key_value;
    Linear attention_output;
    LayerNormWeights attention_norm;
    Linear intermediate;
    Linear output;
    LayerNormWeights output_norm;
  };
  /// Some query rows and the text that they look at.
  struct QueryBlock {
    std::size_t query_row, queries;
    std::size_t text_row, T;
  };
  struct Panels {
    std::size_t first, last;
  };
  /// Rows on their way through a layer, and room for what comes between.
  struct Rows {
    std::size_t count;
    float* hidden;          // (count, model_columns_)
    const float* attended;  // (count, model_columns_)
    float* summed;          // (count, model_columns_)
    float* inner;           // (count, inner_columns_)
  };
  enum class Spread { kThisThread, kAllThreads };
  using ProductKernel = void (*)(const Product&);

  void run_layers(const RaggedBatch& batch, std::size_t full_layers, Panels last_panels, const Visitor& visit);
  void reserve(const RaggedBatch& batch);
  void pack_all();
  void split_queries(const RaggedBatch& batch);
  void embed(const RaggedBatch& batch);
  void attend(const float* queries, float* attended);
  void between_attentions(const Layer* layer, const float* attended, float* hidden, std::size_t rows, const Layer* next,
                          Panels panels, float* query_key_value);
  void finish_layer(const Layer& layer, const Rows& rows, Spread spread);
  void multiply(const Linear& linear, Panels panels, ProductKernel kernel, const Product& product, Spread spread);
  void normalise(const LayerNormWeights& norm, std::size_t rows, const float* X, float* Y) const;

  bool are_few(std::size_t rows) const;
  float* scratch_of(int worker);

  EncoderConfig config_;
  EncoderWeights weights_;
  const Kernels& kernels_;
  ProductKernel product_activation_;
  ThreadPool pool_;
  std::vector<Layer> layers_;
  std::size_t model_columns_ = 0, inner_columns_ = 0, qkv_columns_ = 0;

  Buffer packed_;
  bool is_packed_ = false;
  bool ran_before_ = false;

  std::vector<QueryBlock> blocks_;
  Buffer hidden_, query_key_value_, attended_;            // (N, …)
  Buffer first_hidden_, first_queries_, first_attended_;  // (texts, …)
  Buffer summed_, inner_;                                 // (rows on their way, …)
  Buffer worker_scratch_;                                 // (threads, worker_floats_)
  std::size_t worker_floats_ = 0;
};

}  // namespace riverbank
