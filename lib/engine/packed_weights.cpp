#include "lib/engine/packed_weights.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "lib/base/block_sums.h"
#include "lib/base/byte_reader.h"
#include "lib/base/hash.h"
#include "lib/base/printable.h"
#include "lib/base/xdg.h"
#include "lib/engine/buffer.h"
#include "riverbank/error.h"

// The file, little-endian:
//
//      0   8   "rbpacked"
//      8   4   version, 1
//     12   4   zero
//     16  64   the model's fingerprint, zeros behind it
//     80  64   the form, zeros behind it
//    144   8   checksum of a sample of the weights
//    152   8   P, bytes of all panels
//    160   8   checksum of the blocks' checksums
//    168   8   checksum of the 168 bytes before
//    176  8 B  checksums of the B blocks of 64 KiB of the panels, the last one perhaps shorter
//     then     zeros up to a multiple of 4,096, then P bytes of panels; the file ends there

namespace riverbank {
namespace {

constexpr std::string_view kMagic = "rbpacked";
constexpr std::uint32_t kFormatVersion = 1;
constexpr std::size_t kNameBytes = 64;
constexpr std::size_t kHeaderBytes = 176;
constexpr std::size_t kBlockBytes = std::size_t{64} << 10U;
constexpr std::size_t kPageBytes = 4096;

using FileTime = std::filesystem::file_time_type;
constexpr std::chrono::hours kLongestUnused(30 * 24), kLongestWrite(1);
constexpr std::uintmax_t kMostCacheBytes = std::uintmax_t{1} << 30U;

std::size_t panels_at(std::size_t blocks) {
  return count_blocks(kHeaderBytes + blocks * sizeof(std::uint64_t), kPageBytes) * kPageBytes;
}

template <typename T>
void put(std::string& bytes, const T& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_name(std::string& bytes, std::string name) {
  name.resize(kNameBytes, '\0');
  bytes += name;
}

std::string encode_header(const PackedIdentity& identity, std::span<const std::uint64_t> sums) {
  std::string header(kMagic);
  put(header, kFormatVersion);
  put(header, std::uint32_t{0});
  put_name(header, identity.model);
  put_name(header, identity.form);
  put(header, identity.sample);
  put(header, identity.bytes);
  put(header, checksum64(std::as_bytes(sums)));
  put(header, checksum64(std::as_bytes(std::span(header))));
  return header;
}

Error unusable(const std::filesystem::path& path, ErrorKind kind, const std::string& what) {
  return {kind, "the packed weights in " + printable(path.string()) + " " + what};
}

/// Throws unless the file begins with exactly the header that `identity` and its own table of checksums call for.
void check_header(const std::filesystem::path& path, std::span<const std::byte> file, const PackedIdentity& identity,
                  std::span<const std::uint64_t> sums) {
  const std::string expected = encode_header(identity, sums);
  if (std::memcmp(file.data(), expected.data(), kMagic.size()) != 0) {
    throw unusable(path, ErrorKind::kCorrupt, "are damaged: they do not begin as such files do");
  }
  ByteReader reader(file.subspan(kMagic.size()), path.string());
  if (const auto version = reader.read<std::uint32_t>("version"); version != kFormatVersion) {
    throw unusable(
        path, ErrorKind::kUnsupported,
        "have version " + std::to_string(version) + " of their format, not " + std::to_string(kFormatVersion));
  }
  constexpr std::size_t kTail = 2 * sizeof(std::uint64_t);  // the two checksums
  const std::string_view found(reinterpret_cast<const char*>(file.data()), kHeaderBytes);
  const std::string_view identity_part = std::string_view(expected).substr(0, kHeaderBytes - kTail);
  if (found == expected) return;
  const auto sum = checksum64(file.first(kHeaderBytes - sizeof(std::uint64_t)));
  if (std::memcmp(file.data() + kHeaderBytes - sizeof sum, &sum, sizeof sum) == 0 &&
      found.substr(0, identity_part.size()) != identity_part) {
    throw unusable(path, ErrorKind::kUnsupported, "are of other weights");
  }
  throw unusable(path, ErrorKind::kCorrupt, "are damaged: their header does not have its checksum");
}

/// The time of the last use is the file's time of change: nothing else changes a file that is only ever replaced.
void note_use(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto now = FileTime::clock::now();
  const FileTime used = std::filesystem::last_write_time(path, ignored);
  if (now - used > std::chrono::hours(24)) std::filesystem::last_write_time(path, now, ignored);
}

struct KeptFile {
  FileTime used;
  std::uintmax_t bytes;
  std::filesystem::path path;
};

}  // namespace

std::filesystem::path packed_weights_file(const PackedIdentity& identity) {
  return cache_home() / "packed" / (identity.model + "-" + identity.form);
}

std::optional<PackedWeights> PackedWeights::open(const std::filesystem::path& path, const PackedIdentity& identity,
                                                 ThreadPool& pool) {
  PackedWeights packed;
  try {
    packed.file_ = MappedFile(path);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kNotFound) return std::nullopt;
    throw;
  }
  const std::span<const std::byte> file = packed.file_.bytes();
  const std::size_t blocks = count_blocks(identity.bytes, kBlockBytes), begin = panels_at(blocks);
  if (file.size() != begin + identity.bytes) {
    throw unusable(path, ErrorKind::kCorrupt,
                   "have " + std::to_string(file.size()) + " bytes instead of " +
                       std::to_string(begin + identity.bytes) + ": they were cut, or are of other weights");
  }
  std::vector<std::uint64_t> sums(blocks);
  std::memcpy(sums.data(), file.data() + kHeaderBytes, blocks * sizeof(std::uint64_t));
  check_header(path, file, identity, sums);
  packed.panels_ = file.subspan(begin);
  packed.file_.expect_all();
  if (const auto damaged = damaged_block(packed.panels_, sums, kBlockBytes, &pool)) {
    throw unusable(path, ErrorKind::kCorrupt,
                   "are damaged: block " + std::to_string(*damaged) + " of " + std::to_string(blocks) +
                       " does not have its checksum");
  }
  note_use(path);
  return packed;
}

void save_packed_weights(const std::filesystem::path& path, const PackedIdentity& identity,
                         std::span<const std::byte> panels, ThreadPool& pool) {
  const std::vector<std::uint64_t> sums = block_sums(panels, kBlockBytes, &pool);
  make_private_folder(path.parent_path());
  AtomicFile file(path);
  const std::string header = encode_header(identity, sums);
  const std::string padding(panels_at(sums.size()) - header.size() - sums.size() * sizeof(std::uint64_t), '\0');
  file.write(header);
  file.write(std::as_bytes(std::span(sums)));
  file.write(padding);
  file.write(panels);
  file.commit();
}

void remove_unused_packed_weights(const std::filesystem::path& keep) {
  std::vector<KeptFile> files;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(keep.parent_path(), error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code gone;  // another process may be at the same
    KeptFile file{entry->last_write_time(gone), entry->file_size(gone), entry->path()};
    if (!gone) files.push_back(std::move(file));
  }
  std::ranges::sort(files, std::greater<>(), &KeptFile::used);
  const auto now = FileTime::clock::now();
  std::uintmax_t bytes = 0;
  for (const KeptFile& file : files) {
    const bool is_unfinished = file.path.filename().string().find(".tmp-") != std::string::npos;
    if (file.path == keep ||
        (!is_unfinished && now - file.used <= kLongestUnused && bytes + file.bytes <= kMostCacheBytes) ||
        (is_unfinished && now - file.used <= kLongestWrite)) {
      bytes += file.bytes;
    } else {
      std::error_code ignored;
      std::filesystem::remove(file.path, ignored);
    }
  }
}

}  // namespace riverbank
