#include "cli/memory.h"

#include <malloc.h>

namespace riverbank::cli {

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kLargest = 32 << 20, kKept = 256 << 20;  // bytes; the first is the most that glibc takes
  ::mallopt(M_MMAP_THRESHOLD, kLargest);
  ::mallopt(M_TRIM_THRESHOLD, kKept);
#endif
}

}  // namespace riverbank::cli
