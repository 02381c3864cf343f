#include "lib/model/onnx_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "lib/base/printable.h"
#include "lib/model/safetensors_header.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr std::string_view kWordEmbeddings = "embeddings.word_embeddings.weight";

/// (rows, columns) -> (columns, rows), elements of any size.
std::vector<std::byte> transpose(std::span<const std::byte> values, std::size_t rows, std::size_t columns,
                                 std::size_t size) {
  std::vector<std::byte> out(values.size());
  for (std::size_t column = 0; column < columns; ++column) {
    for (std::size_t row = 0; row < rows; ++row) {
      std::memcpy(out.data() + (column * rows + row) * size, values.data() + (row * columns + column) * size, size);
    }
  }
  return out;
}

/// "encoder.layer.0.output.dense" -> "encoder/layer.0/output/dense/MatMul", as torch.onnx names the node.
std::string node_name(const std::string& module) {
  constexpr std::string_view kEncoder = "encoder.layer.";
  std::string name = module;
  const std::size_t after_layer = name.find('.', kEncoder.size());
  name[kEncoder.find('.')] = '/';
  std::replace(name.begin() + static_cast<std::ptrdiff_t>(after_layer), name.end(), '.', '/');
  return name + "/MatMul";
}

}  // namespace

OnnxWeights::OnnxWeights(OnnxGraph graph, const EncoderConfig& config) : graph_(std::move(graph)) {
  refuse_quantised();
  for (const char* prefix : {"", "bert.", "model.", "auto_model.", "0.auto_model."}) {
    if (graph_.constants().contains(prefix + std::string(kWordEmbeddings))) prefix_ = prefix;
  }
  refuse_other_activation(config.activation);
  refuse_further_layer(config.num_layers);
  const std::int64_t d = config.d_model;
  add(std::string(kWordEmbeddings), {config.vocabulary_size, d});
  add("embeddings.position_embeddings.weight", {config.max_positions, d});
  add("embeddings.token_type_embeddings.weight", {config.num_token_types, d});
  add("embeddings.LayerNorm.weight", {d});
  add("embeddings.LayerNorm.bias", {d});
  for (std::int64_t layer = 0; layer < config.num_layers; ++layer) {
    const std::string here = "encoder.layer." + std::to_string(layer) + ".";
    for (const char* square :
         {"attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"}) {
      add_linear(here + square, d, d);
    }
    add_linear(here + "intermediate.dense", config.d_ff, d);
    add_linear(here + "output.dense", d, config.d_ff);
    for (const char* norm : {"attention.output.LayerNorm", "output.LayerNorm"}) {
      add(here + norm + ".weight", {d});
      add(here + norm + ".bias", {d});
    }
  }
}

void OnnxWeights::refuse_quantised() const {
  constexpr std::array<std::string_view, 6> kOperations = {"MatMulInteger",    "DynamicQuantizeLinear", "QLinearMatMul",
                                                           "DequantizeLinear", "DynamicQuantizeMatMul", "MatMulNBits"};
  for (const auto& [name, node] : graph_.nodes()) {
    if (std::ranges::find(kOperations, node.operation) == kOperations.end()) continue;
    throw Error(ErrorKind::kUnsupported, printable(graph_.name()) + " is quantised (its node " + printable(name) +
                                             " is a " + node.operation +
                                             "); import the float32 model, riverbank makes its own short forms");
  }
}

void OnnxWeights::refuse_other_activation(Activation expected) const {
  constexpr std::array<std::pair<std::string_view, Activation>, 3> kOperations = {
      {{"Erf", Activation::kGelu}, {"Tanh", Activation::kGeluTanh}, {"Relu", Activation::kRelu}}};
  for (const auto& [name, node] : graph_.nodes()) {
    if (name.find("encoder/layer.") == std::string::npos || name.find("/intermediate/") == std::string::npos) continue;
    const auto* const found = std::ranges::find(kOperations, node.operation, &decltype(kOperations)::value_type::first);
    if (found == kOperations.end() || found->second == expected) continue;
    throw Error(ErrorKind::kCorrupt, printable(graph_.name()) + ": the node " + printable(name) + " is a " +
                                         node.operation +
                                         ", which is not config.json's hidden_act; the two do not belong together");
  }
}

