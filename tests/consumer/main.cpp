// Embeds, indexes, searches and handles an error with nothing but the installed library.
#include <riverbank/error.h>
#include <riverbank/index.h>

#include <iostream>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    const riverbank::Embedder embedder = riverbank::Embedder::load(argv[1]);
    std::cout << "dimensions " << embedder.embed("The river rose.").size() << '\n';

    riverbank::IndexOptions options;
    options.model = argv[1];
    riverbank::Index index = riverbank::Index::open(argv[2], options);
    index.add(std::vector<riverbank::Record>{
        {"1", "Reeds grow on the muddy bank of the river.", "Nature", {{"kind", "nature"}}},
        {"2", "The bank raised its interest rates.", "Money", {{"kind", "money"}}}});

    riverbank::SearchOptions search;
    search.metadata = {{"kind", "money"}};
    search.min_relevance = 0;
    for (const riverbank::Hit& hit : index.search("bank", search).hits) std::cout << "found " << hit.document << '\n';

    index.remove("3");
  } catch (const riverbank::Error& error) {
    std::cout << "error " << error.what() << '\n';
    return error.kind() == riverbank::ErrorKind::kNotFound ? 0 : 1;
  }
  return 1;
}
