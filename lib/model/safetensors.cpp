#include "lib/model/safetensors.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>

#include "lib/base/byte_reader.h"
#include "lib/base/printable.h"
#include "lib/model/safetensors_header.h"
#include "riverbank/error.h"

// The format (huggingface/safetensors, README, "Format"):
//
//   8 bytes   N, the size of the header, little-endian unsigned
//   N bytes   the header, JSON: {"name": {"dtype", "shape", "data_offsets": [begin, end]}, "__metadata__": {…}}
//   the rest  the tensors' bytes, row-major, little-endian; data_offsets count from here

namespace riverbank {
namespace {

constexpr std::uint64_t kMostHeaderBytes = 100'000'000;  // the format's own limit
constexpr std::size_t kAlignment = 64;                   // a cache line, and the widest vector register

}  // namespace

std::shared_ptr<const SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
  auto file = std::make_shared<SafetensorsFile>();
  file->file_ = MappedFile(path);
  file->name_ = path.string();
  ByteReader reader(file->file_.bytes(), file->name_);
  const auto header_size = reader.read<std::uint64_t>("the header's size");
  if (header_size > kMostHeaderBytes) {
    throw Error(ErrorKind::kCorrupt, printable(file->name_) + " says that its header has " +
                                         std::to_string(header_size) + " bytes; safetensors allow " +
                                         std::to_string(kMostHeaderBytes) + ", so this is another kind of file");
  }
  const std::span<const std::byte> header = reader.take(header_size, "the header");
  const std::span<const std::byte> data = reader.take(reader.left(), "the data");
  file->tensors_ =
      parse_safetensors_header({reinterpret_cast<const char*>(header.data()), header.size()}, data, file->name_);
  return file;
}

const TensorView* SafetensorsFile::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, TensorView, std::less<>>& tensors) {
  // The format has no gaps, so those whose size keeps the alignment come first, then wide elements before narrow ones.
  std::vector<const std::pair<const std::string, TensorView>*> order;
  order.reserve(tensors.size());
  for (const auto& tensor : tensors) order.push_back(&tensor);
  std::ranges::stable_sort(order, {}, [](const auto* tensor) {
    const TensorView& view = tensor->second;
    return std::pair(view.bytes.size() % kAlignment != 0, -static_cast<int>(element_size(view.type)));
  });
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  std::size_t offset = 0;
  for (const auto* tensor : order) {
    const auto& [name, view] = *tensor;
    const std::size_t elements =
        std::accumulate(view.shape.begin(), view.shape.end(), std::size_t{1}, std::multiplies<>());
    if (elements * element_size(view.type) != view.bytes.size() || name == "__metadata__") {
      throw Error(ErrorKind::kInvalidArgument,
                  "tensor \"" + printable(name) + "\" cannot be written: its bytes are not its shape's");
    }
    header[name] = {{"dtype", data_type_name(view.type)},
                    {"shape", view.shape},
                    {"data_offsets", {offset, offset + view.bytes.size()}}};
    offset += view.bytes.size();
  }
  std::string json = header.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  constexpr std::size_t kPrefix = sizeof(std::uint64_t);
  json.append((kAlignment - (kPrefix + json.size()) % kAlignment) % kAlignment, ' ');  // the format allows spaces
  const std::uint64_t header_size = json.size();

  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&header_size, 1)));
  file.write(json);
  for (const auto* tensor : order) file.write(tensor->second.bytes);
  file.commit();
}

}  // namespace riverbank
