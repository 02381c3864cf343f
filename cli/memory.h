#pragma once

namespace riverbank::cli {

/// From now on the process keeps the memory that it gives back, some MB a time, for its next use: for the kernel to
/// take and clear it again and again is a tenth of the time of `query --why --html`. For short work in a process of its
/// own: what runs for long would hold on to its largest moment.
void keep_freed_memory();

}  // namespace riverbank::cli
