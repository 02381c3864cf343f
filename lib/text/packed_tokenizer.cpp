#include "lib/text/packed_tokenizer.h"

#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "lib/base/byte_reader.h"
#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/printable.h"
#include "lib/base/xdg.h"
#include "riverbank/error.h"

// The file, little-endian:
//
//      0   8   "rbtokens"
//      8   4   version, 1
//     12   4   zero
//     16  64   the sum of what it was read from, zeros behind it
//     80   8   bytes of all that follows the header
//     88   8   checksum of all that follows the header
//     96   8   checksum of the 96 bytes before
//    104       what the tokenizer is but for its pieces (put_definition()), zeros up to a multiple of 64
//     then     the slots, 8 bytes each; the beginnings of the pieces, 4 bytes each; the pieces; the file ends there

namespace riverbank {
namespace {

constexpr std::string_view kMagic = "rbtokens";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kSourceBytes = 64;
constexpr std::size_t kHeaderBytes = 104;
constexpr std::size_t kSumBytes = sizeof(std::uint64_t);
constexpr std::size_t kAlignment = 64;
constexpr std::size_t kMostWordCharacters = 10'000;

template <typename T>
void put(std::string& bytes, const T& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_text(std::string& bytes, std::string_view text) {
  put(bytes, static_cast<std::uint32_t>(text.size()));
  bytes += text;
}

std::string encode_header(const std::string& source, std::string_view body) {
  std::string header(kMagic);
  put(header, kVersion);
  put(header, std::uint32_t{0});
  header += source;
  header.resize(header.size() + kSourceBytes - source.size(), '\0');
  put(header, static_cast<std::uint64_t>(body.size()));
  put(header, checksum64(std::as_bytes(std::span(body))));
  put(header, checksum64(std::as_bytes(std::span(header))));
  return header;
}

void put_definition(std::string& bytes, const TokenizerDefinition& definition) {
  for (const std::int32_t id : {definition.unknown_id, definition.cls_id, definition.sep_id}) put(bytes, id);
  put(bytes, static_cast<std::uint32_t>(definition.max_word_characters));
  const NormalizerSettings& settings = definition.normalizer;
  for (const bool flag : {settings.clean_text, settings.handle_chinese_chars, settings.lowercase,
                          settings.strip_accents.has_value(), settings.strip_accents.value_or(false)}) {
    put(bytes, static_cast<std::uint8_t>(flag));
  }
  put(bytes, static_cast<std::uint32_t>(definition.added_tokens.size()));
  for (const AddedToken& token : definition.added_tokens) {
    put_text(bytes, token.content);
    put(bytes, token.id);
    for (const bool flag : {token.single_word, token.lstrip, token.rstrip, token.normalized}) {
      put(bytes, static_cast<std::uint8_t>(flag));
    }
  }
  const Vocabulary::Tables& tables = definition.vocabulary.tables();
  put_text(bytes, definition.vocabulary.prefix());
  for (const std::size_t number : {tables.longest_beginning, tables.longest_continuation, tables.slots.size(),
                                   tables.starts.size(), tables.bytes.size()}) {
    put(bytes, static_cast<std::uint64_t>(number));
  }
}

Error unusable(const std::filesystem::path& path, ErrorKind kind, const std::string& what) {
  return {kind, "the packed tokenizer in " + printable(path.string()) + " " + what};
}

/// Throws unless the file is whole, of this version and of that source.
void check(const std::filesystem::path& path, std::span<const std::byte> file, const std::string& source) {
  const std::string_view found(reinterpret_cast<const char*>(file.data()), file.size());
  if (found.size() < kHeaderBytes) {
    throw unusable(path, ErrorKind::kCorrupt, "has " + std::to_string(found.size()) + " bytes: it was cut");
  }
  if (!found.starts_with(kMagic)) {
    throw unusable(path, ErrorKind::kCorrupt, "is damaged: it does not begin as such files do");
  }
  ByteReader reader(file.subspan(kMagic.size()), printable(path.string()));
  if (const auto version = reader.read<std::uint32_t>("version"); version != kVersion) {
    throw unusable(path, ErrorKind::kUnsupported,
                   "has version " + std::to_string(version) + " of its format, not " + std::to_string(kVersion));
  }
  const std::string expected = encode_header(source, found.substr(kHeaderBytes));
  if (found.starts_with(expected)) return;
  const std::uint64_t sum = checksum64(file.first(kHeaderBytes - kSumBytes));
  if (found.substr(kHeaderBytes - kSumBytes, kSumBytes) !=
      std::string_view(reinterpret_cast<const char*>(&sum), kSumBytes)) {
    throw unusable(path, ErrorKind::kCorrupt, "is damaged: its header does not have its checksum");
  }
  constexpr std::size_t kBeforeSums = kHeaderBytes - 3 * kSumBytes;
  if (found.substr(0, kBeforeSums) != std::string_view(expected).substr(0, kBeforeSums)) {
    throw unusable(path, ErrorKind::kUnsupported, "is of another tokenizer");
  }
  if (found.substr(kBeforeSums, kSumBytes) != std::string_view(expected).substr(kBeforeSums, kSumBytes)) {
    throw unusable(path, ErrorKind::kCorrupt, "has " + std::to_string(found.size()) + " bytes: it was cut");
  }
  throw unusable(path, ErrorKind::kCorrupt, "is damaged: it does not have its checksum");
}

/// Reads what put_definition() wrote.
class DefinitionReader {
 public:
  DefinitionReader(const std::filesystem::path& path, std::shared_ptr<const MappedFile> file)
      : path_(path),
        file_(std::move(file)),
        bytes_(file_->bytes().subspan(kHeaderBytes)),
        reader_(bytes_, printable(path.string())) {}

  TokenizerDefinition read() {
    const auto unknown = number<std::int32_t>(), cls = number<std::int32_t>(), sep = number<std::int32_t>();
    const auto most_characters = number<std::uint32_t>();
    require(most_characters >= 1 && most_characters <= kMostWordCharacters, "a length of words that cannot be");
    NormalizerSettings settings;
    settings.clean_text = flag();
    settings.handle_chinese_chars = flag();
    settings.lowercase = flag();
    const bool says = flag(), strips = flag();
    if (says) settings.strip_accents = strips;
    std::vector<AddedToken> added = added_tokens();
    TokenizerDefinition definition{.vocabulary = vocabulary(),
                                   .unknown_id = unknown,
                                   .cls_id = cls,
                                   .sep_id = sep,
                                   .max_word_characters = most_characters,
                                   .normalizer = settings,
                                   .added_tokens = std::move(added)};
    const auto size = static_cast<std::int64_t>(definition.vocabulary.size());
    const auto is_piece = [&](std::int32_t id) { return id >= 0 && id < size; };
    bool all = is_piece(unknown) && is_piece(cls) && is_piece(sep);
    for (const AddedToken& token : definition.added_tokens) all = all && is_piece(token.id);
    require(all, "an id that no piece has");
    return definition;
  }

 private:
  void require(bool holds, const char* what) const {
    if (!holds) throw unusable(path_, ErrorKind::kCorrupt, std::string("is damaged: it has ") + what);
  }
  template <typename T>
  T number() {
    return reader_.read<T>("a number");
  }
  bool flag() { return number<std::uint8_t>() != 0; }
  std::string text() {
    const std::span<const std::byte> taken = reader_.take(number<std::uint32_t>(), "a text");
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

  std::vector<AddedToken> added_tokens() {
    std::vector<AddedToken> tokens;
    for (auto left = number<std::uint32_t>(); left > 0; --left) {
      AddedToken& token = tokens.emplace_back();
      token.content = text();
      require(!token.content.empty(), "an added token of no characters");
      token.id = number<std::int32_t>();
      for (bool* said : {&token.single_word, &token.lstrip, &token.rstrip, &token.normalized}) *said = flag();
    }
    return tokens;
  }

  Vocabulary vocabulary() {
    std::string prefix = text();
    Vocabulary::Tables tables;
    tables.longest_beginning = number<std::uint64_t>();
    tables.longest_continuation = number<std::uint64_t>();
    const auto slots = number<std::uint64_t>(), starts = number<std::uint64_t>(), pieces = number<std::uint64_t>();
    const std::size_t unaligned = (kHeaderBytes + reader_.position()) % kAlignment;
    if (unaligned > 0) reader_.take(kAlignment - unaligned, "the gap");
    tables.slots = table<Vocabulary::Slot>(slots);
    tables.starts = table<std::uint32_t>(starts);
    const auto text = table<char>(pieces);
    tables.bytes = {text.data(), text.size()};
    require(reader_.left() == 0, "bytes behind its end");
    tables.storage = file_;
    return {std::move(tables), std::move(prefix), printable(path_.string())};
  }

  /// A table of so many values where it lies. The slots begin on a multiple of 64, and those and what follows them are
  /// whole numbers of their values.
  template <typename T>
  std::span<const T> table(std::uint64_t count) {
    require(count <= reader_.left() / sizeof(T), "tables that go beyond its end");
    const std::span<const std::byte> taken = reader_.take(count * sizeof(T), "a table");
    return {reinterpret_cast<const T*>(taken.data()), static_cast<std::size_t>(count)};
  }

  const std::filesystem::path& path_;
  std::shared_ptr<const MappedFile> file_;
  std::span<const std::byte> bytes_;
  ByteReader reader_;
};

template <typename T>
std::string_view bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

}  // namespace

std::filesystem::path packed_tokenizer_file(const std::string& source) {
  return cache_home() / "packed" / ("tokenizer-" + source);
}

std::optional<TokenizerDefinition> open_packed_tokenizer(const std::filesystem::path& path, const std::string& source) {
  std::shared_ptr<const MappedFile> file;
  try {
    file = std::make_shared<const MappedFile>(path);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kNotFound) return std::nullopt;
    throw;
  }
  file->expect_all();
  check(path, file->bytes(), source);
  return DefinitionReader(path, std::move(file)).read();
}

void save_packed_tokenizer(const std::filesystem::path& path, const std::string& source,
                           const TokenizerDefinition& definition) {
  std::string body;
  put_definition(body, definition);
  const std::size_t unaligned = (kHeaderBytes + body.size()) % kAlignment;
  if (unaligned > 0) body.resize(body.size() + kAlignment - unaligned, '\0');
  const Vocabulary::Tables& tables = definition.vocabulary.tables();
  body += bytes_of(tables.slots);
  body += bytes_of(tables.starts);
  body += tables.bytes;
  make_private_folder(path.parent_path());
  AtomicFile file(path);
  file.write(encode_header(source, body));
  file.write(body);
  file.commit();
}

}  // namespace riverbank
