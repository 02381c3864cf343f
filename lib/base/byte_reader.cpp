#include "lib/base/byte_reader.h"

#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {

std::span<const std::byte> ByteReader::take(std::uint64_t count, std::string_view field) {
  if (count > left()) {
    throw Error(ErrorKind::kCorrupt, printable(name_) + " is cut short: " + std::string(field) + " needs " +
                                         std::to_string(count) + " bytes at offset " + std::to_string(position_) +
                                         ", " + std::to_string(left()) + " are left");
  }
  const auto bytes = bytes_.subspan(position_, static_cast<std::size_t>(count));
  position_ += static_cast<std::size_t>(count);
  return bytes;
}

}  // namespace riverbank
