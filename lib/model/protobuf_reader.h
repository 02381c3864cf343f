#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/byte_reader.h"

namespace riverbank {

/// One field of a message, where it lies.
struct ProtobufField {
  enum class Kind { kNumber, kFixed64, kBytes, kFixed32 };

  std::uint32_t number = 0;
  Kind kind = Kind::kNumber;
  std::uint64_t value = 0;           ///< of kNumber, kFixed64 and kFixed32
  std::span<const std::byte> bytes;  ///< of kBytes: a text, a message, or packed numbers
};

/// Reads a protobuf message field by field (protobuf.dev, "Encoding"), without a schema and without a copy, so that a
/// file of any size costs no memory and every length is checked. The messages nest as deep as the caller goes.
/// One thread; the bytes must outlive it.
class ProtobufReader {
 public:
  /// `name` is what messages call the file.
  ProtobufReader(std::span<const std::byte> message, std::string name) : reader_(message, std::move(name)) {}

  /// The next field; false at the message's end. Throws Error kCorrupt.
  bool next(ProtobufField& field);

 private:
  ByteReader reader_;
};

/// The text of a field. Throws Error kCorrupt when it is not of kind kBytes; `what` is what the message calls it.
std::string protobuf_text(const ProtobufField& field, std::string_view what, const std::string& name);

/// Appends the numbers of a repeated integer field, packed or not. Throws Error kCorrupt past `most` of them.
void append_numbers(const ProtobufField& field, std::size_t most, std::string_view what, const std::string& name,
                    std::vector<std::int64_t>& numbers);

}  // namespace riverbank
