#include "lib/model/onnx_graph.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "lib/base/printable.h"
#include "lib/model/protobuf_reader.h"
#include "lib/model/safetensors_header.h"
#include "riverbank/error.h"

// The messages of an .onnx file and the numbers of their fields (onnx/onnx.proto, IR version 3 and above):
//
//   ModelProto    7 graph
//   GraphProto    1 node (repeated), 5 initializer (repeated)
//   NodeProto     1 input (repeated), 2 output (repeated), 3 name, 4 op_type
//   TensorProto   1 dims, 2 data_type, 4 float_data (packed), 8 name, 9 raw_data, 14 data_location
//
// They are read with our own ProtobufReader and not with libonnx: the generated classes cost every process that links
// them 0.9 ms at its start, copy all weights, and turn two bytes of a hostile file into two hundred of memory.

namespace riverbank {
namespace {

constexpr std::size_t kMostNodes = 200'000;
constexpr std::size_t kMostConstants = 200'000;
constexpr std::size_t kMostLinks = 64;  // inputs or outputs of one node that are looked at

[[noreturn]] void corrupt(const std::string& file, const std::string& what) {
  throw Error(ErrorKind::kCorrupt, printable(file) + ": " + what);
}

void require_bytes(const ProtobufField& field, std::string_view what, const std::string& file) {
  if (field.kind != ProtobufField::Kind::kBytes) corrupt(file, std::string(what) + " is not a message");
}

/// TensorProto.DataType, those that weights come in.
std::optional<DataType> type_of(std::uint64_t number) {
  switch (number) {
    case 1:
      return DataType::kFloat32;
    case 10:
      return DataType::kFloat16;
    case 16:
      return DataType::kBFloat16;
    default:
      return std::nullopt;
  }
}

/// Why this tensor's bytes are not its shape's; empty when they are.
std::string mismatch(const TensorView& view) {
  std::uint64_t expected = element_size(view.type);
  for (const std::int64_t size : view.shape) {
    if (size < 0) return "has a negative dimension";
    if (__builtin_mul_overflow(expected, static_cast<std::uint64_t>(size), &expected)) return "has an absurd shape";
  }
  if (expected == view.bytes.size()) return {};
  return "holds " + std::to_string(view.bytes.size()) + " bytes, but its shape and type need " +
         std::to_string(expected);
}

std::pair<std::string, OnnxTensor> read_tensor(std::span<const std::byte> bytes, const std::string& file) {
  constexpr std::size_t kMostDimensions = 16;
  std::string name;
  OnnxTensor tensor;
  std::uint64_t type = 0;
  bool is_external = false;
  ProtobufReader reader(bytes, file);
  for (ProtobufField field; reader.next(field);) {
    switch (field.number) {
      case 1:
        append_numbers(field, kMostDimensions, "a tensor's shape", file, tensor.view.shape);
        break;
      case 2:
        type = field.value;
        break;
      case 4:  // float_data holds a file's floats as they are, when packed
      case 9:
        if (field.kind != ProtobufField::Kind::kBytes || !tensor.view.bytes.empty()) {
          tensor.problem = "keeps its values in another way than as one piece";
        }
        tensor.view.bytes = field.bytes;
        break;
      case 8:
        name = protobuf_text(field, "a tensor's name", file);
        break;
      case 14:
        is_external = field.value != 0;
        break;
      default:
        break;
    }
  }
  if (const auto known = type_of(type)) {
    tensor.view.type = *known;
    if (tensor.problem.empty()) tensor.problem = mismatch(tensor.view);
  } else {
    tensor.problem = "is of ONNX type " + std::to_string(type) + "; riverbank reads float32, float16 and bfloat16";
  }
  if (is_external) tensor.problem = "keeps its values in another file; export the model as one .onnx file";
  return {std::move(name), std::move(tensor)};
}

}  // namespace

OnnxGraph OnnxGraph::open(const std::filesystem::path& path) {
  MappedFile file(path);
  OnnxGraph graph = parse(file.bytes(), path.string());
  graph.file_ = std::move(file);
  return graph;
}

OnnxGraph OnnxGraph::parse(std::span<const std::byte> bytes, const std::string& name) {
  OnnxGraph graph;
  graph.name_ = name;
  graph.read_model(bytes);
  graph.follow_identities();
  return graph;
}

void OnnxGraph::read_model(std::span<const std::byte> bytes) {
  std::optional<std::span<const std::byte>> graph;
  ProtobufReader reader(bytes, name_);
  for (ProtobufField field; reader.next(field);) {
    if (field.number != 7) continue;
    require_bytes(field, "the graph", name_);
    if (graph) corrupt(name_, "there are two graphs in it");
    graph = field.bytes;
  }
  if (!graph) corrupt(name_, "there is no graph in it, so it is not an ONNX model");
  read_graph(*graph);
}

void OnnxGraph::read_graph(std::span<const std::byte> graph) {
  ProtobufReader reader(graph, name_);
  for (ProtobufField field; reader.next(field);) {
    if (field.number == 1) {
      require_bytes(field, "a node", name_);
      read_node(field.bytes);
    } else if (field.number == 5) {
      require_bytes(field, "an initializer", name_);
      auto [name, tensor] = read_tensor(field.bytes, name_);
      if (constants_.size() == kMostConstants) {
        throw Error(ErrorKind::kUnsupported,
                    printable(name_) + " holds more than " + std::to_string(kMostConstants) + " tensors");
      }
      if (!constants_.try_emplace(name, std::move(tensor)).second) {
        corrupt(name_, "two initializers have the name \"" + printable(name) + "\"");
      }
    }
  }
}

void OnnxGraph::read_node(std::span<const std::byte> bytes) {
  OnnxNode node;
  std::string name;
  ProtobufReader reader(bytes, name_);
  for (ProtobufField field; reader.next(field);) {
    if (field.number == 1 && node.inputs.size() < kMostLinks) {
      node.inputs.push_back(protobuf_text(field, "a node's input", name_));
    } else if (field.number == 2 && node.outputs.size() < kMostLinks) {
      node.outputs.push_back(protobuf_text(field, "a node's output", name_));
    } else if (field.number == 3) {
      name = protobuf_text(field, "a node's name", name_);
    } else if (field.number == 4) {
      node.operation = protobuf_text(field, "a node's op_type", name_);
    }
  }
  if (nodes_.size() == kMostNodes) {
    throw Error(ErrorKind::kUnsupported, printable(name_) + " has more than " + std::to_string(kMostNodes) + " nodes");
  }
  // The standard allows nodes without a name; those get one that no exporter writes.
  if (name.empty()) name = fmt::format("\n{}", nodes_.size());
  if (!nodes_.try_emplace(name, std::move(node)).second) {
    corrupt(name_, "two nodes have the name \"" + printable(name) + "\"");
  }
}

void OnnxGraph::follow_identities() {
  // Exporters keep equal tensors once and give the others' names through Identity nodes, one deep.
  for (const auto& [name, node] : nodes_) {
    if (node.operation != "Identity" || node.inputs.size() != 1 || node.outputs.size() != 1) continue;
    const auto source = constants_.find(node.inputs[0]);
    if (source != constants_.end()) constants_.try_emplace(node.outputs[0], source->second);
  }
}

}  // namespace riverbank
