#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace riverbank::cli {

/// (rows, columns) float32 as a NumPy file, format version 1.0 (numpy.lib.format): magic, header of a multiple of 64
/// bytes, little-endian values row after row.
std::string as_npy(std::span<const float> values, std::size_t rows, std::size_t columns);

/// The values alone, little-endian.
std::string as_f32(std::span<const float> values);

}  // namespace riverbank::cli
