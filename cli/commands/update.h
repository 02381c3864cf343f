#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/collections.h"
#include "cli/session.h"
#include "riverbank/index.h"

namespace riverbank::cli {

/// What `index` asks for, and `query` before it answers.
struct UpdateRequest {
  IndexOptions index_options;
  std::vector<std::filesystem::path> folders;  ///< none: all roots of the collection
  std::uint64_t max_file_size = UpdateOptions().max_file_size;
  double wait_seconds = 0;
  bool check_graph = true;  ///< UpdateOptions
};

/// Opens the collection's index, notices going to stderr.
Index open_index(Session& session, const Collection& collection, IndexOptions options);

/// Brings an index up to date, with progress on stderr and Ctrl-C stopping it cleanly.
UpdateReport update_index(Session& session, Index& index, const UpdateRequest& request);

/// Both, with a line that says what is being done when the collection is new.
UpdateReport update_collection(Session& session, const Collection& collection, const UpdateRequest& request);

/// Where an update's seconds went, and the share that is not the encoder's, the graph's left out.
std::string parts_of(const UpdateReport& report);

/// "~/book: 97 files read, 0 unchanged; 1,243 chunks encoded …", and a line on what was skipped.
std::string summary_of(const UpdateReport& report, const std::vector<std::filesystem::path>& folders);

}  // namespace riverbank::cli
