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

/// The memory of a vocabulary that this process made.
struct Vocabulary::Built {
  std::vector<Slot> slots;
  std::vector<std::uint32_t> starts;
  std::string bytes;

  void insert(Hash hash, std::size_t slot, std::int32_t id) {
    while (slots[slot].id != kNone) slot = (slot + 1) % slots.size();
    slots[slot] = {tag_of(hash), id};
  }
};

Vocabulary::Vocabulary(const std::vector<Entry>& entries, std::string prefix, const std::string& name,
                       std::string_view unit)
    : prefix_(std::move(prefix)) {
  std::size_t total = 0;
  std::size_t keys = entries.size();
  for (const Entry& entry : entries) {
    total += entry.piece.size();
    keys += entry.piece.starts_with(prefix_) ? 1 : 0;
  }
  const auto built = std::make_shared<Built>();
  built->slots.resize(std::bit_ceil(std::max<std::size_t>(2 * keys, 16)));
  set_slots(built->slots);
  built->bytes.reserve(total);
  built->starts.reserve(entries.size() + 1);
  built->starts.push_back(0);
  tables_.starts = built->starts;
  tables_.storage = built;
  for (const auto& [piece, is_added] : entries) {
    const auto id = static_cast<std::int32_t>(built->starts.size()) - 1;
    const Hash hash = hash_of(piece, Hash::of_beginning());
    if (const std::int32_t twin = find_beginning(piece, hash); twin != kNone) {
      const int first = unit == "line" ? 1 : 0;
      throw Error(ErrorKind::kCorrupt,
                  fmt::format("{}: the piece \"{}\" stands at {} {} and again at {} {}, but each may stand only once.",
                              name, printable(piece), unit, twin + first, unit, id + first));
    }
    built->bytes += piece;
    built->starts.push_back(static_cast<std::uint32_t>(built->bytes.size()));
    tables_.bytes = built->bytes;
    tables_.starts = built->starts;
    if (is_added) continue;
    built->insert(hash, slot_of(hash), id);
    tables_.longest_beginning = std::max(tables_.longest_beginning, piece.size());
    if (piece.starts_with(prefix_) && piece.size() > prefix_.size()) {
      const std::string_view rest = piece.substr(prefix_.size());
      const Hash continuation = hash_of(rest, Hash::of_continuation());
      built->insert(continuation, slot_of(continuation), id);
      tables_.longest_continuation = std::max(tables_.longest_continuation, rest.size());
    }
  }
}

Vocabulary::Vocabulary(Tables tables, std::string prefix, const std::string& name)
    : tables_(std::move(tables)), prefix_(std::move(prefix)) {
  const auto require = [&](bool holds, const char* what) {
    if (!holds) throw Error(ErrorKind::kCorrupt, name + ": " + what);
  };
  const std::span<const std::uint32_t> starts = tables_.starts;
  require(
      !starts.empty() && starts.front() == 0 && starts.back() == tables_.bytes.size() && std::ranges::is_sorted(starts),
      "its pieces do not lie one after the other");
  const std::span<const Slot> slots = tables_.slots;
  require(slots.size() >= 2 && std::has_single_bit(slots.size()), "its table has no power of two of places");
  std::size_t used = 0;
  bool in_range = true;
  for (const Slot& slot : slots) {
    used += slot.id == kNone ? 0 : 1;
    in_range = in_range && slot.id >= kNone && slot.id < static_cast<std::int64_t>(size());
  }
  require(in_range, "its table names a piece that is not there");
  require(2 * used <= slots.size(), "its table is too full");
  set_slots(slots);
}

void Vocabulary::set_slots(std::span<const Slot> slots) {
  tables_.slots = slots;
  mask_ = slots.size() - 1;
  shift_ = 64U - static_cast<unsigned>(std::countr_zero(slots.size()));
}

std::int32_t Vocabulary::find(std::string_view piece) const {
  return find_beginning(piece, hash_of(piece, Hash::of_beginning()));
}

}  // namespace riverbank
