#include "lib/engine/forward_pass.h"

#include <algorithm>

namespace riverbank {
namespace {

constexpr std::size_t kChunkRows = 84;         // with what comes between, less than half of a second cache
constexpr std::size_t kFewRowsOfAThread = 32;  // below this, threads share the columns of a product
constexpr std::size_t kPageFloats = 1024;      // workers' scratch lies on pages of its own
constexpr std::size_t kHeadsOfAThread = 6;     // from so many on, a text's queries stay together
constexpr std::size_t kQueriesOfABlock = 256;  // queries that share one packing of a head's keys and values at least

}  // namespace

ForwardPass::ForwardPass(const PackedEncoder& encoder, ThreadPool& pool)
    : encoder_(encoder),
      config_(encoder.config()),
      kernels_(encoder.kernels()),
      layers_(encoder.layers()),
      pool_(pool),
      model_columns_(encoder.model_columns()),
      inner_columns_(encoder.inner_columns()),
      qkv_columns_(encoder.qkv_columns()),
      heads_lie_apart_(static_cast<std::size_t>(config_.d_k()) % kernels_.panel_columns == 0) {}

const float* ForwardPass::all_rows(const RaggedBatch& batch, std::size_t layers, const Visitor& visit, Means means) {
  const std::size_t N = batch.ids.size();
  if (N == 0) return nullptr;
  run_layers(batch, layers, {}, visit, means);
  return hidden_.data();
}

const float* ForwardPass::first_rows(const RaggedBatch& batch) {
  const std::size_t texts = batch.starts.size() - 1;
  if (texts == 0) return nullptr;
  // The last layer needs the keys and values of all rows, but only the first rows' queries and what comes after them.
  const Layer& last = layers_.back();
  const auto d_model = static_cast<std::size_t>(config_.d_model);
  const Panels queries{0, divide_up(d_model, kernels_.panel_columns)};
  const Panels keys_and_values{d_model / kernels_.panel_columns, last.query_key_value.panels()};
  run_layers(batch, layers_.size() - 1, keys_and_values, {}, {});

  first_hidden_.reserve(texts, model_columns_);
  first_queries_.reserve(texts, qkv_columns_);
  first_attended_.reserve(texts, model_columns_);
  blocks_.clear();
  for (std::size_t text = 0; text < texts; ++text) {
    const std::size_t first = batch.starts[text];
    std::copy_n(hidden_.data() + first * model_columns_, model_columns_, first_hidden_.data() + text * model_columns_);
    blocks_.push_back(
        {.query_row = text, .queries = 1, .text_row = first, .T = batch.starts[text + 1] - first, .text = text});
  }
  between_attentions(nullptr, nullptr, first_hidden_.data(), texts, &last, queries, first_queries_.data());
  attend(batch, first_queries_.data(), texts, first_attended_.data());
  between_attentions(&last, first_attended_.data(), first_hidden_.data(), texts, nullptr, {}, nullptr);
  return first_hidden_.data();
}

/// The first `full_layers` layers, and what `next_panels` names of the next one's queries, keys and values.
void ForwardPass::run_layers(const RaggedBatch& batch, std::size_t full_layers, Panels next_panels,
                             const Visitor& visit, Means means) {
  const std::size_t N = batch.ids.size();
  reserve(batch);

  const auto project = [&](const Layer* layer, std::size_t next) {
    const Panels panels = next < full_layers ? Panels{0, qkv_columns_ / kernels_.panel_columns} : next_panels;
    const Layer* into = panels.first < panels.last ? &layers_[next] : nullptr;
    between_attentions(layer, attended_.data(), hidden_.data(), N, into, panels, query_key_value_.data());
  };
  embed(batch);
  if (visit) visit(0, hidden_.data());
  project(nullptr, 0);
  split_queries(batch);
  for (std::size_t i = 0; i < full_layers; ++i) {
    if (!means.empty()) add_means(batch, i, means);
    attend(batch, query_key_value_.data(), N, attended_.data());
    project(&layers_[i], i + 1);
    if (visit) visit(i + 1, hidden_.data());
  }
}

void ForwardPass::reserve(const RaggedBatch& batch) {
  const std::size_t N = batch.ids.size();
  std::size_t longest = 1;
  for (std::size_t text = 0; text + 1 < batch.starts.size(); ++text) {
    longest = std::max(longest, batch.starts[text + 1] - batch.starts[text]);
  }
  hidden_.reserve(N, model_columns_);
  query_key_value_.reserve(N, qkv_columns_);
  attended_.reserve(N, model_columns_);
  const std::size_t on_their_way = are_few(N) ? N : pool_.size() * (kChunkRows + kernels_.tile_rows);
  summed_.reserve(on_their_way, model_columns_);
  inner_.reserve(on_their_way, inner_columns_);
  if (kernels_.encode_rows != nullptr) {
    const auto d_model = static_cast<std::size_t>(config_.d_model), d_ff = static_cast<std::size_t>(config_.d_ff);
    encoded_floats_ = kernels_.row_bytes(std::max(d_model, d_ff)) / sizeof(float);
    encoded_.reserve(std::max(on_their_way, batch.starts.size()), encoded_floats_);
  }
  const auto d_k = static_cast<std::size_t>(config_.d_k());
  worker_floats_ = std::max(kernels_.attention_scratch(longest, d_k), kernels_.attention_weights_scratch(longest, d_k));
  worker_floats_ = divide_up(worker_floats_, kPageFloats) * kPageFloats;
  worker_scratch_.reserve(static_cast<std::size_t>(pool_.size()), worker_floats_);
}

void ForwardPass::split_queries(const RaggedBatch& batch) {
  blocks_.clear();
  // Whole texts where their heads keep all threads busy to the end.
  const std::size_t heads = (batch.starts.size() - 1) * static_cast<std::size_t>(config_.num_heads);
  const bool whole = heads >= kHeadsOfAThread * static_cast<std::size_t>(pool_.size());
  for (std::size_t text = 0; text + 1 < batch.starts.size(); ++text) {
    const std::size_t first = batch.starts[text], T = batch.starts[text + 1] - first;
    const std::size_t blocks = whole ? 1 : divide_up(T, kQueriesOfABlock);
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::size_t from = block * T / blocks, to = (block + 1) * T / blocks;
      blocks_.push_back({.query_row = first + from, .queries = to - from, .text_row = first, .T = T, .text = text});
    }
  }
}

