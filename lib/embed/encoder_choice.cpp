#include "lib/embed/encoder_choice.h"

#include <filesystem>
#include <optional>
#include <system_error>

#include "lib/model/model.h"

namespace riverbank {

EncoderChoice choose_encoder(const Model& model, const std::string& instruction_set, const std::string& precision) {
  const InstructionSet set = choose_instruction_set(instruction_set);
  if (const std::optional<Precision> asked = choose_precision(set, precision)) {
    return {set, *asked, PrecisionReason::kAsked};
  }
  const Precision fastest = supported_precisions(set).back();
  if (fastest == Precision::kFloat32) return {set, fastest, PrecisionReason::kNoFasterKernels};
  if (!model.keeps_answers_in_int8) return {set, Precision::kFloat32, PrecisionReason::kNotMeasured};
  return {set, fastest, PrecisionReason::kMeasured};
}

std::string fingerprint_on_disk(const Model& model) {
  std::error_code ignored;
  return std::filesystem::is_directory(model.folder, ignored) ? model.fingerprint : "";
}

}  // namespace riverbank
