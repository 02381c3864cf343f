#pragma once

#if defined(__x86_64__)

#include <ucontext.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "lib/math/cpu.h"
#include "lib/math/precision.h"

namespace riverbank::testing {

/// AMX's tile registers, and what its instructions do to them (Intel SDM volume 1, chapter 18; volume 2, LDTILECFG to
/// TILEZERO). Each function returns whether the processor would do it: false where it would fault.
class TileRegisters {
 public:
  /// LDTILECFG.
  bool configure(const std::uint8_t* sizes) {
    std::array<Tile, kTiles> tiles{};
    const auto is_zero = [&](std::size_t from, std::size_t to) {
      return std::all_of(sizes + from, sizes + to, [](std::uint8_t byte) { return byte == 0; });
    };
    // Palette 1, from the first row on; what is reserved, and the sizes of tiles from 8 on, are zero.
    if (sizes[0] != 1 || !is_zero(1, 16) || !is_zero(32, 48) || !is_zero(56, 64)) return false;
    for (std::size_t i = 0; i < kTiles; ++i) {
      std::uint16_t row_bytes = 0;
      std::memcpy(&row_bytes, sizes + 16 + 2 * i, sizeof row_bytes);
      const std::size_t rows = sizes[48 + i];
      if (row_bytes > kRowBytes || rows > kRows || (row_bytes == 0) != (rows == 0)) return false;
      tiles[i].rows = rows;
      tiles[i].row_bytes = row_bytes;
    }
    tiles_ = tiles;
    is_configured_ = true;
    return true;
  }

  /// TILERELEASE.
  void release() { *this = {}; }

  bool is_configured() const { return is_configured_; }

  /// TILEZERO.
  bool clear(int tile) {
    if (!is_valid(tile)) return false;
    at(tile).bytes = {};
    return true;
  }

  /// TILELOADD: its rows and columns, nothing else of the memory.
  bool load(int tile, const std::byte* from, std::ptrdiff_t stride) {
    if (!is_valid(tile)) return false;
    at(tile).bytes = {};
    for (std::size_t row = 0; row < at(tile).rows; ++row, from += stride) {
      std::memcpy(at(tile).bytes[row].data(), from, at(tile).row_bytes);
    }
    return true;
  }

  /// TILESTORED.
  bool store(int tile, std::byte* to, std::ptrdiff_t stride) const {
    if (!is_valid(tile)) return false;
    for (std::size_t row = 0; row < at(tile).rows; ++row, to += stride) {
      std::memcpy(to, at(tile).bytes[row].data(), at(tile).row_bytes);
    }
    return true;
  }

  /// TDPBUSD: C[m][n] += sum over k of the four products of A[m][k]'s bytes, unsigned, with B[k][n]'s, signed.
  bool dot_bytes(int c, int a, int b) {
    if (!fit(c, a, b)) return false;
    for (std::size_t m = 0; m < at(c).rows; ++m) {
      for (std::size_t k = 0; k < 4 * at(b).rows; ++k) {
        const int factor = at(a).get<std::uint8_t>(m, k);
        if (factor == 0) continue;  // saves time
        for (std::size_t n = 0; n < at(c).row_bytes / 4; ++n) {
          const int product = factor * at(b).get<std::int8_t>(k / 4, 4 * n + k % 4);
          at(c).put(m, n, at(c).get<std::uint32_t>(m, n) + static_cast<std::uint32_t>(product));
        }
      }
    }
    return true;
  }

  /// TDPBF16PS: the products of even and of odd numbers of a row are summed apart, each step rounded once; then both
  /// sums and C are added. Subnormal numbers are 0.
  bool dot_bfloat16(int c, int a, int b) {
    if (!fit(c, a, b)) return false;
    const auto widened = [](std::uint16_t half) {
      return without_subnormals(std::bit_cast<float>(std::uint32_t{half} << 16U));
    };
    for (std::size_t m = 0; m < at(c).rows; ++m) {
      for (std::size_t n = 0; n < at(c).row_bytes / 4; ++n) {
        std::array<float, 2> sums{};
        for (std::size_t k = 0; k < 2 * at(b).rows; ++k) {
          const float factor = widened(at(a).get<std::uint16_t>(m, k));
          const float other = widened(at(b).get<std::uint16_t>(k / 2, 2 * n + k % 2));
          sums[k % 2] = without_subnormals(std::fma(factor, other, sums[k % 2]));
        }
        const float both = without_subnormals(sums[0] + sums[1]);
        at(c).put(m, n, without_subnormals(without_subnormals(at(c).get<float>(m, n)) + both));
      }
    }
    return true;
  }

