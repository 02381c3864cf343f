#include "tests/cli/peak_memory.h"

#include <malloc.h>

#include <algorithm>
#include <cstddef>

namespace {

struct Count {
  std::int64_t now = 0;
  std::int64_t peak = 0;

  void add(std::int64_t bytes) {
    now += bytes;
    peak = std::max(peak, now);
  }
};

thread_local Count* counting = nullptr;  // while peak_memory() runs

std::int64_t size_of(void* memory) { return static_cast<std::int64_t>(::malloc_usable_size(memory)); }

}  // namespace

// The names are the linker's: calls of f() arrive at __wrap_f(), and __real_f() is what f() was.
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
extern "C" {

void* __real_malloc(std::size_t size);
void* __real_calloc(std::size_t count, std::size_t size);
void* __real_realloc(void* memory, std::size_t size);
void __real_free(void* memory);

void* __wrap_malloc(std::size_t size) {
  void* memory = __real_malloc(size);
  if (counting != nullptr && memory != nullptr) counting->add(size_of(memory));
  return memory;
}

/// What the compiler makes of malloc() and zeros.
void* __wrap_calloc(std::size_t count, std::size_t size) {
  void* memory = __real_calloc(count, size);
  if (counting != nullptr && memory != nullptr) counting->add(size_of(memory));
  return memory;
}

void* __wrap_realloc(void* memory, std::size_t size) {
  const std::int64_t before = counting != nullptr && memory != nullptr ? size_of(memory) : 0;
  void* moved = __real_realloc(memory, size);
  if (counting != nullptr && moved != nullptr) counting->add(size_of(moved) - before);
  return moved;
}

void __wrap_free(void* memory) {
  if (counting != nullptr && memory != nullptr) counting->add(-size_of(memory));
  __real_free(memory);
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

namespace riverbank::cli {

std::uint64_t peak_memory(const std::function<void()>& work) {
  Count count;
  struct Counting {
    explicit Counting(Count& to) { counting = &to; }
    ~Counting() { counting = nullptr; }
  };
  const Counting here(count);
  work();
  return static_cast<std::uint64_t>(count.peak);
}

}  // namespace riverbank::cli
