#pragma once

#include <cstddef>
#include <memory>

namespace riverbank {

/// How many units of some size hold `value`; value + unit must not overflow.
constexpr std::size_t divide_up(std::size_t value, std::size_t unit) { return (value + unit - 1) / unit; }

/// Floats that begin at a cache line, for reuse from call to call: it grows and never shrinks. Not copied, never
/// zeroed. One owner, one thread at a time.
class Buffer {
 public:
  /// Room for rows x columns floats; what was in it is lost when it has to grow.
  /// Throws Error kInvalidArgument when there is not so much memory.
  void reserve(std::size_t rows, std::size_t columns);

  float* data() { return floats_.get(); }
  const float* data() const { return floats_.get(); }

 private:
  struct Free {
    void operator()(float* floats) const;
  };
  std::unique_ptr<float[], Free> floats_;
  std::size_t capacity_ = 0;
};

}  // namespace riverbank