/// hidden = layer norm(word + token type + position), as BERT adds them.
void ForwardPass::embed(const RaggedBatch& batch) {
  const EmbeddingWeights& tables = encoder_.embeddings();
  const auto d_model = static_cast<std::size_t>(config_.d_model);
  for (std::size_t text = 0; text + 1 < batch.starts.size(); ++text) {
    for (std::size_t row = batch.starts[text]; row < batch.starts[text + 1]; ++row) {
      const auto position = static_cast<Eigen::Index>(row - batch.starts[text]);
      const Eigen::Index type = batch.type_ids.empty() ? 0 : batch.type_ids[row];
      float* to = hidden_.data() + row * model_columns_;
      Eigen::Map<RowVector>(to, config_.d_model) =
          tables.word.row(batch.ids[row]) + tables.token_type.row(type) + tables.position.row(position);
      std::fill(to + d_model, to + model_columns_, 0.0F);
    }
  }
  normalise(tables.norm, batch.ids.size(), hidden_.data(), hidden_.data());
}

/// Queries, keys and values of `rows` rows: head by head where panels allow it, because a head's attention reads rows
/// of d_k floats, and those of one text's head then come from memory one after the other. Else row by row.
ForwardPass::Columns ForwardPass::query_key_value_columns(std::size_t rows) const {
  const auto d_k = static_cast<std::size_t>(config_.d_k());
  return heads_lie_apart_ ? Columns{.width = d_k, .block = rows * d_k} : Columns{.width = qkv_columns_, .block = 0};
}

std::size_t ForwardPass::query_key_value_stride() const {
  return heads_lie_apart_ ? static_cast<std::size_t>(config_.d_k()) : qkv_columns_;
}

