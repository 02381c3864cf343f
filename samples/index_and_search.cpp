// Indexes a folder and answers a question from it: the whole of riverbank in one screen of code.
//
//   index_and_search FOLDER INDEX_FOLDER "question" [MODEL]
#include <riverbank/error.h>
#include <riverbank/index.h>

#include <filesystem>
#include <iostream>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::cerr << "usage: index_and_search FOLDER INDEX_FOLDER \"question\" [MODEL]\n";
    return 2;
  }
  try {
    riverbank::IndexOptions options;
    if (argc == 5) options.model = argv[4];
    riverbank::Index index = riverbank::Index::open(argv[2], options);

    // Reads what is new or changed; the second run encodes nothing.
    const std::vector<std::filesystem::path> folders{argv[1]};
    const riverbank::UpdateReport report = index.update_folders(folders);
    std::cout << report.files_read << " files read, " << report.chunks_encoded << " passages encoded, "
              << report.chunks_total << " in all\n\n";

    riverbank::SearchOptions search;
    search.top_k = 3;
    for (const riverbank::Hit& hit : index.search(argv[3], search).hits) {
      std::cout << hit.document << ':' << hit.first_line << "  score " << hit.score;
      if (hit.cosine) std::cout << "  cosine " << *hit.cosine;
      std::cout << '\n';
      if (hit.best_sentence) {
        const auto [begin, end] = *hit.best_sentence;
        std::cout << "    " << hit.text.substr(begin, end - begin) << "\n\n";
      }
    }
  } catch (const riverbank::Error& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
