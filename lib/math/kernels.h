#pragma once

#include <cstddef>
#include <cstdint>

namespace riverbank {

enum class InstructionSet;  // lib/math/cpu.h
enum class Precision;       // lib/math/precision.h

/// Rows of float32 that become what a product reads: Kernels::row_bytes(d) each, one after the other.
struct RowsToEncode {
  const float* X = nullptr;  ///< (rows, d)
  std::size_t X_stride = 0;
  std::size_t rows = 0;
  std::size_t d = 0;
  std::byte* encoded = nullptr;  ///< (rows, row_bytes(d)), at a cache line
};

/// One panel of a linear layer: kPanelColumns columns of C = A W^T + bias, then what the function's name says.
/// Every element of C is summed over d_in in the same order always, so it is the same bits however many rows there are.
struct Product {
  const void* A = nullptr;   ///< (rows, d_in): as encode_rows() left them, or float32 where there is no such function
  std::size_t A_stride = 0;  ///< bytes from row to row
  std::size_t rows = 0;
  std::size_t d_in = 0;
  const void* panel = nullptr;       ///< what pack() wrote
  const void* next_panel = nullptr;  ///< what will be multiplied next: fetched into the cache meanwhile; or null
  const float* bias = nullptr;       ///< (panel_columns)
  const float* residual = nullptr;   ///< (rows, panel_columns), for product_residual; not C itself
  std::size_t residual_stride = 0;
  float* C = nullptr;  ///< (rows, panel_columns)
  std::size_t C_stride = 0;
};

/// Some queries of one head over all keys and values of one text.
struct AttentionHead {
  const float* Q = nullptr;  ///< (queries, d_k)
  std::size_t Q_stride = 0;
  std::size_t queries = 0;
  const float* K = nullptr;  ///< (T, d_k)
  const float* V = nullptr;  ///< (T, d_k)
  std::size_t KV_stride = 0;
  std::size_t T = 0;  ///< at least 1
  std::size_t d_k = 0;
  float* output = nullptr;  ///< (queries, d_k)
  std::size_t output_stride = 0;
  float* scratch = nullptr;  ///< attention_scratch(T, d_k) floats
};

/// Where some queries of one head look among the keys of one text.
struct HeadWeights {
  const float* Q = nullptr;  ///< (queries, d_k)
  std::size_t Q_stride = 0;
  std::size_t queries = 0;
  const float* K = nullptr;  ///< (T, d_k)
  std::size_t K_stride = 0;
  std::size_t T = 0;  ///< at least 1
  std::size_t d_k = 0;
  float factor = 1;
  float* weights = nullptr;  ///< (queries, T), added to
  std::size_t weights_stride = 0;
  float* scratch = nullptr;  ///< attention_weights_scratch(T, d_k) floats
};

/// Rows to be normalised: Y = (X - mean) / sqrt(variance + epsilon) * gamma + beta, each row by itself.
struct LayerNorm {
  const float* X = nullptr;  ///< (rows, d)
  std::size_t X_stride = 0;
  std::size_t rows = 0;
  std::size_t d = 0;
  const float* gamma = nullptr;  ///< (d)
  const float* beta = nullptr;   ///< (d)
  float epsilon = 0;
  float* Y = nullptr;  ///< (rows, d), may be X
  std::size_t Y_stride = 0;
};

/// The numeric kernels of one instruction set and one precision of the weights. One source (lib/math/kernels/*.inc) is
/// compiled for each instruction set. Activations are float32; what a panel and an encoded row hold is the table's own
/// business.
/// Every result depends on its own row (attention: on its own text) alone, never on how much is computed together.
/// Any thread.
struct Kernels {
  const char* name;  ///< "avx512_int8": what these are, whatever was asked for
  /// Inner product of a and b, both (n).
  float (*dot)(const float* a, const float* b, std::size_t n);
  /// products[i] = dot(query, row i of rows (count, n), n), the same bits.
  void (*dot_many)(const float* query, const float* rows, std::size_t count, std::size_t n, float* products);
  /// products[i] = inner product of query and rows[i], both (n) whole numbers of -127 to 127, exactly; n is a multiple
  /// of 64. Rows come from far apart: the next ones are fetched meanwhile.
  void (*dot_codes)(const std::int8_t* query, const std::int8_t* const* rows, std::size_t count, std::size_t n,
                    std::int32_t* products);

  /// Bytes that encode_rows() makes of a row of d; a multiple of a cache line. Null: products read float32.
  std::size_t (*row_bytes)(std::size_t d);
  void (*encode_rows)(const RowsToEncode&);

  std::size_t panel_columns;  ///< columns of C that one panel makes
  std::size_t tile_rows;      ///< rows that stay in registers together: a good unit to split work by
  /// Bytes of a packed panel.
  std::size_t (*panel_bytes)(std::size_t d_in);
  /// Packs panel_columns rows of W, each (d_in); a null row is zeros.
  void (*pack)(const float* const* rows, std::size_t d_in, void* panel);
  /// Packs `columns` columns of a matrix (d_in, …) as if they were rows of W, zeros behind them. Only in float32; else
  /// null.
  void (*pack_columns)(const float* matrix, std::size_t stride, std::size_t columns, std::size_t d_in, void* panel);
  void (*product)(const Product&);            ///< A W^T + bias
  void (*product_residual)(const Product&);   ///< A W^T + bias + residual
  void (*product_gelu)(const Product&);       ///< gelu(A W^T + bias), |error| <= 2e-7 max(1, |gelu|); int8: 1e-4
  void (*product_gelu_tanh)(const Product&);  ///< its tanh form, |error| <= 2e-7 max(1, |gelu|)
  void (*product_relu)(const Product&);       ///< max(0, A W^T + bias)

  std::size_t (*attention_scratch)(std::size_t T, std::size_t d_k);
  /// softmax(Q K^T / sqrt(d_k)) V; exp's relative error is below 2e-7 (1 + |x|), what is under 2^-125 becomes 0. int8:
  /// both products in 8 bits too, so that each weight is off by up to half a 255th of the row's largest.
  void (*attention)(const AttentionHead&);
  std::size_t (*attention_weights_scratch)(std::size_t T, std::size_t d_k);
  /// Adds factor softmax(Q K^T / sqrt(d_k)), in float32 in every table; errors as in attention().
  void (*attention_weights)(const HeadWeights&);
  void (*layer_norm)(const LayerNorm&);
};

/// The kernels of a set that supported_instruction_sets() lists and a precision of supported_precisions(set).
const Kernels& kernels_of(InstructionSet set, Precision precision);

extern const Kernels kPortableKernels;
#if defined(__x86_64__)
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx2Int8Kernels;
extern const Kernels kAvx2VnniInt8Kernels;
extern const Kernels kAvx512Kernels;
extern const Kernels kAvx512Bf16Kernels;
extern const Kernels kAvx512Int8Kernels;
extern const Kernels kAmxBf16Kernels;
extern const Kernels kAmxInt8Kernels;
#endif

}  // namespace riverbank
