#include "lib/insight/layered_encoder.h"

#include <utility>
#include <vector>

#include "lib/base/parallel.h"
#include "lib/engine/engine.h"
#include "riverbank/error.h"

namespace riverbank {
struct LayeredEncoder::Parts {
  Parts(std::shared_ptr<const Model> loaded, int threads)
      : model(std::move(loaded)),
        engine(model->config, model->weights, {.instruction_set = {}, .threads = threads}),
        workers(engine.threads()) {}

  void run_batch(std::span<const Encoding> batch, std::size_t first_text, const Visitor& visit) {
    std::vector<std::int32_t> ids;
    std::vector<std::int32_t> types;
    std::vector<std::size_t> starts{0};
    for (const Encoding& encoding : batch) {
      ids.insert(ids.end(), encoding.ids.begin(), encoding.ids.end());
      types.insert(types.end(), encoding.type_ids.begin(), encoding.type_ids.end());
      starts.push_back(ids.size());
    }
    engine.forward_layers({ids, types, starts}, [&](std::size_t after_layers, const MatrixView& hidden) {
      workers.run(batch.size(), [&](std::size_t text, int) {
        const auto first = static_cast<Eigen::Index>(starts[text]);
        const auto T = static_cast<Eigen::Index>(starts[text + 1]) - first;
        if (T > 0) visit(first_text + text, after_layers, hidden.middleRows(first, T));
      });
    });
  }

  std::shared_ptr<const Model> model;  // first, because the engine borrows its weights
  Engine engine;
  ThreadPool workers;
};

LayeredEncoder::LayeredEncoder(std::shared_ptr<const Model> model, int threads)
    : parts_(std::make_unique<Parts>(std::move(model), threads)) {}

LayeredEncoder::~LayeredEncoder() = default;
LayeredEncoder::LayeredEncoder(LayeredEncoder&&) noexcept = default;
LayeredEncoder& LayeredEncoder::operator=(LayeredEncoder&&) noexcept = default;

const Model& LayeredEncoder::model() const { return *parts_->model; }

std::size_t LayeredEncoder::layers() const { return static_cast<std::size_t>(parts_->model->config.num_layers); }

std::size_t LayeredEncoder::most_tokens() const {
  return static_cast<std::size_t>(parts_->model->config.max_positions);
}

void LayeredEncoder::run(std::span<const Encoding> texts, const Visitor& visit, const WorkProgress& progress,
                         const std::stop_token& stop) {
  for (std::size_t first = 0; first < texts.size();) {
    if (stop.stop_requested()) throw Error(ErrorKind::kCancelled, "Stopped while reading texts.");
    std::size_t last = first + 1;
    std::size_t tokens = texts[first].size();
    while (last < texts.size() && tokens + texts[last].size() <= kBatchTokens) tokens += texts[last++].size();
    parts_->run_batch(texts.subspan(first, last - first), first, visit);
    first = last;
    if (progress) progress(first, texts.size());
  }
}

}  // namespace riverbank
