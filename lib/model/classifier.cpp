#include "lib/model/classifier.h"

#include <string>
#include <string_view>

#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "lib/model/json_fields.h"
#include "lib/model/safetensors.h"
#include "lib/model/tensor_reader.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kArchitecture = "BertForSequenceClassification";

/// How many labels the model tells apart: "id2label", or else "num_labels", or else transformers' own 2.
std::size_t count_labels(const JsonFields& fields) {
  if (const nlohmann::json* labels = fields.find("id2label")) {
    if (!labels->is_object()) fields.refuse("id2label", "an object");
    return labels->size();
  }
  constexpr std::int64_t kMost = 1'000'000;
  return static_cast<std::size_t>(fields.optional_integer("num_labels", 1, kMost).value_or(2));
}

void require_one_label(const fs::path& folder) {
  const std::string file = (folder / "config.json").string();
  const nlohmann::json json = parse_json(read_file(file, kMostConfigBytes), file);
  const JsonFields fields(json, file);
  const nlohmann::json* architectures = fields.find("architectures");
  const bool classifies = architectures != nullptr && architectures->is_array() && !architectures->empty() &&
                          architectures->front() == kArchitecture;
  if (!classifies) {
    throw Error(ErrorKind::kUnsupported,
                printable(file) + " names no " + std::string(kArchitecture) +
                    ", so the model has no score for a question and a passage; a cross-encoder is needed here, such as "
                    "cross-encoder/ms-marco-MiniLM-L6-v2");
  }
  const std::size_t labels = count_labels(fields);
  if (labels == 1) return;
  throw Error(ErrorKind::kUnsupported, printable(file) + " says that the model tells " + std::to_string(labels) +
                                           " labels apart; a reranker has one, the score");
}

}  // namespace

float ClassifierHead::operator()(const RowVectorView& hidden) const {
  const RowVector pooled = (hidden * pooler.weight.transpose() + pooler.bias).array().tanh();
  return pooled.dot(classifier.weight.row(0)) + classifier.bias[0];
}

ClassifierHead load_classifier_head(const fs::path& folder, const EncoderConfig& config) {
  require_one_label(folder);
  const std::int64_t d = config.d_model;
  TensorReader tensors(SafetensorsFile::open(folder / "model.safetensors"));
  return {tensors.linear("bert.pooler.dense", d, d), tensors.linear("classifier", 1, d), tensors.storage()};
}

}  // namespace riverbank
