#include "lib/math/precision.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

constexpr std::array kAllPrecisions{Precision::kFloat32, Precision::kBFloat16, Precision::kInt8};

}  // namespace

std::string_view to_string(Precision precision) {
  switch (precision) {
    case Precision::kFloat32:
      return "f32";
    case Precision::kBFloat16:
      return "bf16";
    case Precision::kInt8:
      return "int8";
  }
  return "unknown";
}

std::vector<Precision> supported_precisions(InstructionSet set, const CpuidAnswers& answers) {
  if (set == InstructionSet::kAmx) return {kAllPrecisions.begin(), kAllPrecisions.end()};
  std::vector<Precision> precisions{Precision::kFloat32};
  const bool is_avx512 = set == InstructionSet::kAvx512;
  if (is_avx512 && answers.has_avx512_bf16()) precisions.push_back(Precision::kBFloat16);
  const bool is_avx2 = set == InstructionSet::kAvx2 || set == InstructionSet::kAvx2Vnni;
  if (is_avx2 || (is_avx512 && answers.has_avx512_vnni())) {
    precisions.push_back(Precision::kInt8);
  }
  return precisions;
}

std::optional<Precision> choose_precision(InstructionSet set, std::string_view name) {
  std::string asked_by = "the option asks for";
  if (name.empty()) {
    const char* variable = std::getenv("RIVERBANK_PRECISION");
    if (variable == nullptr || *variable == '\0') return std::nullopt;
    name = variable;
    asked_by = "RIVERBANK_PRECISION asks for";
  }
  const std::vector<Precision> supported = supported_precisions(set);
  const auto named = [&](Precision precision) { return to_string(precision) == name; };
  if (const auto found = std::ranges::find_if(supported, named); found != supported.end()) return *found;

  std::string list;
  for (const Precision precision : supported) list += (list.empty() ? "" : ", ") + std::string(to_string(precision));
  const bool is_known = std::ranges::any_of(kAllPrecisions, named);
  throw Error(ErrorKind::kUnsupported, asked_by + " the precision \"" + printable(name.substr(0, 64)) + "\", which " +
                                           (is_known ? "the instruction set " + std::string(to_string(set)) +
                                                           " has no kernels for on this machine"
                                                     : std::string("riverbank does not know")) +
                                           "; there is: " + list);
}

}  // namespace riverbank
