// How Debian's libonnx was built, which its headers ask to be told.
#define ONNX_ML 1
#define ONNX_NAMESPACE onnx
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <cstring>

#include "lib/model/onnx_graph.h"
#include "lib/model/onnx_weights.h"
#include "lib/model/weights.h"
#include "tests/support/expect_error.h"
#include "tests/support/model_folder.h"

namespace riverbank {
namespace {

using testing::checkpoint_tensors;
using testing::expect_error;
using testing::tiny_config;

/// An .onnx file as torch.onnx lays one out, written by libonnx: an implementation that is not ours.
class OnnxTest : public ::testing::Test {
 protected:
  OnnxTest() : config_(tiny_config()), weights_(random_encoder_weights(config_, 9)) {
    model_.set_ir_version(7);
    model_.set_producer_name("pytorch");
    model_.add_opset_import()->set_version(14);
    graph().set_name("torch_jit");
    int anonymous = 100;
    for (const auto& [name, view] : checkpoint_tensors(weights_)) {
      const bool is_linear = name.starts_with("encoder.") && view.shape.size() == 2;
      if (!is_linear) {
        add_tensor(name, view);
        continue;
      }
      const std::string matrix = "onnx::MatMul_" + std::to_string(++anonymous);
      add_transposed(matrix, view);
      std::string node = name.substr(0, name.size() - std::strlen(".weight"));
      for (std::size_t at = std::strlen("encoder."); at < node.size(); ++at) {
        if (node[at] == '.' && node.substr(0, at).find("layer.") != std::string::npos) node[at] = '/';
      }
      node.replace(0, std::strlen("encoder."), "encoder/");
      add_node("MatMul", "/" + node + "/MatMul", {"hidden", matrix}, {"/" + node + "/MatMul_output_0"});
    }
    add_node("Erf", "/encoder/layer.0/intermediate/intermediate_act_fn/Erf", {"x"}, {"y"});
    add_node("Constant", "", {}, {"nameless"});
    add_node("Constant", "", {}, {"nameless too"});
  }

  onnx::GraphProto& graph() { return *model_.mutable_graph(); }

  onnx::TensorProto& add_tensor(const std::string& name, const TensorView& view) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t size : view.shape) tensor.add_dims(size);
    tensor.set_raw_data(view.bytes.data(), view.bytes.size());
    return tensor;
  }
  void add_transposed(const std::string& name, const TensorView& view) {
    const Eigen::Map<const Matrix> matrix(reinterpret_cast<const float*>(view.bytes.data()), view.shape[0],
                                          view.shape[1]);
    const Matrix transposed = matrix.transpose();
    add_tensor(name, {DataType::kFloat32,
                      {view.shape[1], view.shape[0]},
                      std::as_bytes(std::span(transposed.data(), static_cast<std::size_t>(transposed.size())))});
  }
  void add_node(const std::string& operation, const std::string& name, const std::vector<std::string>& inputs,
                const std::vector<std::string>& outputs) {
    onnx::NodeProto& node = *graph().add_node();
    node.set_op_type(operation);
    node.set_name(name);
    for (const std::string& input : inputs) node.add_input(input);
    for (const std::string& output : outputs) node.add_output(output);
  }
  onnx::TensorProto& tensor(const std::string& name) {
    for (onnx::TensorProto& one : *graph().mutable_initializer()) {
      if (one.name() == name) return one;
    }
    throw std::out_of_range(name);
  }
  onnx::NodeProto& node(const std::string& name) {
    for (onnx::NodeProto& one : *graph().mutable_node()) {
      if (one.name() == name) return one;
    }
    throw std::out_of_range(name);
  }

  /// Borrows the bytes.
  OnnxWeights read(const std::string& bytes) const {
    return {OnnxGraph::parse(std::as_bytes(std::span(bytes)), "model.onnx"), config_};
  }
  void expect_right() const {
    const std::string bytes = model_.SerializeAsString();
    const OnnxWeights weights = read(bytes);
    const auto expected = checkpoint_tensors(weights_);
    ASSERT_EQ(weights.tensors().size(), expected.size());
    for (const auto& [name, view] : expected) {
      const TensorView& found = weights.tensors().at(name);
      EXPECT_EQ(found.shape, view.shape) << name;
      EXPECT_TRUE(std::ranges::equal(found.bytes, view.bytes)) << name;
    }
  }
  void refuses(ErrorKind kind, const std::string& part) const {
    expect_error(kind, part, [&] { read(model_.SerializeAsString()); });
  }

