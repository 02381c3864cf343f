#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

namespace riverbank {

using Sha256Digest = std::array<std::uint8_t, 32>;

/// SHA-256 of bytes that arrive in pieces (FIPS 180-4, by OpenSSL's EVP). One thread.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  Sha256& update(std::span<const std::byte> bytes);
  Sha256& update(std::string_view text);
  /// The digest of all that came; nothing may follow.
  Sha256Digest finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

Sha256Digest sha256(std::string_view bytes);
/// Of a whole file, read in pieces. Throws Error: kNotFound, kIo, kCancelled.
Sha256Digest sha256_of_file(const std::filesystem::path& path, std::stop_token stop = {});

/// Lower-case hexadecimal.
std::string to_hex(std::span<const std::uint8_t> bytes);

/// A fast 64-bit checksum against accidents, not against attackers (XXH3).
std::uint64_t checksum64(std::span<const std::byte> bytes);

}  // namespace riverbank
