#pragma once

#include "lib/math/cpu.h"
#include "lib/math/precision.h"

namespace riverbank {

/// What one core can do at most with the instruction that the kernels of a set and a precision are made of, in
/// operations a second, a multiplication and an addition being two: measured now, in some twenty milliseconds, as the
/// fastest of short runs of instructions that wait for none but themselves. The set and the precision must be of this
/// machine's. For the portable set it is a multiplication and an addition of four floats, the set's own
/// vectors on every processor that Debian runs on. Any thread.
double measure_peak(InstructionSet set, Precision precision);

}  // namespace riverbank