  EncoderConfig config_;
  EncoderWeights weights_;
  onnx::ModelProto model_;
};

TEST_F(OnnxTest, GivesTheCheckpointsTensorsBitForBit) { expect_right(); }

TEST_F(OnnxTest, ReadsFloatsThatAreNotRaw) {
  onnx::TensorProto& bias = tensor("embeddings.LayerNorm.bias");
  for (const float value : weights_.embeddings.norm.beta) bias.add_float_data(value);
  bias.clear_raw_data();
  expect_right();
}

TEST_F(OnnxTest, ReadsMatricesUnderTheirOwnNames) {  // as Gemm nodes keep them
  onnx::NodeProto& matmul = node("/encoder/layer.1/output/dense/MatMul");
  onnx::TensorProto& matrix = tensor(matmul.input(1));
  const auto& weight = weights_.layers[1].feed_forward.outer.weight;
  matrix.set_name("encoder.layer.1.output.dense.weight");
  matrix.set_dims(0, weight.rows());
  matrix.set_dims(1, weight.cols());
  matrix.set_raw_data(weight.data(), static_cast<std::size_t>(weight.size()) * sizeof(float));
  matmul.set_op_type("Gemm");
  expect_right();
}

TEST_F(OnnxTest, FollowsIdentities) {  // as torch.onnx keeps tensors that are equal
  onnx::TensorProto& bias = tensor("encoder.layer.1.output.dense.bias");
  bias.set_name("shared");
  add_node("Identity", "Identity_7", {"shared"}, {"encoder.layer.1.output.dense.bias"});
  expect_right();
}

TEST_F(OnnxTest, ReadsAnEncoderInsideAWrapper) {
  for (onnx::TensorProto& one : *graph().mutable_initializer()) {
    if (!one.name().starts_with("onnx::")) one.set_name("bert." + one.name());
  }
  for (onnx::NodeProto& one : *graph().mutable_node()) {
    if (one.name().starts_with('/')) one.set_name("/bert" + one.name());
  }
  expect_right();
}

TEST_F(OnnxTest, RefusesAQuantisedModelByName) {
  add_node("DynamicQuantizeLinear", "/quantize", {"x"}, {"y"});
  refuses(ErrorKind::kUnsupported, "is quantised (its node /quantize is a DynamicQuantizeLinear)");
}

TEST_F(OnnxTest, RefusesAnotherStructureByName) {
  node("/encoder/layer.1/attention/self/key/MatMul").set_name("MatMul_77");
  refuses(ErrorKind::kUnsupported, "has no MatMul node named /encoder/layer.1/attention/self/key/MatMul");
  node("MatMul_77").set_name("/encoder/layer.1/attention/self/key/MatMul");
  node("/encoder/layer.1/attention/self/key/MatMul").set_input(1, "computed");
  refuses(ErrorKind::kUnsupported,
          "the matrix of /encoder/layer.1/attention/self/key/MatMul, \"computed\", is computed");
  node("/encoder/layer.1/attention/self/key/MatMul")
      .set_input(1, node("/encoder/layer.0/attention/self/key/MatMul").input(1));
  refuses(ErrorKind::kUnsupported, "is the matrix of two layers");
}

TEST_F(OnnxTest, RefusesWhatTheConfigContradicts) {
  config_.num_layers = 3;
  refuses(ErrorKind::kUnsupported, "has no tensor \"encoder.layer.2.attention.self.query.bias\"");
  config_.num_layers = 1;
  refuses(ErrorKind::kCorrupt, "but config.json says num_hidden_layers 1");
  config_ = tiny_config();
  config_.activation = Activation::kRelu;
  refuses(ErrorKind::kCorrupt, "intermediate_act_fn/Erf is a Erf, which is not config.json's hidden_act");
  config_ = tiny_config();
  config_.d_ff = 44;
  refuses(ErrorKind::kCorrupt, "has the shape (40), but config.json asks for (44)");
}