 private:
  static constexpr std::size_t kTiles = 8, kRows = 16, kRowBytes = 64;

  struct Tile {
    std::size_t rows = 0, row_bytes = 0;
    std::array<std::array<std::byte, kRowBytes>, kRows> bytes{};

    template <typename T>
    T get(std::size_t row, std::size_t i) const {
      T value;
      std::memcpy(&value, bytes[row].data() + i * sizeof value, sizeof value);
      return value;
    }
    template <typename T>
    void put(std::size_t row, std::size_t i, T value) {
      std::memcpy(bytes[row].data() + i * sizeof value, &value, sizeof value);
    }
  };

  static float without_subnormals(float x) { return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0F, x) : x; }

  Tile& at(int tile) { return tiles_[static_cast<std::size_t>(tile)]; }
  const Tile& at(int tile) const { return tiles_[static_cast<std::size_t>(tile)]; }

  bool is_valid(int tile) const { return is_configured_ && at(tile).rows != 0 && at(tile).row_bytes % 4 == 0; }

  /// Whether C (m, n), A (m, k) and B (k, n) are three tiles of such sizes.
  bool fit(int c, int a, int b) const {
    return is_valid(c) && is_valid(a) && is_valid(b) && c != a && c != b && a != b && at(c).rows == at(a).rows &&
           at(c).row_bytes == at(b).row_bytes && at(a).row_bytes / 4 == at(b).rows;
  }

  std::array<Tile, kTiles> tiles_{};
  bool is_configured_ = false;
};

