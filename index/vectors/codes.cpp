#include "index/vectors/codes.h"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

namespace riverbank {

float encode_vector(std::span<const float> vector, std::int8_t* code) {
  constexpr float kMost = 127;
  float largest = 0;
  for (const float x : vector) largest = std::max(largest, std::abs(x));
  std::memset(code, 0, code_bytes(vector.size()));
  if (!(largest > 0) || !std::isfinite(kMost / largest)) return 0;
  const float share = kMost / largest;
  for (std::size_t i = 0; i < vector.size(); ++i) code[i] = static_cast<std::int8_t>(std::lrint(vector[i] * share));
  return largest / kMost;
}

CodedQuestion::CodedQuestion(std::span<const float> vector)
    : code_(code_bytes(vector.size())), scale_(encode_vector(vector, code_.data())) {}

void CodeTable::Free::operator()(std::int8_t* rows) const { std::free(rows); }

void CodeTable::make_room(std::size_t nodes) {
  constexpr std::size_t kHugePage = std::size_t{2} << 20U, kLine = 64;
  if (nodes <= scales_.size()) return;
  const std::size_t bytes = nodes * row_bytes_;
  const std::size_t alignment = bytes >= kHugePage ? kHugePage : kLine;
  void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  std::unique_ptr<std::int8_t[], Free> rows(static_cast<std::int8_t*>(memory));
  if (alignment == kHugePage) ::madvise(memory, bytes, MADV_HUGEPAGE);  // a wish
  if (rows_) std::memcpy(rows.get(), rows_.get(), scales_.size() * row_bytes_);
  scales_.resize(nodes);
  rows_ = std::move(rows);
}

void CodeTable::set(Node node, std::span<const float> vector) {
  scales_[node] = encode_vector(vector, rows_.get() + node * row_bytes_);
}

void CodeTable::set(Node node, CodedVector coded) {
  std::memcpy(rows_.get() + node * row_bytes_, coded.code, row_bytes_);
  scales_[node] = coded.scale;
}

}  // namespace riverbank
