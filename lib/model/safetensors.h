#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/file.h"

namespace riverbank {

enum class DataType { kFloat32, kFloat16, kBFloat16, kFloat64, kInt8, kUInt8, kInt16, kInt32, kInt64, kBool };

/// One tensor where it lies in its file.
struct TensorView {
  DataType type = DataType::kFloat32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

/// A safetensors file, mapped: 8 bytes header size, a JSON header, the data
/// (format: huggingface/safetensors README, "Format"). Every offset is checked when it is opened. Any thread may read.
class SafetensorsFile {
 public:
  /// Throws Error: kNotFound, kIo, kCorrupt (which field, what was expected, what was found), kUnsupported.
  static std::shared_ptr<const SafetensorsFile> open(const std::filesystem::path& path);

  const std::map<std::string, TensorView, std::less<>>& tensors() const { return tensors_; }
  /// The tensor of this name, or nullptr.
  const TensorView* find(std::string_view name) const;
  const std::string& name() const { return name_; }

 private:
  MappedFile file_;
  std::string name_;
  std::map<std::string, TensorView, std::less<>> tensors_;
};

/// Writes tensors as a safetensors file, atomically; the same tensors give the same bytes. The data begins at a
/// multiple of 64 bytes of the file, and so does each tensor whose size and whose predecessors' allow it (the format
/// has no gaps). Throws Error: kIo, kInvalidArgument (bytes that are not the shape's).
void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, TensorView, std::less<>>& tensors);

}  // namespace riverbank
