#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "riverbank/index.h"
#include "tests/support/environment.h"
#include "tests/support/model_folder.h"
#include "tests/support/temporary_folder.h"

namespace riverbank::testing {

constexpr SearchMode kModes[] = {SearchMode::kHybrid, SearchMode::kVector, SearchMode::kKeyword};

/// A folder of documents, a place for an index, and a tiny model of random weights: enough to index and to search.
class Sandbox {
 public:
  Sandbox() {
    write_tiny_model(model(), 7, 128);
    std::filesystem::create_directories(docs());
  }

  std::filesystem::path docs() const { return temporary_.path() / "docs"; }
  std::filesystem::path index() const { return temporary_.path() / "index"; }
  std::filesystem::path model() const { return temporary_.path() / "model"; }
  std::filesystem::path graph_file() const { return index() / "graph.hnsw"; }

  /// Writes a document, an hour old unless told otherwise, so that its time can be trusted.
  void write(const std::string& path, const std::string& text, std::chrono::seconds age = std::chrono::hours(1)) const {
    const auto file = temporary_.write("docs/" + path, text);
    std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - age);
  }

  IndexOptions options() const {
    IndexOptions options;
    options.model = model().string();
    options.threads = 2;
    options.chunk_tokens = 48;
    return options;
  }
  Index open() const { return Index::open(index(), options()); }
  Index open(const IndexOptions& options) const { return Index::open(index(), options); }

  UpdateReport update(Index& index, const UpdateOptions& options = {}) const {
    const std::vector<std::filesystem::path> folders{docs()};
    return index.update_folders(folders, options);
  }
  /// Opens the index, brings it up to date and closes it.
  UpdateReport update(const UpdateOptions& options = {}) const {
    Index index = open();
    return update(index, options);
  }

 private:
  TemporaryFolder temporary_;
  EnvironmentVariable cache_{"XDG_CACHE_HOME", (temporary_.path() / "cache").string()};
};

/// The documents of hits in their order, each hit once.
inline std::vector<std::string> documents_of(const SearchResult& result) {
  std::vector<std::string> documents;
  for (const Hit& hit : result.hits) documents.push_back(hit.document);
  return documents;
}

/// The documents that hold all of the question's words, without the encoder.
inline std::vector<std::string> keyword_documents(const Index& index, const std::string& question) {
  SearchOptions options;
  options.mode = SearchMode::kKeyword;
  options.best_sentences = false;
  options.top_k = 100;
  return documents_of(index.search(question, options));
}

/// A text of `count` words that no other seed gives.
inline std::string words_of(unsigned seed, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    std::string word;
    for (unsigned n = seed * 977 + static_cast<unsigned>(i) * 131 + 7; word.size() < 5; n = n * 1103515245 + 12345) {
      word += static_cast<char>('a' + n / 65536 % 26);
    }
    text += (i == 0 ? "" : " ") + word;
  }
  return text;
}

/// A text of `count` words that are one token each for the tiny model.
inline std::string tokens_of(unsigned seed, std::size_t count) {
  constexpr const char* kWords[] = {"river", "bank", "money", "boat", "water", "she", "he",   "sat",
                                    "on",    "of",   "at",    "in",   "loan",  "the", "reed", "tree"};
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    seed = seed * 1103515245 + 12345;
    text += (i == 0 ? "" : " ") + std::string(kWords[seed / 65536 % 16]);
  }
  return text;
}

}  // namespace riverbank::testing
