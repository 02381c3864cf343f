#include "lib/model/protobuf_reader.h"

#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

[[noreturn]] void ill_formed(const std::string& name, const std::string& what) {
  throw Error(ErrorKind::kCorrupt, printable(name) + " is not well-formed protobuf: " + what);
}

/// Seven bits a byte, the lowest first; the top bit says that another byte follows.
std::uint64_t read_varint(ByteReader& reader) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const auto byte = reader.read<std::uint8_t>("a number");
    if (shift == 63 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  ill_formed(reader.name(), "a number before offset " + std::to_string(reader.position()) + " has more than 64 bits");
}

}  // namespace

bool ProtobufReader::next(ProtobufField& field) {
  if (reader_.left() == 0) return false;
  const std::uint64_t tag = read_varint(reader_);
  const std::uint64_t number = tag >> 3U;
  constexpr std::uint64_t kMostNumber = (std::uint64_t{1} << 29U) - 1;
  if (number == 0 || number > kMostNumber) {
    ill_formed(reader_.name(), "there is no field of the number " + std::to_string(number));
  }
  field = {static_cast<std::uint32_t>(number), ProtobufField::Kind::kNumber, 0, {}};
  switch (tag & 7U) {
    case 0:
      field.value = read_varint(reader_);
      break;
    case 1:
      field.kind = ProtobufField::Kind::kFixed64;
      field.value = reader_.read<std::uint64_t>("a number of 64 bits");
      break;
    case 2:
      field.kind = ProtobufField::Kind::kBytes;
      field.bytes = reader_.take(read_varint(reader_), "field " + std::to_string(number));
      break;
    case 5:
      field.kind = ProtobufField::Kind::kFixed32;
      field.value = reader_.read<std::uint32_t>("a number of 32 bits");
      break;
    default:
      ill_formed(reader_.name(),
                 "field " + std::to_string(number) + " is of the unknown kind " + std::to_string(tag & 7U));
  }
  return true;
}

std::string protobuf_text(const ProtobufField& field, std::string_view what, const std::string& name) {
  if (field.kind != ProtobufField::Kind::kBytes) ill_formed(name, std::string(what) + " is not a text");
  return {reinterpret_cast<const char*>(field.bytes.data()), field.bytes.size()};
}

void append_numbers(const ProtobufField& field, std::size_t most, std::string_view what, const std::string& name,
                    std::vector<std::int64_t>& numbers) {
  const auto append = [&](std::uint64_t value) {
    if (numbers.size() == most)
      ill_formed(name, std::string(what) + " has more than " + std::to_string(most) + " numbers");
    numbers.push_back(static_cast<std::int64_t>(value));
  };
  if (field.kind == ProtobufField::Kind::kNumber) {
    append(field.value);
  } else if (field.kind == ProtobufField::Kind::kBytes) {
    ByteReader packed(field.bytes, name);
    while (packed.left() > 0) append(read_varint(packed));
  } else {
    ill_formed(name, std::string(what) + " is not a list of whole numbers");
  }
}

}  // namespace riverbank
