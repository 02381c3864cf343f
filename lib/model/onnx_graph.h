#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/file.h"
#include "lib/model/safetensors.h"

namespace riverbank {

/// A constant tensor of a graph, where it lies in the file. `problem` says in words why its values cannot be read
/// (another type, data in another file …); empty when they can, and then the bytes are the shape's.
struct OnnxTensor {
  TensorView view;
  std::string problem;
};

/// One computation of a graph.
struct OnnxNode {
  std::string operation;  ///< "MatMul"
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
};

/// The main graph of an .onnx file, mapped: its constants and its named nodes. Any thread may read.
class OnnxGraph {
 public:
  /// Throws Error: kNotFound, kIo, kCorrupt, kUnsupported (no graph; a graph too large to be an encoder).
  static OnnxGraph open(const std::filesystem::path& path);
  /// The same of bytes that must outlive it; `name` is what messages call them.
  static OnnxGraph parse(std::span<const std::byte> bytes, const std::string& name);

  /// Name -> constant; Identity nodes are followed, so a constant that several names share has all of them.
  const std::map<std::string, OnnxTensor, std::less<>>& constants() const { return constants_; }
  const std::map<std::string, OnnxNode, std::less<>>& nodes() const { return nodes_; }
  const std::string& name() const { return name_; }

 private:
  void read_model(std::span<const std::byte> bytes);
  void read_graph(std::span<const std::byte> graph);
  void read_node(std::span<const std::byte> bytes);
  void follow_identities();

  MappedFile file_;
  std::string name_;
  std::map<std::string, OnnxTensor, std::less<>> constants_;
  std::map<std::string, OnnxNode, std::less<>> nodes_;
};

}  // namespace riverbank
