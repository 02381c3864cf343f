#include "lib/engine/linear.h"

#include <algorithm>

namespace riverbank {

Linear::Linear(const Kernels& kernels, std::initializer_list<const LinearWeights*> parts) : kernels_(&kernels) {
  for (const LinearWeights* part : parts) {
    d_in_ = static_cast<std::size_t>(part->weight.cols());
    for (Eigen::Index row = 0; row < part->weight.rows(); ++row) {
      rows_.push_back(part->weight.data() + row * part->weight.cols());
    }
  }
  const std::size_t unit = kernels.panel_columns;
  rows_.resize((rows_.size() + unit - 1) / unit * unit, nullptr);
  bias_.reserve(1, rows_.size());
  float* to = bias_.data();
  for (const LinearWeights* part : parts) to = std::copy_n(part->bias.data(), part->bias.size(), to);
  std::fill(to, bias_.data() + rows_.size(), 0.0F);
}

std::size_t Linear::panel_floats() const { return kernels_->panel_bytes(d_in_) / sizeof(float); }

void Linear::pack(std::size_t panel) { pack_aside(panel, packed_ + panel * panel_floats()); }

const void* Linear::pack_aside(std::size_t panel, float* scratch) const {
  kernels_->pack(&rows_[panel * kernels_->panel_columns], d_in_, scratch);
  return scratch;
}

const void* Linear::packed(std::size_t panel) const { return packed_ + panel * panel_floats(); }

}  // namespace riverbank