void OnnxWeights::refuse_further_layer(std::int64_t layers) const {
  const std::string further = prefix_ + "encoder.layer." + std::to_string(layers) + ".";
  const auto found = graph_.constants().lower_bound(further);
  if (found != graph_.constants().end() && found->first.starts_with(further)) {
    throw Error(ErrorKind::kCorrupt, printable(graph_.name()) + " holds \"" + printable(found->first) +
                                         "\", but config.json says num_hidden_layers " + std::to_string(layers) +
                                         "; the two do not belong together");
  }
}

const OnnxTensor* OnnxWeights::find_constant(const std::string& name) const {
  const auto found = graph_.constants().find(name);
  return found == graph_.constants().end() ? nullptr : &found->second;
}

void OnnxWeights::require(const OnnxTensor& tensor, const std::string& source,
                          const std::vector<std::int64_t>& shape) const {
  if (!tensor.problem.empty()) {
    throw Error(ErrorKind::kUnsupported,
                printable(graph_.name()) + ": tensor \"" + printable(source) + "\" " + tensor.problem);
  }
  if (tensor.view.shape != shape) {
    throw Error(ErrorKind::kCorrupt, fmt::format("{}: tensor \"{}\" has the shape ({}), but config.json asks for ({})",
                                                 printable(graph_.name()), printable(source),
                                                 fmt::join(tensor.view.shape, ", "), fmt::join(shape, ", ")));
  }
}

void OnnxWeights::add(const std::string& name, const std::vector<std::int64_t>& shape) {
  const OnnxTensor* tensor = find_constant(prefix_ + name);
  if (tensor == nullptr) {
    throw Error(ErrorKind::kUnsupported,
                printable(graph_.name()) + " has no tensor \"" + prefix_ + name +
                    "\"; riverbank reads .onnx files that torch.onnx made of a BERT encoder with as many layers as "
                    "config.json says");
  }
  require(*tensor, prefix_ + name, shape);
  tensors_.emplace(name, tensor->view);
}

void OnnxWeights::refuse_shared(const OnnxTensor& matrix, const std::string& source) {
  // No BERT shares a matrix; were it allowed, a small file could ask for any amount of memory.
  if (matrices_.insert(matrix.view.bytes.data()).second) return;
  throw Error(ErrorKind::kUnsupported, printable(graph_.name()) + ": tensor \"" + printable(source) +
                                           "\" is the matrix of two layers; riverbank runs encoders whose layers "
                                           "have weights of their own");
}

void OnnxWeights::add_linear(const std::string& name, std::int64_t d_out, std::int64_t d_in) {
  add(name + ".bias", {d_out});
  // Gemm nodes and some exporters keep the matrix under its own name, as the checkpoint has it.
  const std::string own_name = prefix_ + name + ".weight";
  if (const OnnxTensor* tensor = find_constant(own_name); tensor != nullptr) {
    refuse_shared(*tensor, own_name);
    return add(name + ".weight", {d_out, d_in});
  }
  std::string prefix = prefix_;
  std::ranges::replace(prefix, '.', '/');
  const std::string wanted = "/" + prefix + node_name(name);
  const auto node = graph_.nodes().find(wanted);
  if (node == graph_.nodes().end() || node->second.operation != "MatMul" || node->second.inputs.size() != 2) {
    throw Error(ErrorKind::kUnsupported, printable(graph_.name()) + " has no MatMul node named " + wanted +
                                             "; riverbank reads .onnx files that torch.onnx made of a BERT encoder");
  }
  const std::string& source = node->second.inputs[1];
  const OnnxTensor* tensor = find_constant(source);
  if (tensor == nullptr) {
    throw Error(ErrorKind::kUnsupported, printable(graph_.name()) + ": the matrix of " + wanted + ", \"" +
                                             printable(source) + "\", is computed; riverbank reads constant weights");
  }
  require(*tensor, source, {d_in, d_out});
  refuse_shared(*tensor, source);
  const TensorView& view = tensor->view;
  const auto& bytes = transposed_.emplace_back(
      transpose(view.bytes, static_cast<std::size_t>(d_in), static_cast<std::size_t>(d_out), element_size(view.type)));
  tensors_.emplace(name + ".weight", TensorView{view.type, {d_out, d_in}, bytes});
}

}  // namespace riverbank