/// Attention of every head over every block of queries; keys and values are those of all rows.
void ForwardPass::attend(const RaggedBatch& batch, const float* queries, std::size_t query_rows, float* attended) {
  const auto heads = static_cast<std::size_t>(config_.num_heads), d_k = static_cast<std::size_t>(config_.d_k());
  const auto d_model = static_cast<std::size_t>(config_.d_model);
  const Columns of_all = query_key_value_columns(batch.ids.size()), of_queries = query_key_value_columns(query_rows);
  const std::size_t stride = query_key_value_stride();
  pool_.run(blocks_.size() * heads, [&](std::size_t item, int worker) {
    const QueryBlock& block = blocks_[item / heads];
    const std::size_t column = item % heads * d_k;
    const float* text = query_key_value_.data() + block.text_row * stride;
    kernels_.attention({.Q = queries + block.query_row * stride + of_queries.at(column),
                        .Q_stride = stride,
                        .queries = block.queries,
                        .K = text + of_all.at(d_model + column),
                        .V = text + of_all.at(2 * d_model + column),
                        .KV_stride = stride,
                        .T = block.T,
                        .d_k = d_k,
                        .output = attended + block.query_row * model_columns_ + column,
                        .output_stride = model_columns_,
                        .scratch = scratch_of(worker)});
  });
}

/// The mean of the layer's heads over each text. A thread takes a block through all heads, which it adds up.
void ForwardPass::add_means(const RaggedBatch& batch, std::size_t layer, Means means) {
  const auto heads = static_cast<std::size_t>(config_.num_heads), d_k = static_cast<std::size_t>(config_.d_k());
  const Columns columns = query_key_value_columns(batch.ids.size());
  const std::size_t stride = query_key_value_stride();
  pool_.run(blocks_.size(), [&](std::size_t item, int worker) {
    const QueryBlock& block = blocks_[item];
    float* map = means[block.text].data() + layer * block.T * block.T;
    for (std::size_t head = 0; head < heads; ++head) {
      kernels_.attention_weights({.Q = query_key_value_.data() + block.query_row * stride + columns.at(head * d_k),
                                  .Q_stride = stride,
                                  .queries = block.queries,
                                  .K = query_key_value_.data() + block.text_row * stride +
                                       columns.at(static_cast<std::size_t>(config_.d_model) + head * d_k),
                                  .K_stride = stride,
                                  .T = block.T,
                                  .d_k = d_k,
                                  .factor = 1.0F / static_cast<float>(heads),
                                  .weights = map + (block.query_row - block.text_row) * block.T,
                                  .weights_stride = block.T,
                                  .scratch = scratch_of(worker)});
    }
  });
}

/// What follows `layer`'s attention, then the next layer's queries, keys and values; either may be null.
void ForwardPass::between_attentions(const Layer* layer, const float* attended, float* hidden, std::size_t rows,
                                     const Layer* next, Panels panels, float* query_key_value) {
  const auto run = [&](std::size_t first, std::size_t count, std::size_t scratch_row, Spread spread) {
    float* X = hidden + first * model_columns_;
    if (layer != nullptr) {
      finish_layer(*layer,
                   {.count = count,
                    .hidden = X,
                    .attended = attended + first * model_columns_,
                    .summed = summed_.data() + scratch_row * model_columns_,
                    .inner = inner_.data() + scratch_row * inner_columns_,
                    .encoded = encoded_row(scratch_row)},
                   spread);
    }
    if (next != nullptr) {
      const std::size_t stride = query_key_value_stride();
      Product product{.rows = count, .C = query_key_value + first * stride, .C_stride = stride};
      read_rows(product, X, model_columns_, next->query_key_value, encoded_row(scratch_row));
      multiply(next->query_key_value, panels, kernels_.product, product, query_key_value_columns(rows), spread);
    }
  };
  if (are_few(rows)) return run(0, rows, 0, Spread::kAllThreads);
  // Whole tiles, in chunks of nearly equal size, as many for one thread as for the other.
  const std::size_t tile = kernels_.tile_rows, tiles = divide_up(rows, tile), threads = pool_.size();
  const std::size_t wanted = divide_up(divide_up(rows, kChunkRows), threads) * threads;
  const std::size_t chunks = std::min(tiles, wanted);
  pool_.run(chunks, [&](std::size_t chunk, int worker) {
    const std::size_t first = chunk * tiles / chunks * tile;
    const std::size_t last = std::min(rows, (chunk + 1) * tiles / chunks * tile);
    run(first, last - first, worker * (kChunkRows + tile), Spread::kThisThread);
  });
}

