#include "lib/engine/linear.h"

#include <algorithm>
#include <span>

#include "lib/base/hash.h"
#include "lib/engine/buffer.h"

namespace riverbank {

Linear::Linear(const Kernels& kernels, std::initializer_list<const LinearWeights*> parts) : kernels_(&kernels) {
  for (const LinearWeights* part : parts) {
    d_in_ = static_cast<std::size_t>(part->weight.cols());
    for (Eigen::Index row = 0; row < part->weight.rows(); ++row) {
      rows_.push_back(part->weight.data() + row * part->weight.cols());
    }
  }
  const std::size_t unit = kernels.panel_columns;
  rows_.resize(divide_up(rows_.size(), unit) * unit, nullptr);
  bias_.reserve(1, rows_.size());
  float* to = bias_.data();
  for (const LinearWeights* part : parts) to = std::copy_n(part->bias.data(), part->bias.size(), to);
  std::fill(to, bias_.data() + rows_.size(), 0.0F);
}

void Linear::pack(std::size_t panel, std::byte* memory) const {
  kernels_->pack(&rows_[panel * kernels_->panel_columns], d_in_, memory + panel * panel_bytes());
}

std::uint64_t Linear::sample() const {
  constexpr std::size_t kRows = 4;
  std::vector<float> some(bias_.data(), bias_.data() + rows_.size());
  for (std::size_t i = 0; i < kRows; ++i) {
    const float* row = rows_[i * rows_.size() / kRows];
    if (row != nullptr) some.insert(some.end(), row, row + d_in_);
  }
  return checksum64(std::as_bytes(std::span(some)));
}

}  // namespace riverbank
