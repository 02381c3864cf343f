#include "lib/text/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "lib/base/printable.h"
#include "riverbank/error.h"

namespace riverbank {
namespace {

Vocabulary::Hash hash_of(std::string_view key, Vocabulary::Hash hash) {
  for (const char byte : key) hash.add(byte);
  return hash;
}

}  // namespace

Vocabulary::Vocabulary(const std::vector<Entry>& entries, std::string prefix, const std::string& name,
                       std::string_view unit)
    : prefix_(std::move(prefix)) {
  std::size_t total = 0;
  std::size_t keys = entries.size();
  for (const Entry& entry : entries) {
    total += entry.piece.size();
    keys += entry.piece.starts_with(prefix_) ? 1 : 0;
  }
  const std::size_t slots = std::bit_ceil(std::max<std::size_t>(2 * keys, 16));
  slots_.resize(slots);
  mask_ = slots - 1;
  shift_ = 64U - static_cast<unsigned>(std::countr_zero(slots));
  bytes_.reserve(total);
  starts_.reserve(entries.size() + 1);
  starts_.push_back(0);
  for (const auto& [piece, is_added] : entries) {
    const auto id = static_cast<std::int32_t>(size());
    const Hash hash = hash_of(piece, Hash::of_beginning());
    if (const std::int32_t twin = find_beginning(piece, hash); twin != kNone) {
      const int first = unit == "line" ? 1 : 0;
      throw Error(ErrorKind::kCorrupt,
                  fmt::format("{}: the piece \"{}\" stands at {} {} and again at {} {}, but each may stand only once.",
                              name, printable(piece), unit, twin + first, unit, id + first));
    }
    bytes_ += piece;
    starts_.push_back(static_cast<std::uint32_t>(bytes_.size()));
    if (is_added) continue;
    insert(hash, id);
    longest_beginning_ = std::max(longest_beginning_, piece.size());
    if (piece.starts_with(prefix_) && piece.size() > prefix_.size()) {
      const std::string_view rest = piece.substr(prefix_.size());
      insert(hash_of(rest, Hash::of_continuation()), id);
      longest_continuation_ = std::max(longest_continuation_, rest.size());
    }
  }
}

std::int32_t Vocabulary::find(std::string_view piece) const {
  return find_beginning(piece, hash_of(piece, Hash::of_beginning()));
}

void Vocabulary::insert(Hash hash, std::int32_t id) {
  std::size_t i = slot_of(hash);
  while (slots_[i].id != kNone) i = (i + 1) & mask_;
  slots_[i] = {tag_of(hash), id};
}

}  // namespace riverbank