/// Runs code with AMX's tile instructions on a processor without them, each thread with tiles of its own: such a
/// processor raises an exception at each of them, which arrives as SIGILL, and here it is done instead. What is run is
/// the kernels' machine code as it is shipped. An instruction at which a processor with AMX would raise an exception,
/// and any other that this one does not know, ends the program by SIGILL as it would anyway.
class TileEmulator {
 public:
  TileEmulator() {
    struct sigaction action {};
    action.sa_sigaction = [](int, siginfo_t*, void* context) {
      if (!execute(static_cast<ucontext_t*>(context)->uc_mcontext)) std::signal(SIGILL, SIG_DFL);  // comes again
    };
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGILL, &action, &before_);
  }
  ~TileEmulator() { sigaction(SIGILL, &before_, nullptr); }
  TileEmulator(const TileEmulator&) = delete;
  TileEmulator& operator=(const TileEmulator&) = delete;

  /// Whether this processor needs it, and has all the other instructions of kAmx.
  static bool is_of_use() {
    const auto& sets = supported_instruction_sets();
    const auto has = [&](InstructionSet set) { return std::find(sets.begin(), sets.end(), set) != sets.end(); };
    return has(InstructionSet::kAvx512) && !has(InstructionSet::kAmx) &&
           supported_precisions(InstructionSet::kAvx512).size() == supported_precisions(InstructionSet::kAmx).size();
  }

  /// Products of tiles that all threads together have done so far.
  static std::uint64_t products() { return products_; }

  /// Whether this thread has tiles that somebody would have to save.
  static bool has_tiles() { return registers_.is_configured(); }

 private:
  /// A tile instruction: VEX with three bytes (SDM volume 2A, 2.3.5), an opcode, ModRM, for memory SIB and
  /// displacement.
  struct Instruction {
    unsigned prefix;               ///< VEX.pp: 0 none, 1 66, 2 F3, 3 F2
    unsigned opcode;               ///< of map 0F38
    int reg, rm, vvvv;             ///< as tiles
    bool has_memory;               ///< or `rm` is a tile
    bool has_index;                ///< of a SIB byte
    std::byte* address = nullptr;  ///< base + displacement; without a SIB byte all of it
    std::ptrdiff_t stride = 0;     ///< index times scale
    std::size_t bytes = 0;         ///< that it is long
  };

  static std::uint64_t general_register(const mcontext_t& context, unsigned number) {
    constexpr std::array kOrder{REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
    return static_cast<std::uint64_t>(context.gregs[kOrder[number]]);
  }

  static bool decode(const mcontext_t& context, Instruction& read) {
    const auto* at = reinterpret_cast<const std::uint8_t*>(context.gregs[REG_RIP]);
    const auto* const begin = at;
    if (at[0] != 0xc4 || (at[1] & 0x1fU) != 2 || (at[2] & 0x84U) != 0) return false;  // map 0F38, W 0, L 0
    const unsigned inverted = ~unsigned{at[1]}, r = inverted >> 7U & 1U, x = inverted >> 6U & 1U,
                   b = inverted >> 5U & 1U;
    read.vvvv = static_cast<int>(~unsigned{at[2]} >> 3U & 0xfU);
    read.prefix = at[2] & 3U;
    read.opcode = at[3];
    const unsigned mod = at[4] >> 6U, rm = at[4] & 7U;
    read.reg = static_cast<int>((at[4] >> 3U & 7U) + 8 * r);
    read.rm = static_cast<int>(rm);
    read.has_memory = mod != 3;
    read.has_index = false;
    at += 5;
    if (read.has_memory) {
      std::uint64_t address = 0;
      unsigned base = rm;
      if (rm == 4) {
        const unsigned index = (*at >> 3U & 7U) + 8 * x;
        read.has_index = index != 4;
        if (read.has_index) {
          read.stride = static_cast<std::ptrdiff_t>(general_register(context, index) << (*at >> 6U));
        }
        base = *at & 7U;
        ++at;
      }
      if (mod == 0 && base == 5) {  // relative to what comes next; nothing that a SIB byte says is
        if (rm == 4) return false;
        std::int32_t displacement = 0;
        std::memcpy(&displacement, at, sizeof displacement);
        at += sizeof displacement;
        address = reinterpret_cast<std::uint64_t>(at) + static_cast<std::uint64_t>(std::int64_t{displacement});
      } else {
        address = general_register(context, base + 8 * b);
        if (mod == 1) address += static_cast<std::uint64_t>(std::int64_t{static_cast<std::int8_t>(*at++)});
        if (mod == 2) {
          std::int32_t displacement = 0;
          std::memcpy(&displacement, at, sizeof displacement);
          at += sizeof displacement;
          address += static_cast<std::uint64_t>(std::int64_t{displacement});
        }
      }
      read.address = reinterpret_cast<std::byte*>(address);
    }
    read.bytes = static_cast<std::size_t>(at - begin);
    return true;
  }

  static bool run(const Instruction& read) {
    constexpr int kNone = 0;  // what VEX.vvvv is where no register is meant, inverted
    TileRegisters& tiles = registers_;
    const unsigned what = read.prefix << 8U | read.opcode;
    if (read.reg > 7 || read.vvvv > 7 || (read.opcode != 0x5e && read.opcode != 0x5c && read.vvvv != kNone))
      return false;
    switch (what) {
      case 0x049:
        if (read.reg != 0) return false;
        if (read.has_memory) {
          return tiles.configure(reinterpret_cast<const std::uint8_t*>(read.address + read.stride));
        }
        tiles.release();
        return read.rm == 0;
      case 0x349:
        return !read.has_memory && read.rm == 0 && tiles.clear(read.reg);
      case 0x34b:
        return read.has_memory && read.has_index && tiles.load(read.reg, read.address, read.stride);
      case 0x24b:
        return read.has_memory && read.has_index && tiles.store(read.reg, read.address, read.stride);
      case 0x15e:
        ++products_;
        return !read.has_memory && tiles.dot_bytes(read.reg, read.rm, read.vvvv);
      case 0x25c:
        ++products_;
        return !read.has_memory && tiles.dot_bfloat16(read.reg, read.rm, read.vvvv);
      default:
        return false;
    }
  }

  static bool execute(mcontext_t& context) {
    Instruction read{};
    if (!decode(context, read) || !run(read)) return false;
    context.gregs[REG_RIP] += static_cast<greg_t>(read.bytes);
    return true;
  }

  static inline thread_local constinit TileRegisters registers_;
  static inline std::atomic<std::uint64_t> products_ = 0;
  struct sigaction before_ {};
};

}  // namespace riverbank::testing

#endif
