#pragma once

#include <time.h>

#include <stop_token>

#include "riverbank/error.h"

// What every measurement needs.
namespace riverbank::cli {

/// Processor time so far of this process (CLOCK_PROCESS_CPUTIME_ID) or of this thread (CLOCK_THREAD_CPUTIME_ID), which
/// other programs do not take from; the time of day passed, of CLOCK_MONOTONIC.
inline double seconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Throws Error kCancelled when it was.
inline void throw_if_stopped(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorKind::kCancelled, "Stopped while measuring.");
}

}  // namespace riverbank::cli
