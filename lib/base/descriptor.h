#pragma once

#include <unistd.h>

#include <utility>

namespace riverbank {

/// A file descriptor that is closed when the object goes; below 0 there is none. Move-only, one thread.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return number_; }
  /// Gives it away unclosed.
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

}  // namespace riverbank
