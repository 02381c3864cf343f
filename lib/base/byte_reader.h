#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace riverbank {

/// A cursor over bytes from outside that never reads past their end: the only way a binary file is read.
/// Little-endian. `name` is what messages call the file. One thread.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {
    static_assert(std::endian::native == std::endian::little, "the file formats are little-endian");
  }

  /// The next integer or float. `field` is what the message calls it. Throws Error kCorrupt past the end.
  template <typename T>
  T read(std::string_view field) {
    static_assert(std::is_arithmetic_v<T>);
    const std::span<const std::byte> raw = take(sizeof(T), field);
    T value;
    std::memcpy(&value, raw.data(), sizeof(T));
    return value;
  }

  /// The next `count` bytes, not copied. Throws Error kCorrupt when fewer are left.
  std::span<const std::byte> take(std::uint64_t count, std::string_view field);

  std::size_t position() const { return position_; }
  std::size_t left() const { return bytes_.size() - position_; }
  const std::string& name() const { return name_; }

 private:
  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
  std::string name_;
};

}  // namespace riverbank
