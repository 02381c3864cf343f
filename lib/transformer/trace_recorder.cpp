#include "lib/transformer/trace_recorder.h"

#include <vector>

namespace riverbank {

namespace {

void append(std::vector<float>& values, const Matrix& X) { values.insert(values.end(), X.data(), X.data() + X.size()); }

}  // namespace

void TraceRecorder::hidden_states(const MatrixView& H) { append(trace_.hidden_states, H); }

void TraceRecorder::head(const MatrixView& weights) { append(trace_.attention, weights); }

}  // namespace riverbank
