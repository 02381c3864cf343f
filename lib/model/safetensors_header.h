#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "lib/model/safetensors.h"

namespace riverbank {

/// Bytes of one element.
std::size_t element_size(DataType type);
/// "F32", "BF16" …: the format's names.
std::string_view data_type_name(DataType type);

/// Reads a safetensors header and checks each tensor against `data`, which must be covered without gap or overlap.
/// `name` is what messages call the file. Memory is bounded by a small multiple of the header's bytes.
/// Throws Error: kCorrupt, kUnsupported (a type that riverbank does not know).
std::map<std::string, TensorView, std::less<>> parse_safetensors_header(std::string_view json,
                                                                        std::span<const std::byte> data,
                                                                        const std::string& name);

}  // namespace riverbank
