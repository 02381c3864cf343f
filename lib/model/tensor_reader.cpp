#include "lib/model/tensor_reader.h"

#include <cstring>
#include <span>
#include <utility>

#include "lib/base/printable.h"
#include "lib/model/safetensors.h"
#include "lib/model/safetensors_header.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "(";
  for (const std::int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + ")";
}

template <typename Half>
void convert(std::span<const std::byte> bytes, std::vector<float>& out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes.data() + i * sizeof bits, sizeof bits);
    out[i] = static_cast<float>(Eigen::numext::bit_cast<Half>(bits));
  }
}

}  // namespace

TensorReader::TensorReader(std::shared_ptr<const SafetensorsFile> file, std::string prefix)
    : storage_(std::make_shared<Storage>()), prefix_(std::move(prefix)) {
  storage_->file = std::move(file);
}

MatrixMap TensorReader::matrix(const std::string& name, std::int64_t rows, std::int64_t columns) {
  return {values({name}, {rows, columns}), rows, columns};
}

RowVectorMap TensorReader::vector(const std::string& name, std::int64_t size) { return {values({name}, {size}), size}; }

LinearWeights TensorReader::linear(const std::string& name, std::int64_t d_out, std::int64_t d_in) {
  return {matrix(name + ".weight", d_out, d_in), vector(name + ".bias", d_out)};
}

LayerNormWeights TensorReader::layer_norm(const std::string& name, std::int64_t size) {
  return {{values({name + ".weight", name + ".gamma"}, {size}), size},
          {values({name + ".bias", name + ".beta"}, {size}), size}};
}

void TensorReader::refuse_tensors_of(const std::string& first_letters, const std::string& said) const {
  const std::string further = prefix_ + first_letters;
  const auto& tensors = storage_->file->tensors();
  const auto found = tensors.lower_bound(further);
  if (found != tensors.end() && found->first.starts_with(further)) {
    throw Error(ErrorKind::kCorrupt, printable(storage_->file->name()) + " holds \"" + printable(found->first) +
                                         "\", but config.json says " + said + "; the two do not belong together");
  }
}

const float* TensorReader::values(std::initializer_list<std::string> names, const std::vector<std::int64_t>& shape) {
  const std::string& file = storage_->file->name();
  for (const std::string& name : names) {
    const TensorView* view = storage_->file->find(prefix_ + name);
    if (view == nullptr) continue;
    if (view->shape != shape) {
      throw Error(ErrorKind::kCorrupt, printable(file) + ": tensor \"" + prefix_ + name + "\" has the shape " +
                                           shape_text(view->shape) + ", but config.json asks for " + shape_text(shape));
    }
    return floats(*view, prefix_ + name);
  }
  throw Error(ErrorKind::kCorrupt, printable(file) + ": tensor \"" + prefix_ + *names.begin() + "\" of shape " +
                                       shape_text(shape) +
                                       " is missing; config.json asks for it, so the two do not belong together");
}

const float* TensorReader::floats(const TensorView& view, const std::string& name) {
  const auto address = reinterpret_cast<std::uintptr_t>(view.bytes.data());
  if (view.type == DataType::kFloat32 && address % alignof(float) == 0) {
    return reinterpret_cast<const float*>(view.bytes.data());
  }
  if (view.type != DataType::kFloat32 && view.type != DataType::kFloat16 && view.type != DataType::kBFloat16) {
    throw Error(ErrorKind::kUnsupported, printable(storage_->file->name()) + ": tensor \"" + name +
                                             "\" has the dtype " + std::string(data_type_name(view.type)) +
                                             "; riverbank reads weights of F32, F16 and BF16");
  }
  Buffer& buffer = storage_->buffers.emplace_back(view.bytes.size() / element_size(view.type));
  if (view.type == DataType::kFloat32) {
    std::memcpy(buffer.data(), view.bytes.data(), view.bytes.size());
  } else if (view.type == DataType::kFloat16) {
    convert<Eigen::half>(view.bytes, buffer);
  } else {
    convert<Eigen::bfloat16>(view.bytes, buffer);
  }
  return buffer.data();
}

}  // namespace riverbank
