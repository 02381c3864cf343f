#include "lib/text/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <system_error>

#include "lib/base/file.h"
#include "lib/base/printable.h"
#include "lib/text/added_tokens.h"
#include "lib/text/normalizer.h"
#include "lib/text/packed_tokenizer.h"
#include "lib/text/scanner.h"
#include "lib/text/tokenizer_definition.h"
#include "lib/text/vocabulary.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

/// Far above any vocabulary there is (the largest in use, of 250,000 pieces, takes 17 MB as a tokenizer.json).
constexpr std::uint64_t kMaxFileBytes = std::uint64_t{64} << 20U;
/// A smaller tokenizer.json or vocab.txt is parsed in less than a tenth of a millisecond.
constexpr std::uint64_t kSmallFileBytes = std::uint64_t{16} << 10U;
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

std::vector<AddedToken> raw_tokens(const std::vector<AddedToken>& tokens) {
  std::vector<AddedToken> out;
  std::copy_if(tokens.begin(), tokens.end(), std::back_inserter(out), [](const auto& t) { return !t.normalized; });
  return out;
}

std::vector<AddedToken> normalized_tokens(const std::vector<AddedToken>& tokens, const Normalizer& normalizer) {
  std::vector<AddedToken> out;
  for (AddedToken token : tokens) {
    if (!token.normalized) continue;
    token.content = normalize(normalizer, token.content).bytes();
    if (!token.content.empty()) out.push_back(std::move(token));
  }
  return out;
}

/// The file that a folder's tokenizer stands in.
std::filesystem::path tokenizer_file(const std::filesystem::path& folder) {
  for (const char* name : {"tokenizer.json", "vocab.txt"}) {
    if (is_there(folder / name)) return folder / name;
  }
  throw Error(ErrorKind::kNotFound,
              fmt::format("{}: no tokenizer is there, neither a tokenizer.json nor a vocab.txt; the folder of a model "
                          "in transformers' layout has one of them.",
                          printable(folder.string())));
}

TokenizerDefinition read_definition(const std::filesystem::path& file) {
  const std::string text = read_file(file, kMaxFileBytes);
  const std::string name = printable(file.string());
  if (file.extension() == ".json") return read_tokenizer_json(text, name);
  NormalizerSettings settings;
  if (const auto config = file.parent_path() / "tokenizer_config.json"; is_there(config)) {
    settings = read_tokenizer_config(read_file(config, kMaxFileBytes), printable(config.string()));
  }
  return read_vocabulary_txt(text, settings, name);
}

/// What an earlier process packed; nothing when there is none that can be used.
std::optional<TokenizerDefinition> find_packed(const TokenizerCache& cache) {
  try {
    return open_packed_tokenizer(packed_tokenizer_file(cache.source), cache.source);
  } catch (const Error& error) {
    const bool is_unusable = error.kind() == ErrorKind::kCorrupt || error.kind() == ErrorKind::kUnsupported;
    if (cache.notice && is_unusable) cache.notice(std::string(error.what()) + "; packing it again");
    return std::nullopt;
  }
}

void keep(const std::string& source, const TokenizerDefinition& definition) {
  try {
    save_packed_tokenizer(packed_tokenizer_file(source), source, definition);
  } catch (const Error&) {
    // A cache that cannot be written costs the next process the time to parse, and nothing else.
  }
}

}  // namespace

struct Tokenizer::Parts {
  explicit Parts(TokenizerDefinition definition)
      : vocabulary(std::move(definition.vocabulary)),
        normalizer(definition.normalizer),
        scanner(normalizer, vocabulary, definition.unknown_id, definition.max_word_characters),
        raw_added(raw_tokens(definition.added_tokens)),
        normalized_added(normalized_tokens(definition.added_tokens, normalizer)),
        cls_id(definition.cls_id),
        sep_id(definition.sep_id),
        unknown_id(definition.unknown_id) {}

