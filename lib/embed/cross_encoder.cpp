#include "riverbank/cross_encoder.h"

#include <cmath>
#include <mutex>
#include <utility>

#include "lib/embed/turns.h"
#include "lib/engine/engine.h"
#include "lib/model/classifier.h"
#include "lib/model/model.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// Float32: nobody has measured what less would do to a cross-encoder's order.
EngineOptions float32_options(const Model& model, const EmbedderOptions& options) {
  EngineOptions engine;
  engine.instruction_set = options.instruction_set;
  engine.threads = options.threads;
  engine.fingerprint = model.fingerprint;
  engine.notice = options.notice;
  return engine;
}

}  // namespace

struct CrossEncoder::Parts {
  Parts(std::shared_ptr<const Model> loaded, const EmbedderOptions& options)
      : model(std::move(loaded)),
        head(load_classifier_head(model->folder, model->config)),
        max_tokens(static_cast<std::size_t>(model->embedding.max_tokens)),
        engine(model->config, model->weights, float32_options(*model, options)) {
    if (model->config.num_token_types < 2) {
      throw Error(ErrorKind::kUnsupported, "The model " + model->name +
                                               " has one token type, so it cannot tell a question from a passage; a "
                                               "cross-encoder with two is needed.");
    }
  }

  std::shared_ptr<const Model> model;  // first, because the engine borrows its weights
  ClassifierHead head;
  std::size_t max_tokens;
  Turns turns;
  Engine engine;  // guarded by turns
};

CrossEncoder::CrossEncoder(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
CrossEncoder::CrossEncoder(CrossEncoder&&) noexcept = default;
CrossEncoder& CrossEncoder::operator=(CrossEncoder&&) noexcept = default;
CrossEncoder::~CrossEncoder() = default;

CrossEncoder CrossEncoder::load(const std::string& model, const EmbedderOptions& options) {
  return CrossEncoder(std::make_unique<Parts>(load_model(model, options.notice), options));
}

std::vector<float> CrossEncoder::score(std::string_view question, std::span<const std::string_view> passages,
                                       std::stop_token stop) const {
  std::vector<float> scores;
  scores.reserve(passages.size());
  while (!passages.empty()) {
    if (stop.stop_requested()) throw Error(ErrorKind::kCancelled, "Stopped while scoring passages.");
    std::vector<std::int32_t> ids, types;
    std::vector<std::size_t> starts{0};
    std::size_t texts = 0;
    for (; texts < passages.size(); ++texts) {
      const Encoding pair = parts_->model->tokenizer.encode_pair(question, passages[texts], parts_->max_tokens);
      if (texts > 0 && ids.size() + pair.size() > kBatchTokens) break;
      ids.insert(ids.end(), pair.ids.begin(), pair.ids.end());
      types.insert(types.end(), pair.type_ids.begin(), pair.type_ids.end());
      starts.push_back(ids.size());
    }
    passages = passages.subspan(texts);
    const Matrix hidden = [&] {
      const std::lock_guard turn(parts_->turns);
      return parts_->engine.forward_cls({ids, types, starts});  // (texts, d_model)
    }();
    for (Eigen::Index i = 0; i < hidden.rows(); ++i) {
      scores.push_back(parts_->head(hidden.row(i)));
      if (!std::isfinite(scores.back())) {
        throw Error(ErrorKind::kCorrupt,
                    "The cross-encoder gave a score that is not finite, so its weights are damaged; check them with "
                    "\"riverbank model verify\".");
      }
    }
  }
  return scores;
}

const std::string& CrossEncoder::name() const { return parts_->model->name; }

}  // namespace riverbank
