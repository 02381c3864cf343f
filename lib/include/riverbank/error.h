#pragma once

#include <stdexcept>
#include <string>

namespace riverbank {

/// What went wrong, as far as a program needs to know to react. The message says the rest.
enum class ErrorKind {
  kInvalidArgument,  ///< the caller asked for something that makes no sense
  kNotFound,         ///< a file, folder, model or document that is not there
  kCorrupt,          ///< bytes that are not what their format says
  kUnsupported,      ///< well formed, but not something riverbank can do
  kIo,               ///< the operating system or the network refused
  kBusy,             ///< another process holds it; it may be free in a moment
  kCancelled,        ///< stopped by the caller's stop token
};

/// Every failure of riverbank. what() is one full sentence for a person: which file, what was expected, what was
/// found and what to do about it.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}

  ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

}  // namespace riverbank