  /// The first `limit` pieces of a text, or some more.
  std::vector<Piece> scan(std::string_view text, std::size_t limit) const;
  /// Those of a part of it without raw added tokens.
  void scan_part(std::string_view text, Span part, std::size_t limit, std::vector<Piece>& pieces) const;

  Vocabulary vocabulary;
  Normalizer normalizer;
  Scanner scanner;
  AddedTokens raw_added;
  AddedTokens normalized_added;
  std::int32_t cls_id;
  std::int32_t sep_id;
  std::int32_t unknown_id;
};

namespace {

/// Calls on_part(Span) for what lies between the added tokens of `text`, and on_token(Match) for each of them, in
/// order, until is_enough().
template <typename OnPart, typename OnToken, typename IsEnough>
void split_at(const AddedTokens& tokens, std::string_view text, OnPart on_part, OnToken on_token, IsEnough is_enough) {
  std::size_t at = 0;
  while (at < text.size() && !is_enough()) {
    const std::optional<AddedTokens::Match> match = tokens.find(text, at);
    on_part(Span{at, match ? match->span.begin : text.size()});
    if (!match) return;
    if (!is_enough()) on_token(*match);
    at = match->span.end;
  }
}

}  // namespace

std::vector<Piece> Tokenizer::Parts::scan(std::string_view text, std::size_t limit) const {
  std::vector<Piece> pieces;
  constexpr std::size_t kBytesPerPiece = 4;  // somewhat below what English has
  pieces.reserve(std::min(limit, text.size() / kBytesPerPiece + 8));
  split_at(
      raw_added, text, [&](Span part) { scan_part(text, part, limit, pieces); },
      [&](const AddedTokens::Match& match) {
        pieces.push_back({match.id, match.span, true});
      },
      [&] { return pieces.size() >= limit; });
  return pieces;
}

void Tokenizer::Parts::scan_part(std::string_view text, Span part, std::size_t limit,
                                 std::vector<Piece>& pieces) const {
  if (normalized_added.empty()) return scanner.scan(text, part, limit, pieces);
  // Normalising is idempotent, so that what is left between the tokens may go the usual way; only its places differ.
  const NormalizedText normalized = normalize(normalizer, part.of(text));
  const std::size_t before = pieces.size();
  split_at(
      normalized_added, normalized.bytes(), [&](Span rest) { scanner.scan(normalized.bytes(), rest, limit, pieces); },
      [&](const AddedTokens::Match& match) {
        pieces.push_back({match.id, match.span, true});
      },
      [&] { return pieces.size() >= limit; });
  for (std::size_t i = before; i < pieces.size(); ++i) {
    const Span origin = normalized.origin(pieces[i].span.begin, pieces[i].span.end);
    pieces[i].span = {origin.begin + part.begin, origin.end + part.begin};
  }
}

