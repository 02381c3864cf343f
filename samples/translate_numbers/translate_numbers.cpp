// Reads an English number and writes it in French, by attention alone; draws what each French word looked at.
//
//     translate_numbers "ninety-seven thousand two hundred"
//     translate_numbers 97200 --html attention.html          the same, and the picture as a page
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "english_numbers.h"
#include "riverbank/attention_page.h"
#include "riverbank/translation.h"

namespace {

// The head in which most pieces look at the word that they come from; what the others look at, the page shows.
constexpr int kLayer = 1, kHead = 1;

/// The words read above, the pieces written at the left, the head's weights as grey.
void draw(const riverbank::Translation& translation) {
  std::printf("         ");  // as wide as "cinquante"
  for (const std::string& word : translation.source) std::printf("  %s", word.c_str());
  for (std::size_t t = 0; t < translation.target.size(); ++t) {
    const std::string& piece = translation.target[t];
    const auto further_bytes = std::count_if(piece.begin(), piece.end(), [](char c) { return (c & 0xC0) == 0x80; });
    std::printf("\n%-*s", 9 + static_cast<int>(further_bytes), piece.c_str());
    int gap = 2;
    for (std::size_t s = 0; s < translation.source.size(); ++s) {
      const float weight = translation.attention_of(kLayer, kHead, t)[s];
      std::printf("%*s%s", gap, "", weight < .1F ? "··" : weight < .25F ? "░░" : weight < .5F ? "▒▒" : "██");
      gap = static_cast<int>(translation.source[s].size());  // a word and two spaces, but for the two of grey
    }
  }
  std::printf("\n");
}

riverbank::FigureAxis axis_of(const char* name, const std::vector<std::string>& tokens) {
  riverbank::FigureAxis axis{name, {}, {}};
  for (const std::string& token : tokens) {
    if (axis.words.empty() || !token.starts_with('-')) axis.words.emplace_back();
    axis.words.back() += token;
    axis.tokens.push_back({token, axis.words.size() - 1, token == "[EOS]"});
  }
  return axis;
}

void write_page(const riverbank::Translation& translation, const std::string& english, const std::string& file) {
  riverbank::AttentionFigure figure{"Cross-attention", "What each French word looked at while it was chosen.",
                                    axis_of("French", translation.target), axis_of("English", translation.source)};
  figure.layers = translation.layers;
  figure.heads = translation.heads;
  figure.weights = translation.cross_attention;
  std::ofstream out(file, std::ios::binary);
  out << riverbank::attention_page(translation.text, "French for " + english, {&figure, 1}, {0, kLayer, kHead});
  if (!out.flush()) throw std::invalid_argument("cannot write " + file);
}

}  // namespace

int main(int argc, char** argv) try {
  std::string page, text = argc == 1 ? "ninety-seven thousand two hundred" : "";
  for (int i = 1; i < argc; ++i) {
    const bool is_page = std::string(argv[i]) == "--html" && i + 1 < argc;
    if (is_page) page = argv[++i];
    if (!is_page) text += (text.empty() ? "" : " ") + std::string(argv[i]);
  }
  if (text.find("--") != text.npos)
    throw std::invalid_argument("use it as: translate_numbers NUMBER|WORDS [--html FILE]");
  text = english_number(text);
  const riverbank::Translation translation = riverbank::Translator::load(TRANSLATE_NUMBERS_MODEL).translate(text);
  std::printf("%s\n%s\n\n", text.c_str(), translation.text.c_str());
  draw(translation);
  if (!page.empty()) write_page(translation, text, page);
} catch (const std::exception& error) {
  std::fprintf(stderr, "translate_numbers: %s\n", error.what());
  return 2;
}
