#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "lib/base/clock.h"
#include "riverbank/index.h"

namespace riverbank {

/// Tells the caller of an update how far it is. One thread.
class UpdateMeter {
 public:
  UpdateMeter(std::function<void(const IndexProgress&)> callback, const UpdateReport& report)
      : callback_(std::move(callback)), report_(report) {}

  double seconds() const { return seconds_since(start_); }

  void begin(IndexProgress::Phase phase) {
    now_ = {.phase = phase};
    bytes_total_ = bytes_done_ = bytes_encoding_ = 0;
    tell();
  }
  void expect(std::size_t files, double bytes) {
    now_.files_total = files;
    bytes_total_ = bytes;
    tell();
  }
  /// Passages that stand for so many bytes of documents were encoded; those documents are not done yet.
  void encoded(double bytes) {
    bytes_encoding_ += bytes;
    tell();
  }
  /// Files are done: written, skipped or found the same.
  void finished(std::size_t files, double bytes, bool were_encoding = false) {
    now_.files_done += files;
    bytes_done_ += bytes;
    if (were_encoding) bytes_encoding_ = 0;
    tell();
  }

 private:
  void tell() {
    if (!callback_) return;
    now_.chunks_done = report_.chunks_encoded;
    now_.tokens_done = report_.tokens_encoded;
    now_.seconds = seconds();
    if (bytes_total_ > 0) now_.fraction = std::min(1.0, (bytes_done_ + bytes_encoding_) / bytes_total_);
    callback_(now_);
  }

  std::function<void(const IndexProgress&)> callback_;
  const UpdateReport& report_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  IndexProgress now_;
  double bytes_total_ = 0, bytes_done_ = 0, bytes_encoding_ = 0;
};

}  // namespace riverbank
