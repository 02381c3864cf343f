#include "cli/output/npy.h"

#include <fmt/format.h>

#include <bit>

namespace riverbank::cli {

static_assert(std::endian::native == std::endian::little, "the values are written as they lie in memory");

std::string as_f32(std::span<const float> values) {
  const auto bytes = std::as_bytes(values);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string as_npy(std::span<const float> values, std::size_t rows, std::size_t columns) {
  constexpr std::size_t kBeforeHeader = 10;  // magic (6), version (2), length of the header (2)
  std::string header = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", rows, columns);
  header.append(63 - (kBeforeHeader + header.size()) % 64, ' ');
  header += '\n';
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(header.size() & 0xFFU);
  file += static_cast<char>(header.size() >> 8U);
  return file + header + as_f32(values);
}

}  // namespace riverbank::cli
