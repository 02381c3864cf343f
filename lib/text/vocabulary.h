#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace riverbank {

/// Which id has this piece? A flat hash table over bytes. Immutable: any number of threads.
///
/// Pieces are looked up under two kinds of key: as the beginning of a word ("river", the whole piece), and as the
/// continuation of one ("bank" finds "##bank", the piece without its prefix).
///
/// All of it is flat memory, which a later process may map as it is (packed_tokenizer.h).
class Vocabulary {
 public:
  static constexpr std::int32_t kNone = -1;

  /// The hash of a key, made byte by byte, so that a word's prefixes are hashed on the way to its end. Packed
  /// tokenizers hold tables made with it: whoever changes it changes their version.
  class Hash {
   public:
    static Hash of_beginning() { return Hash(0x243F6A8885A308D3U); }     // pi
    static Hash of_continuation() { return Hash(0xB7E151628AED2A6AU); }  // e
    void add(char byte) { value_ = (value_ ^ static_cast<unsigned char>(byte)) * 0x9E3779B97F4A7C15U; }
    std::uint64_t value() const { return value_; }

   private:
    explicit Hash(std::uint64_t seed) : value_(seed) {}
    std::uint64_t value_;
  };

  struct Entry {
    std::string_view piece;
    bool is_added = false;  ///< has an id, but no word is made of it
  };

  struct Slot {
    std::uint32_t tag = 0;
    std::int32_t id = kNone;
  };

  /// What a vocabulary is, as it lies in memory.
  struct Tables {
    std::span<const Slot> slots;            ///< a power of two of them, at most half in use
    std::span<const std::uint32_t> starts;  ///< (size() + 1) where each piece begins
    std::string_view bytes;                 ///< all pieces, one after the other
    std::size_t longest_beginning = 0;      ///< of all keys of that kind, in bytes
    std::size_t longest_continuation = 0;
    std::shared_ptr<const void> storage;  ///< what keeps them alive
  };

  /// `entries` by id; `prefix` is what a continuation begins with ("##").
  /// Messages call them by `name` and `unit` ("line" counts from 1, "id" from 0).
  /// Throws Error kCorrupt for a piece that is there twice.
  Vocabulary(const std::vector<Entry>& entries, std::string prefix, const std::string& name, std::string_view unit);

  /// Tables that come from outside. Throws Error kCorrupt, with `name` in front, when a look-up in them could leave
  /// them or never end.
  Vocabulary(Tables tables, std::string prefix, const std::string& name);

  std::size_t size() const { return tables_.starts.size() - 1; }
  /// The piece with this id, which must be in [0, size()).
  std::string_view piece(std::int32_t id) const {
    const auto i = static_cast<std::size_t>(id);
    return tables_.bytes.substr(tables_.starts[i], tables_.starts[i + 1] - tables_.starts[i]);
  }
  /// The id of a piece of words, "##" and all, or kNone.
  std::int32_t find(std::string_view piece) const;

  /// The id of the piece that is `word`, whose hash this is, or kNone.
  std::int32_t find_beginning(std::string_view word, Hash hash) const { return look_up(word, hash, 0); }
  /// The id of the piece that is the prefix followed by `rest`, or kNone.
  std::int32_t find_continuation(std::string_view rest, Hash hash) const { return look_up(rest, hash, prefix_.size()); }

  /// The length of the longest key of either kind, in bytes.
  std::size_t longest_beginning() const { return tables_.longest_beginning; }
  std::size_t longest_continuation() const { return tables_.longest_continuation; }

  const Tables& tables() const { return tables_; }
  const std::string& prefix() const { return prefix_; }

 private:
  struct Built;

  static std::uint32_t tag_of(Hash hash) { return static_cast<std::uint32_t>(hash.value() >> 16U); }
  std::size_t slot_of(Hash hash) const { return hash.value() >> shift_; }

  std::int32_t look_up(std::string_view key, Hash hash, std::size_t skipped) const {
    const std::uint32_t tag = tag_of(hash);
    for (std::size_t i = slot_of(hash);; i = (i + 1) & mask_) {
      const Slot& slot = tables_.slots[i];
      if (slot.id == kNone) return kNone;
      if (slot.tag != tag) continue;
      const std::string_view found = piece(slot.id);
      if (found.size() == key.size() + skipped && found.substr(skipped) == key &&
          found.substr(0, skipped) == std::string_view(prefix_).substr(0, skipped)) {
        return slot.id;
      }
    }
  }
  void set_slots(std::span<const Slot> slots);

  Tables tables_;
  std::string prefix_;
  std::size_t mask_ = 0;
  unsigned shift_ = 0;
};

}  // namespace riverbank
