#pragma once

#include <cstddef>
#include <initializer_list>
#include <vector>

#include "lib/engine/buffer.h"
#include "lib/math/kernels.h"
#include "lib/model/weights.h"

namespace riverbank {

/// One linear layer, or several that read the same input side by side (Q, K, V), in panels of the kernels' width.
/// Borrows the checkpoint's weights until pack_panels() has written each panel. Any number of threads may pack panels
/// or read them; a panel must be packed before it is read.
class Linear {
 public:
  Linear() = default;
  Linear(const Kernels& kernels, std::initializer_list<const LinearWeights*> parts);

  std::size_t d_in() const { return d_in_; }
  std::size_t panels() const { return rows_.size() / kernels_->panel_columns; }
  /// d_out rounded up to whole panels: the columns that a product writes.
  std::size_t columns() const { return rows_.size(); }

  std::size_t panel_floats() const;
  /// Packed panels are to lie at `memory`, panels() * panel_floats() floats that somebody else owns.
  void place_at(float* memory) { packed_ = memory; }
  /// Packs panel `panel` into its place.
  void pack(std::size_t panel);
  /// Packs it into `scratch` (panel_floats()) instead, for a product that runs once.
  const void* pack_aside(std::size_t panel, float* scratch) const;

  /// Panel `panel`; packed(panels()) is where the next layer's first one may lie.
  const void* packed(std::size_t panel) const;
  const float* bias(std::size_t panel) const { return bias_.data() + panel * kernels_->panel_columns; }

 private:
  const Kernels* kernels_ = nullptr;
  std::size_t d_in_ = 0;
  std::vector<const float*> rows_;  // row of W for each column of C, null past d_out
  Buffer bias_;                     // (columns), zeros past d_out
  float* packed_ = nullptr;         // (panels, panel_floats)
};

}  // namespace riverbank
