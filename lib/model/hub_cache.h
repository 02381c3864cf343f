#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riverbank {

// The Hugging Face hub's own cache, as its Python package huggingface_hub lays it out ("Understand caching" in its
// documentation), so that what either one downloads the other finds:
//
//     models--OWNER--NAME/refs/main                  the commit that a branch or tag stood for, 40 hex digits
//     models--OWNER--NAME/blobs/SUM                  a file's bytes; SUM is its SHA-256 (LFS) or its git blob's SHA-1
//     models--OWNER--NAME/snapshots/COMMIT/FILE  ->  ../../blobs/SUM
//     .locks/models--OWNER--NAME/SUM.lock            held with flock() while that blob is downloaded

/// Where the cache stands: HF_HUB_CACHE, else HF_HOME/hub, else XDG_CACHE_HOME/huggingface/hub, else
/// ~/.cache/huggingface/hub. Throws Error kNotFound when not even HOME is set.
std::filesystem::path hub_cache();

/// HF_HOME, else XDG_CACHE_HOME/huggingface, else ~/.cache/huggingface. Throws Error kNotFound likewise.
std::filesystem::path hub_home();

/// Whether it can be a repository on the hub: "owner/name" or "name" of letters, digits, '-', '_' and '.', without
/// "--" and "..", so that it is safe in a path.
bool is_hub_repository(std::string_view repository);

/// Whether it can be a branch, a tag or a commit: as above, with '/' allowed inside.
bool is_hub_revision(std::string_view revision);

/// Whether a revision is a whole commit, which never changes: 40 lower-case hex digits.
bool is_hub_commit(std::string_view revision);

/// hub_cache()/models--OWNER--NAME, which need not exist. `repository` must be is_hub_repository().
std::filesystem::path hub_repository_folder(const std::string& repository);

/// The folder of a snapshot in the cache, if there is one: `revision` is a commit, or a branch or tag that refs/ knows.
/// The folder may lack files that nobody has asked for yet. Throws nothing but Error kNotFound of hub_cache().
std::optional<std::filesystem::path> find_snapshot(const std::string& repository, const std::string& revision = "main");

/// One snapshot that stands in the cache.
struct HubSnapshot {
  std::string repository;  ///< "owner/name"
  std::string commit;
  std::filesystem::path folder;
};

/// All snapshots in the cache, by repository and commit. What cannot be read is left out.
std::vector<HubSnapshot> list_snapshots();

/// The sum by which the hub knows a snapshot's file, which is the name of the blob that it links to: 64 hex digits are
/// its SHA-256, 40 its git blob's SHA-1 (git_blob_sha1()). Empty when the file is no such link.
std::string hub_sum(const std::filesystem::path& snapshot_file);

/// The SHA-1 by which git knows these bytes, in hex: of "blob SIZE\0" and the bytes.
std::string git_blob_sha1(std::string_view bytes);

}  // namespace riverbank
