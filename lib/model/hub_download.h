#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>

#include "lib/model/hub_http.h"
#include "riverbank/model.h"

namespace riverbank {

/// A file of a repository, and what must be true of its bytes. At least one of the sums is known.
struct HubFile {
  std::string path;         ///< "model.safetensors", "1_Pooling/config.json"
  std::uint64_t bytes = 0;  ///< its size
  std::string sha256;       ///< hex, or empty
  std::string git_sha1;     ///< hex, or empty: the hub has no other sum for small files (git_blob_sha1())

  /// The name of its blob in the hub's cache.
  const std::string& blob() const { return git_sha1.empty() ? sha256 : git_sha1; }
};

/// A repository at one commit.
struct HubCommit {
  std::string repository;  ///< "owner/name"
  std::string commit;      ///< 40 hex digits
};

/// Makes sure that the blob of `file` stands in the cache, and returns it. Its bytes gather in blobs/SUM.incomplete,
/// from where the next try goes on after whatever went wrong; the file takes its name only when size and sums are
/// right, and is thrown away when they are wrong. A lock keeps a second process from downloading the same blob.
/// Throws Error: kNotFound, kIo (network, disk), kCorrupt (wrong size or sum), kCancelled.
std::filesystem::path download_blob(HttpClient& client, const HubCommit& from, const HubFile& file,
                                    const TransferCallback& progress, std::stop_token stop);

/// How many bytes of the blob are still to come: its size less what an earlier try left, 0 when it stands there.
std::uint64_t bytes_missing(const HubCommit& from, const HubFile& file);

/// Makes `folder` and its parents as the umask says, for the cache may be shared. Throws Error kIo.
void make_shared_folder(const std::filesystem::path& folder);

}  // namespace riverbank
