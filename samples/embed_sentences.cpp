// Which bank is it? Embeds sentences and prints how near each is to each other.
//
//     embed_sentences                          the four below
//     embed_sentences "one text" "another"     your own
#include <cstdio>
#include <numeric>
#include <string_view>
#include <vector>

#include "riverbank/embedder.h"
#include "riverbank/error.h"

int main(int argc, char** argv) try {
  std::vector<std::string_view> sentences = {
      "He sat on the bank of the river.",
      "Reeds grew on the muddy bank.",
      "She paid the cheque in at the bank.",
      "The bank raised its rates.",
  };
  if (argc > 1) sentences.assign(argv + 1, argv + argc);

  const riverbank::Embedder embedder = riverbank::Embedder::load("all-MiniLM-L6-v2");
  const riverbank::Embeddings vectors = embedder.embed(sentences);

  for (std::size_t i = 0; i < vectors.rows; ++i) {
    for (std::size_t j = 0; j < vectors.rows; ++j) {
      // The vectors have length 1, so that their inner product is the cosine of the angle between them.
      const auto a = vectors.row(i);
      const auto b = vectors.row(j);
      std::printf("%6.3f", std::inner_product(a.begin(), a.end(), b.begin(), 0.0));
    }
    std::printf("   %.*s\n", static_cast<int>(sentences[i].size()), sentences[i].data());
  }
  return 0;
} catch (const riverbank::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
