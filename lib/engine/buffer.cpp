#include "lib/engine/buffer.h"

#include <sys/mman.h>

#include <cstdlib>
#include <string>

#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

}  // namespace

void Buffer::Free::operator()(float* floats) const { std::free(floats); }

void Buffer::reserve(std::size_t rows, std::size_t columns) {
  std::size_t floats = 0, bytes = 0;
  const bool overflow = __builtin_mul_overflow(rows, columns, &floats) ||
                        __builtin_mul_overflow(floats, sizeof(float), &bytes) ||
                        __builtin_add_overflow(bytes, kHugePage, &bytes);
  if (!overflow && floats <= capacity_) return;
  bytes -= kHugePage;
  // Large buffers are touched for the first time in one go: huge pages save most of the page faults.
  const bool huge = bytes >= kHugePage / 2;
  const std::size_t alignment = huge ? kHugePage : kCacheLine;
  const std::size_t rounded = divide_up(bytes, alignment) * alignment;
  floats_.reset();
  capacity_ = 0;
  void* memory = overflow ? nullptr : std::aligned_alloc(alignment, rounded);
  if (memory == nullptr) {
    throw Error(ErrorKind::kInvalidArgument, "the encoder needs memory for " + std::to_string(rows) + " times " +
                                                 std::to_string(columns) +
                                                 " numbers and there is not so much; close other programs, or send "
                                                 "fewer texts at once");
  }
  if (huge) ::madvise(memory, rounded, MADV_HUGEPAGE);
  floats_.reset(static_cast<float*>(memory));
  capacity_ = floats;
}

}  // namespace riverbank