/// hidden = norm(hidden + attended W_O); hidden = norm(hidden + W_2 activation(W_1 hidden))   (arXiv:1706.03762, 3.1)
void ForwardPass::finish_layer(const Layer& layer, const Rows& rows, Spread spread) {
  const auto all = [](const Linear& linear) { return Panels{0, linear.panels()}; };
  Product product{.rows = rows.count,
                  .residual = rows.hidden,
                  .residual_stride = model_columns_,
                  .C = rows.summed,
                  .C_stride = model_columns_};
  read_rows(product, rows.attended, model_columns_, layer.attention_output, rows.encoded);
  multiply(layer.attention_output, all(layer.attention_output), kernels_.product_residual, product, {model_columns_, 0},
           spread);
  normalise(layer.attention_norm, rows.count, rows.summed, rows.hidden);

  Product inner{.rows = rows.count, .C = rows.inner, .C_stride = inner_columns_};
  read_rows(inner, rows.hidden, model_columns_, layer.intermediate, rows.encoded);
  multiply(layer.intermediate, all(layer.intermediate), encoder_.product_activation(), inner, {inner_columns_, 0},
           spread);

  read_rows(product, rows.inner, inner_columns_, layer.output, rows.encoded);
  multiply(layer.output, all(layer.output), kernels_.product_residual, product, {model_columns_, 0}, spread);
  normalise(layer.output_norm, rows.count, rows.summed, rows.hidden);
}

/// `product` is to read the rows X: as they are, or encoded at `encoded` when its kernels want that.
void ForwardPass::read_rows(Product& product, const float* X, std::size_t stride, const Linear& linear,
                            std::byte* encoded) const {
  product.A = X;
  product.A_stride = stride * sizeof(float);
  if (kernels_.encode_rows == nullptr) return;
  kernels_.encode_rows({.X = X, .X_stride = stride, .rows = product.rows, .d = linear.d_in(), .encoded = encoded});
  product.A = encoded;
  product.A_stride = kernels_.row_bytes(linear.d_in());
}

/// `kernel` on each of the panels, of which `product` names what they have in common.
void ForwardPass::multiply(const Linear& linear, Panels panels, ProductKernel kernel, const Product& product,
                           Columns columns, Spread spread) {
  const auto run = [&](std::size_t panel, const void* packed, const void* next) {
    const std::size_t column = panel * kernels_.panel_columns;
    Product one = product;
    one.d_in = linear.d_in();
    one.panel = packed;
    one.next_panel = next;
    one.bias = linear.bias(panel);
    if (one.residual != nullptr) one.residual += column;
    one.C += columns.at(column);
    kernel(one);
  };
  if (spread == Spread::kThisThread) {
    for (std::size_t panel = panels.first; panel < panels.last; ++panel) {
      run(panel, linear.packed(panel), linear.packed(panel + 1));
    }
    return;
  }
  pool_.run(panels.last - panels.first, [&](std::size_t item, int) {
    const std::size_t panel = panels.first + item;
    run(panel, linear.packed(panel), linear.packed(panel + 1));
  });
}

void ForwardPass::normalise(const LayerNormWeights& norm, std::size_t rows, const float* X, float* Y) const {
  kernels_.layer_norm({.X = X,
                       .X_stride = model_columns_,
                       .rows = rows,
                       .d = static_cast<std::size_t>(config_.d_model),
                       .gamma = norm.gamma.data(),
                       .beta = norm.beta.data(),
                       .epsilon = config_.layer_norm_epsilon,
                       .Y = Y,
                       .Y_stride = model_columns_});
}

bool ForwardPass::are_few(std::size_t rows) const { return rows <= kFewRowsOfAThread * std::max(pool_.size(), 2); }

std::byte* ForwardPass::encoded_row(std::size_t row) {
  return reinterpret_cast<std::byte*>(encoded_.data() + row * encoded_floats_);
}

float* ForwardPass::scratch_of(int worker) { return worker_scratch_.data() + worker * worker_floats_; }

}  // namespace riverbank
