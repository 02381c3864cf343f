#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "lib/text/tokenizer_definition.h"

namespace riverbank {

/// The file that a tokenizer is kept in for later processes, below the user's cache folder, by the sum of what it was
/// read from (up to 64 hex digits). Throws Error kNotFound when there is no such folder.
std::filesystem::path packed_tokenizer_file(const std::string& source);

/// A tokenizer that an earlier process read and packed: its vocabulary is mapped, nothing is parsed or copied. Nothing
/// when there is no such file. Throws Error: kCorrupt (cut, or damaged anywhere), kUnsupported (of another version, or
/// of another source), kIo.
std::optional<TokenizerDefinition> open_packed_tokenizer(const std::filesystem::path& path, const std::string& source);

/// Writes one, atomically: of two processes that do so at once either's stays, whole. Throws Error kIo.
void save_packed_tokenizer(const std::filesystem::path& path, const std::string& source,
                           const TokenizerDefinition& definition);

}  // namespace riverbank
