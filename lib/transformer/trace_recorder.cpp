#include "lib/transformer/trace_recorder.h"

#include <vector>

#include "lib/transformer/attention.h"

namespace riverbank {

namespace {

void append(std::vector<float>& values, const Matrix& X) { values.insert(values.end(), X.data(), X.data() + X.size()); }

}  // namespace

void TraceRecorder::hidden_states(const MatrixView& H) { append(trace_.hidden_states, H); }

void TraceRecorder::head(const MatrixView& Q, const MatrixView& K, const MatrixView& /*V*/) {
  append(trace_.attention, attention_weights(Q, K));
}

}  // namespace riverbank
