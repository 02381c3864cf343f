#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/embed/encoder_choice.h"
#include "lib/engine/engine.h"

namespace riverbank::cli {

/// What a processor offers riverbank and what is taken of it.
struct ProcessorCheckup {
  std::string name;  ///< empty where it does not say
  int threads = 0;   ///< that this process may run at a time
  std::vector<InstructionSet> offered;
  std::optional<InstructionSet> chosen;  ///< nothing when what RIVERBANK_ISA asks for cannot be
};

/// A model on this machine, loaded and tried.
struct ModelCheckup {
  std::string name;
  std::filesystem::path folder;
  std::size_t files_right = 0, files_wrong = 0;  ///< by their sums, where one is known
  std::optional<EncoderChoice> choice;           ///< nothing when it cannot be loaded
  double cosine = 0, limit = 0;                  ///< of its vectors to those of plain float32
  PackedWeightsPlace packed;
  std::uint64_t packed_bytes = 0;
};

/// A folder that riverbank writes to.
struct FolderCheckup {
  std::filesystem::path path;
  bool writable = false;         ///< or can be made
  std::uint64_t free_bytes = 0;  ///< on its disk, for this user
};

struct Checkup {
  ProcessorCheckup processor;
  std::vector<ModelCheckup> models;
  FolderCheckup data, cache;
  std::size_t collections = 0;
  std::uint64_t collection_bytes = 0;
  std::uint64_t packed_bytes = 0;     ///< of all packed weights and tokenizers in the cache
  std::vector<std::string> notes;     ///< what is worth knowing, a sentence each
  std::vector<std::string> problems;  ///< what is broken, a sentence each
};

/// Looks at all that riverbank stands on: sums of every model's files, one try of each, every collection opened.
/// Throws Error kCancelled.
Checkup check_up(const std::stop_token& stop);

}  // namespace riverbank::cli
