#include "lib/insight/encoder_check.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "lib/embed/pooling.h"
#include "lib/model/encode_text.h"
#include "lib/model/model.h"
#include "lib/transformer/encoder.h"

namespace riverbank {
namespace {

constexpr std::array<std::string_view, 3> kTexts{
    "She sat on the bank of the river.", "Interest is paid into the account on the last day of December.",
    "By the third year the roots hold the soil better than stone would, because they bend when the flood comes."};

double limit_of(Precision precision) {
  switch (precision) {
    case Precision::kFloat32:
      return 0.9999;
    case Precision::kBFloat16:
      return 0.998;
    case Precision::kInt8:
      return 0.99;
  }
  return 1;
}

/// Hidden states (T, d_model) -> the text's unit vector.
RowVector pooled(const Model& model, const Matrix& hidden) {
  if (model.embedding.pooling == Pooling::kCls) return normalise(hidden.row(0));
  const std::array<std::size_t, 2> starts{0, static_cast<std::size_t>(hidden.rows())};
  return normalise(pool_mean(hidden, starts).row(0));
}

}  // namespace

EncoderCheck check_encoder(const Model& model, const std::function<void(const std::string&)>& notice) {
  const EncoderChoice choice = choose_encoder(model, "", "");
  Engine engine(model.config, model.weights,
                {.instruction_set = std::string(to_string(choice.instruction_set)),
                 .precision = choice.precision,
                 .fingerprint = fingerprint_on_disk(model),
                 .notice = notice});
  const Encoder encoder(model.config, model.weights);
  EncoderCheck check{
      .choice = choice, .packed_weights = engine.packed_weights(), .cosine = 1, .limit = limit_of(choice.precision)};
  for (const std::string_view text : kTexts) {
    const Encoding encoding = encode_text(model, text, TextKind::kPassage);
    const std::vector<std::int32_t> types(encoding.size(), 0);
    const std::array<std::size_t, 2> starts{0, encoding.size()};
    const RowVector fast = pooled(model, engine.forward({encoding.ids, {}, starts}));
    const double cosine = pooled(model, encoder.forward(encoding.ids, types)).dot(fast);
    check.cosine = std::min(check.cosine, cosine);
  }
  return check;
}

}  // namespace riverbank
