#pragma once

namespace riverbank::cli {

/// From now on a process that finds a mapped file shorter than it was says which one and exits with kFailed, where
/// SIGBUS would end it without a word. riverbank replaces its files and never shortens them; another program may.
/// A matter of the whole process, so of the program and never of the library. Other bus errors end it as before.
void explain_bus_errors();

}  // namespace riverbank::cli