Tokenizer::Tokenizer(std::unique_ptr<const Parts> parts) : parts_(std::move(parts)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Tokenizer Tokenizer::from_folder(const std::filesystem::path& folder, const TokenizerCache& cache) {
  const std::filesystem::path file = tokenizer_file(folder);
  std::error_code ignored;
  const bool is_kept = !cache.source.empty() && std::filesystem::file_size(file, ignored) > kSmallFileBytes;
  std::optional<TokenizerDefinition> definition;
  if (is_kept) definition = find_packed(cache);
  if (!definition) {
    definition = read_definition(file);
    if (is_kept) keep(cache.source, *definition);
  }
  return Tokenizer(std::make_unique<const Parts>(*std::move(definition)));
}

Tokenizer Tokenizer::from_json(std::string_view json, const std::string& name) {
  return Tokenizer(std::make_unique<const Parts>(read_tokenizer_json(json, name)));
}

Tokenizer Tokenizer::from_vocabulary(std::string_view vocab_txt, bool lowercase, const std::string& name) {
  NormalizerSettings settings;
  settings.lowercase = lowercase;
  return Tokenizer(std::make_unique<const Parts>(read_vocabulary_txt(vocab_txt, settings, name)));
}

namespace {

/// Appends the first `count` of `pieces`, or all.
void append(const std::vector<Piece>& pieces, std::size_t count, std::int32_t type, Encoding& out) {
  for (std::size_t i = 0; i < std::min(count, pieces.size()); ++i) {
    out.ids.push_back(pieces[i].id);
    out.type_ids.push_back(type);
    out.offsets.push_back(pieces[i].span);
  }
  out.truncated = out.truncated || pieces.size() > count;
}

void append_special(std::int32_t id, std::int32_t type, Encoding& out) {
  out.ids.push_back(id);
  out.type_ids.push_back(type);
  out.offsets.push_back({});
}

Encoding with_room_for(std::size_t tokens) {
  Encoding out;
  out.ids.reserve(tokens);
  out.type_ids.reserve(tokens);
  out.offsets.reserve(tokens);
  return out;
}

}  // namespace

Encoding Tokenizer::encode(std::string_view text, std::size_t max_tokens) const {
  if (max_tokens < 2) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("A text cannot be cut to {} tokens: its beginning and its end take 2.", max_tokens));
  }
  const std::size_t room = max_tokens - 2;
  const std::vector<Piece> pieces = parts_->scan(text, room + 1);
  Encoding out = with_room_for(std::min(pieces.size(), room) + 2);
  append_special(parts_->cls_id, 0, out);
  append(pieces, room, 0, out);
  append_special(parts_->sep_id, 0, out);
  return out;
}

Encoding Tokenizer::encode_pair(std::string_view first, std::string_view second, std::size_t max_tokens) const {
  if (max_tokens < 3) {
    throw Error(
        ErrorKind::kInvalidArgument,
        fmt::format("Two texts cannot be cut to {} tokens: their beginning and their ends take 3.", max_tokens));
  }
  const std::size_t room = max_tokens - 3;
  // Like the reference, which reads no further once it has max_tokens pieces: which of two long texts counts as the
  // longer one, and gets the odd piece, is decided by the word that each was in then.
  const std::vector<Piece> pieces_1 = parts_->scan(first, max_tokens);
  const std::vector<Piece> pieces_2 = parts_->scan(second, max_tokens);
  // The shorter one keeps all that it has, or half of the room when both have more than that.
  const bool first_is_longer = pieces_1.size() > pieces_2.size();
  const std::size_t shorter = std::min({pieces_1.size(), pieces_2.size(), room / 2});
  const std::size_t keep_1 = first_is_longer ? room - shorter : shorter;
  const std::size_t keep_2 = room - keep_1;
  Encoding out = with_room_for(std::min(pieces_1.size() + pieces_2.size(), room) + 3);
  append_special(parts_->cls_id, 0, out);
  append(pieces_1, keep_1, 0, out);
  append_special(parts_->sep_id, 0, out);
  append(pieces_2, keep_2, 1, out);
  append_special(parts_->sep_id, 1, out);
  return out;
}

std::vector<Piece> Tokenizer::pieces(std::string_view text) const { return parts_->scan(text, kNoLimit); }

std::size_t Tokenizer::vocabulary_size() const { return parts_->vocabulary.size(); }

std::string_view Tokenizer::piece(std::int32_t id) const {
  if (id < 0 || static_cast<std::size_t>(id) >= vocabulary_size()) {
    throw Error(ErrorKind::kInvalidArgument,
                fmt::format("No piece has the id {}: there are {}.", id, vocabulary_size()));
  }
  return parts_->vocabulary.piece(id);
}

std::int32_t Tokenizer::cls_id() const { return parts_->cls_id; }
std::int32_t Tokenizer::sep_id() const { return parts_->sep_id; }
std::int32_t Tokenizer::unknown_id() const { return parts_->unknown_id; }

}  // namespace riverbank
