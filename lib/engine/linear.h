#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "lib/engine/buffer.h"
#include "lib/math/kernels.h"
#include "lib/model/weights.h"

namespace riverbank {

/// One linear layer, or several that read the same input side by side (Q, K, V), in panels of the kernels' width.
/// Borrows the checkpoint's weights for pack() and sample(), and the memory that the panels lie in. Any number of
/// threads may pack panels or read them; a panel must be packed before it is read.
class Linear {
 public:
  Linear() = default;
  Linear(const Kernels& kernels, std::initializer_list<const LinearWeights*> parts);

  std::size_t d_in() const { return d_in_; }
  std::size_t panels() const { return rows_.size() / kernels_->panel_columns; }
  /// d_out rounded up to whole panels: the columns that a product writes.
  std::size_t columns() const { return rows_.size(); }

  std::size_t panel_bytes() const { return kernels_->panel_bytes(d_in_); }
  std::size_t bytes() const { return panels() * panel_bytes(); }
  /// Packs panel `panel` to where it belongs in the layer's bytes() at `memory`.
  void pack(std::size_t panel, std::byte* memory) const;
  /// The panels lie at `memory`, packed by now or before they are read.
  void place_at(const std::byte* memory) { packed_ = memory; }

  /// Panel `panel`; packed(panels()) is where the next layer's first one may lie.
  const void* packed(std::size_t panel) const { return packed_ + panel * panel_bytes(); }
  const float* bias(std::size_t panel) const { return bias_.data() + panel * kernels_->panel_columns; }

  /// Checksum of the biases and of a few of the weights, which other weights do not have.
  std::uint64_t sample() const;

 private:
  const Kernels* kernels_ = nullptr;
  std::size_t d_in_ = 0;
  std::vector<const float*> rows_;  // row of W for each column of C, null past d_out
  Buffer bias_;                     // (columns), zeros past d_out
  const std::byte* packed_ = nullptr;
};

}  // namespace riverbank
