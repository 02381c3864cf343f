// How fast files become passages, beside how fast their text is tokenized at all (of which chunking should cost little
// more), and how fast a folder is walked.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "index/documents/chunker.h"
#include "index/documents/document.h"
#include "index/documents/folder.h"
#include "lib/text/tokenizer.h"

namespace riverbank {
namespace {

const std::filesystem::path kData = std::filesystem::path(RIVERBANK_SOURCE_DIR) / "../shared/data";

struct File {
  std::string name;
  std::string text;
};

std::vector<File> files_of(const std::string& folder) {
  std::vector<File> files;
  if (!std::filesystem::exists(kData / folder)) return files;
  for (const FolderEntry& entry : list_folder(kData / folder).files) {
    std::ifstream in(kData / folder / entry.path, std::ios::binary);
    files.push_back({entry.path, {std::istreambuf_iterator<char>(in), {}}});
  }
  return files;
}

template <typename Work>
void over_peps(benchmark::State& state, Work&& work) {
  const std::vector<File> files = files_of("docs_peps");
  if (files.empty()) return state.SkipWithError("needs shared data: docs_peps");
  const Tokenizer tokenizer = Tokenizer::from_folder(kData / "tokenizer");
  std::int64_t bytes = 0;
  for (auto _ : state) {
    for (const File& file : files) {
      work(file, tokenizer);
      bytes += static_cast<std::int64_t>(file.text.size());
    }
  }
  state.SetBytesProcessed(bytes);
}

void read_documents(benchmark::State& state) {
  over_peps(state,
            [](const File& file, const Tokenizer&) { benchmark::DoNotOptimize(read_document(file.name, file.text)); });
}
BENCHMARK(read_documents)->Unit(benchmark::kMillisecond);

void tokenize_documents(benchmark::State& state) {
  over_peps(state, [](const File& file, const Tokenizer& tokenizer) {
    benchmark::DoNotOptimize(tokenizer.pieces(file.text));
  });
}
BENCHMARK(tokenize_documents)->Unit(benchmark::kMillisecond);

void read_and_chunk_documents(benchmark::State& state) {
  over_peps(state, [](const File& file, const Tokenizer& tokenizer) {
    benchmark::DoNotOptimize(chunk_document(read_document(file.name, file.text), tokenizer, {}));
  });
}
BENCHMARK(read_and_chunk_documents)->Unit(benchmark::kMillisecond);

/// 10,000 files in 100 folders: what a question waits for before it can know that nothing changed.
void walk_10000_files(benchmark::State& state) {
  const auto root = std::filesystem::temp_directory_path() / "riverbank-bench-walk";
  for (int folder = 0; folder < 100; ++folder) {
    const auto path = root / std::to_string(folder);
    std::filesystem::create_directories(path);
    for (int file = 0; file < 100; ++file) std::ofstream(path / (std::to_string(file) + ".md")) << "text";
  }
  std::ofstream(root / ".gitignore") << "*.o\nbuild/\n/out\n**/cache/*.tmp\n";
  for (auto _ : state) benchmark::DoNotOptimize(list_folder(root));
  std::filesystem::remove_all(root);
}
BENCHMARK(walk_10000_files)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace riverbank
