#pragma once

#include "lib/transformer/observer.h"
#include "riverbank/attention.h"

namespace riverbank {

/// Writes down all that a forward pass shows, in the order of Trace's layout. One pass, one thread.
class TraceRecorder : public Observer {
 public:
  /// `trace` must outlive it.
  explicit TraceRecorder(Trace& trace) : trace_(trace) {}

  void hidden_states(const MatrixView& H) override;
  void head(const MatrixView& weights) override;

 private:
  Trace& trace_;
};

}  // namespace riverbank
