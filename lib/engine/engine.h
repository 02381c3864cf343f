#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lib/math/matrix.h"
#include "lib/math/precision.h"
#include "lib/model/weights.h"

namespace riverbank {

/// Texts one after the other, no padding: text i is rows [starts[i], starts[i + 1]).
struct RaggedBatch {
  std::span<const std::int32_t> ids;       ///< (N)
  std::span<const std::int32_t> type_ids;  ///< (N), or empty for all 0
  std::span<const std::size_t> starts;     ///< (texts + 1), starts[0] = 0, starts[texts] = N
};

/// Tokens in one call of the engine, as those who have many texts cut them: enough to keep all cores busy, few enough
/// that a stop or another thread's question waits about a second on the slowest machine. A longer text is a batch
/// alone.
inline constexpr std::size_t kBatchTokens = 4096;

struct EngineOptions {
  std::string instruction_set;                ///< by name; empty: RIVERBANK_ISA, else the best there is
  Precision precision = Precision::kFloat32;  ///< one of supported_precisions() of the instruction set
  int threads = 0;                            ///< 0: one for each core
  /// The model's fingerprint: its packed weights are kept below the user's cache folder and mapped by later processes.
  /// Empty: they are packed anew each time.
  std::string fingerprint;
  /// Told, in a sentence, when such a file was unusable, and what is done. May be empty.
  std::function<void(const std::string& message)> notice;
};

/// Where the packed weights of an engine are.
struct PackedWeightsPlace {
  std::string file;     ///< empty when they are in memory alone
  bool mapped = false;  ///< an earlier process packed them
};

/// Sees the hidden states (N, d_model) that leave the embeddings (after_layers = 0) and each layer, in order, while the
/// batch is computed; they live until it returns.
using LayerVisitor = std::function<void(std::size_t after_layers, const MatrixView& hidden)>;

/// The encoder's forward pass, as fast as this processor can: packed weights, ragged batches, fused kernels, all cores.
/// lib/transformer is its oracle. For one instruction set and precision a text's hidden states are the same bits alone,
/// in any batch, with any number of threads. One forward at a time.
///
/// Many texts are shared out to the threads, each of which takes some through all layers: what lies between stays in
/// its second cache. All threads together work on a text that is alone, on few texts, and where every layer is looked
/// at; memory then grows with the largest batch so far (about 6 d_model floats a token), so that a caller cuts a long
/// list of texts into batches of some thousand tokens.
class Engine {
 public:
  /// Shares the weights' storage; maps or packs them for the kernels. Throws Error kUnsupported for an instruction set
  /// that is unknown or that this machine lacks, a precision that it has no kernels for, and int8 for a model whose
  /// sums are too long for it; kInvalidArgument for a number of threads that makes no sense, or no memory.
  Engine(const EncoderConfig& config, const EncoderWeights& weights, const EngineOptions& options);
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// The last layer's hidden states -> (N, d_model). Throws Error kInvalidArgument for an id, type or length that the
  /// model does not have.
  Matrix forward(const RaggedBatch& batch);

  /// Only the first token's, [CLS], of each text -> (texts, d_model): the same bits as in forward(), but the last layer
  /// computes no more than that. Throws as forward() does, and for a text without tokens.
  Matrix forward_cls(const RaggedBatch& batch);

  /// Shows every layer's hidden states; the last ones are forward()'s, bit for bit. Throws as forward() does, and what
  /// the visitor throws. A batch without tokens shows nothing. Goes no further than the first `layers`.
  ///
  /// `means`, one a text or none at all, are added to: (layers, T, T), the mean of the heads' softmax(Q K^T /
  /// sqrt(d_k)) in each layer that is computed, in float32 out of the queries and keys of the precision that runs.
  void forward_layers(const RaggedBatch& batch, const LayerVisitor& visit, std::size_t layers = kAllLayers,
                      std::span<const std::span<float>> means = {});
  static constexpr std::size_t kAllLayers = static_cast<std::size_t>(-1);

  const std::string& instruction_set() const;  ///< the one that was chosen
  const char* kernels() const;                 ///< Kernels::name of those that run; two sets may share them
  Precision precision() const;
  int threads() const;
  const PackedWeightsPlace& packed_weights() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace riverbank