TEST_F(OnnxTest, RefusesTensorsThatItCannotRead) {
  onnx::TensorProto& bias = tensor("embeddings.LayerNorm.bias");
  const onnx::TensorProto whole = bias;
  bias.set_data_type(onnx::TensorProto::INT8);
  refuses(ErrorKind::kUnsupported, "\"embeddings.LayerNorm.bias\" is of ONNX type 3");
  bias = whole;
  bias.set_data_location(onnx::TensorProto::EXTERNAL);
  refuses(ErrorKind::kUnsupported, "keeps its values in another file");
  bias = whole;
  bias.set_dims(0, 25);
  refuses(ErrorKind::kUnsupported, "holds 96 bytes, but its shape and type need 100");
  bias = whole;
  bias.set_dims(0, -24);
  refuses(ErrorKind::kUnsupported, "negative dimension");
  bias = whole;
  bias.set_dims(0, std::numeric_limits<std::int64_t>::max());
  refuses(ErrorKind::kUnsupported, "absurd shape");
  bias = whole;
  bias.add_float_data(1.0F);
  refuses(ErrorKind::kUnsupported, "keeps its values in another way");
  bias = whole;
  for (int i = 0; i < 20; ++i) bias.add_dims(1);
  refuses(ErrorKind::kCorrupt, "a tensor's shape has more than 16 numbers");
}

TEST_F(OnnxTest, RefusesNamesThatStandTwice) {
  tensor("embeddings.LayerNorm.bias").set_name("embeddings.LayerNorm.weight");
  refuses(ErrorKind::kCorrupt, "two initializers have the name \"embeddings.LayerNorm.weight\"");
  model_.mutable_graph()->clear_initializer();
  add_node("Erf", "/encoder/layer.0/intermediate/intermediate_act_fn/Erf", {}, {});
  refuses(ErrorKind::kCorrupt, "two nodes have the name");
}

TEST_F(OnnxTest, RefusesWhatIsNoModel) {
  const auto reading = [&](const std::string& bytes) {
    return [bytes] { OnnxGraph::parse(std::as_bytes(std::span(bytes)), "model.onnx"); };
  };
  expect_error(ErrorKind::kCorrupt, "there is no graph in it", reading(""));
  expect_error(ErrorKind::kCorrupt, "model.onnx", reading("<html>not found</html>"));
  const std::string whole = model_.SerializeAsString();
  expect_error(ErrorKind::kCorrupt, "two graphs", reading(whole + whole));
  expect_error(ErrorKind::kCorrupt, "cut short", reading(std::string("\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10)));
  expect_error(ErrorKind::kCorrupt, "more than 64 bits", reading(std::string(11, '\xff')));
  expect_error(ErrorKind::kCorrupt, "no field of the number 0", reading(std::string("\x02\x00", 2)));
  expect_error(ErrorKind::kCorrupt, "of the unknown kind 3", reading("\x0b"));
  expect_error(ErrorKind::kCorrupt, "the graph is not a message", reading("\x38\x01"));
}

TEST_F(OnnxTest, SurvivesACutAtEveryByteAndEveryFlip) {
  // The structure alone: without their values the tensors leave a file small enough to try every byte.
  for (onnx::TensorProto& one : *graph().mutable_initializer()) one.set_raw_data("");
  const std::string whole = model_.SerializeAsString();
  const auto try_one = [&](const std::string& bytes) {
    try {
      read(bytes);
      ADD_FAILURE() << "tensors without values cannot be weights";
    } catch (const Error&) {
    }
  };
  for (std::size_t size = 0; size < whole.size(); ++size) try_one(whole.substr(0, size));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ (1U << (at % 8)));
    try_one(flipped);
  }
}

TEST_F(OnnxTest, ReadsEveryIntegerAsLibonnxWritesIt) {
  const std::vector<std::int64_t> sizes = {0, 1, 127, 128, 300, 1LL << 31, 1LL << 62, -1};
  for (const std::int64_t size : sizes) {
    model_.clear_graph();
    graph().add_initializer()->add_dims(size);
    graph().mutable_initializer(0)->set_name("t");
    const std::string bytes = model_.SerializeAsString();
    const OnnxGraph graph_read = OnnxGraph::parse(std::as_bytes(std::span(bytes)), "model.onnx");
    EXPECT_EQ(graph_read.constants().at("t").view.shape, std::vector<std::int64_t>{size});
  }
}

}  // namespace
}  // namespace riverbank
