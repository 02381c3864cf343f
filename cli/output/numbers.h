#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace riverbank::cli {

/// 1234567 -> "1,234,567".
std::string with_thousands(std::uint64_t number);
/// A count with its noun: "1 file", "2,000 files".
std::string counted(std::uint64_t number, std::string_view singular, std::string_view plural);
/// 133466304 -> "127.3 MiB".
std::string in_bytes(std::uint64_t bytes);
/// 0.0123 -> "12 ms"; 6.13 -> "6.1 s"; 190 -> "3 min 10 s".
std::string in_seconds(double seconds);
/// "64MiB", "1.5 GB", "1000" -> bytes. Throws Error kInvalidArgument.
std::uint64_t parse_bytes(std::string_view text);

}  // namespace riverbank::cli
