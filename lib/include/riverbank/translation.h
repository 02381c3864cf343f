#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace riverbank {

struct TranslatorOptions {
  std::size_t beam_width = 4;  ///< how many translations are followed at a time; 1 takes the likeliest next word always
  double length_penalty = 0.6;  ///< alpha of Wu et al. (arXiv:1609.08144, eq. 14)
};

/// A text in the other language, and what each of its words looked at.
struct Translation {
  std::string text;
  std::vector<std::string> source;  ///< (S) the words read, "[EOS]" last
  std::vector<std::string>
      target;  ///< (T) the pieces written, "[EOS]" last where it ended by itself; one that begins with '-' joins on
  bool finished = false;  ///< whether the model ended it by itself, and not for want of room
  double log_probability = 0;
  std::size_t layers = 0;
  std::size_t heads = 0;
  /// (layers, heads, T, S): with what weights each piece, while it was chosen, looked at the words of the source. The
  /// row of a piece is that of the position which predicted it, so it shows why this piece and not what comes next.
  std::vector<float> cross_attention;

  /// One piece's row -> (S), summing to 1. Throws Error kInvalidArgument for a layer, head or piece that there is not.
  std::span<const float> attention_of(std::size_t layer, std::size_t head, std::size_t piece) const;
  /// The mean of all layers and heads -> (S), summing to 1. Throws likewise.
  std::vector<float> mean_attention(std::size_t piece) const;
};

/// An encoder-decoder that translates a text of words that it knows: "Attention Is All You Need" as it was meant,
/// computed in the plain way of the paper, in float32 and on one thread. Any thread may call.
class Translator {
 public:
  /// A folder with config.json, vocabulary.json and model.safetensors, as samples/translate_numbers/train.py writes it.
  /// Throws Error: kNotFound, kCorrupt, kUnsupported, kIo.
  static Translator load(const std::filesystem::path& folder);

  Translator(Translator&&) noexcept;
  Translator& operator=(Translator&&) noexcept;
  ~Translator();

  /// Words are letters and digits, in any case; all else stands between them. Throws Error kInvalidArgument for a word
  /// that the model does not know (named), for none at all, and for more than it has positions.
  Translation translate(std::string_view text, const TranslatorOptions& options = {}) const;

 private:
  struct Parts;
  explicit Translator(std::unique_ptr<const Parts> parts);
  std::unique_ptr<const Parts> parts_;
};

}  // namespace riverbank
