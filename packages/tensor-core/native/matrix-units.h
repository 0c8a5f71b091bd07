// Products in float32 on the matrix units of a processor that has them for bfloat16 only (Intel AMX).
//
// A float32 is the exact sum of three bfloat16: x = h + m + l, 8 significant bits each. Of the nine products of two such sums, the six whose size is at
// least 2⁻¹⁶ of the largest are summed, in float32 and the smallest first; what is left out is below 2⁻²⁴ of |A| |B|, as float32's own rounding is.
#pragma once
#include <immintrin.h>
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "tiles.h"
#include "vector-math.h"

namespace lab {

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,amx-tile,amx-bf16"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,amx-tile,amx-bf16")
#endif

namespace units {

using tiles::AHEAD, tiles::Largest, tiles::parts, tiles::SIDE, tiles::Start, tiles::word;

constexpr int DEPTH = 32;          // bfloat16 of a row: the depth of one product of tiles
constexpr int TILE = SIDE * DEPTH;
constexpr int TERMS = 3 * TILE;    // a block of a matrix: its tile of high, middle and low terms
constexpr size_t PASSING = 1 << 18;  // bytes of a strip of the factor that passes

// Asks the processor, and the system for the right to use them.
inline bool usable() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  // ARCH_REQ_XCOMP_PERM for the tiles' data.
  return (d >> 22 & 1) && (d >> 24 & 1) && syscall(SYS_arch_prctl, 0x1023, 18) == 0;
}

struct alignas(64) TileShapes {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

// The upper halves of 32 floats, picked by `order` from two registers: to the nearest bfloat16, the rest stays in a and b.
inline __m512i nearest(__m512& a, __m512& b, __m512i order) {
  const __m512i half = _mm512_set1_epi32(0x8000), upper = _mm512_set1_epi32(static_cast<int>(0xffff0000));
  const __m512i x = _mm512_and_si512(_mm512_add_epi32(_mm512_castps_si512(a), half), upper);
  const __m512i y = _mm512_and_si512(_mm512_add_epi32(_mm512_castps_si512(b), half), upper);
  a = _mm512_sub_ps(a, _mm512_castsi512_ps(x));
  b = _mm512_sub_ps(b, _mm512_castsi512_ps(y));
  return _mm512_permutex2var_epi16(x, order, y);
}

inline void store(__m512 a, __m512 b, __m512i order, word* to, Largest& largest) {
  largest.see(a);
  largest.see(b);
  _mm512_store_si512(to, nearest(a, b, order));
  _mm512_store_si512(to + TILE, nearest(a, b, order));
  // At most eight bits are left: the upper half is all of it.
  _mm512_store_si512(to + 2 * TILE, _mm512_permutex2var_epi16(_mm512_castps_si512(a), order, _mm512_castps_si512(b)));
}

inline __m512i order(bool paired) {
  alignas(64) uint16_t words[32];
  for (int i = 0; i < 32; i++) words[i] = static_cast<uint16_t>(paired ? (i % 2) * 32 + i / 2 * 2 + 1 : 2 * i + 1);
  return _mm512_load_si512(words);
}

// Rows of 32 numbers along the depth: `rows` ≤ 16 rows of x, `depth` numbers each.
inline void rows_of(const float* x, long stride, long rows, long depth, word* to, Largest& largest) {
  const __m512i one_by_one = order(false);
  const int tiles = parts(depth, DEPTH);
  for (int i = 0; i < SIDE; i++)
    for (int t = 0; t < tiles; t++) {
      const float* from = x + i * stride + t * DEPTH;
      const long left = i < rows ? depth - t * DEPTH : 0;
      store(_mm512_maskz_loadu_ps(lanes(left), from), _mm512_maskz_loadu_ps(lanes(left - 16), from + 16), one_by_one, to + t * TERMS + i * DEPTH, largest);
    }
}

// Rows of 16 pairs, a pair from two neighbours along the depth: `depth` rows of x, of each `columns` numbers, 16 to a block; `size` from block to block.
inline void pairs_of(const float* x, long stride, long columns, long depth, word* to, size_t size, Largest& largest) {
  const __m512i paired = order(true);
  const int tiles = parts(depth, DEPTH);
  for (int k = 0; k < tiles * DEPTH; k += 2) {
    const float* from = x + k * stride;
    word* pair = to + k / DEPTH * TERMS + k % DEPTH * SIDE;
    const bool one = k < depth, two = k + 1 < depth;
    for (long j = 0; j < columns; j += SIDE, from += SIDE, pair += size) {
      // Every row is elsewhere in memory, where no processor looks ahead by itself.
      _mm_prefetch(reinterpret_cast<const char*>(from + AHEAD * stride), _MM_HINT_T0);
      _mm_prefetch(reinterpret_cast<const char*>(from + (AHEAD + 1) * stride), _MM_HINT_T0);
      const __mmask16 some = lanes(columns - j);
      store(_mm512_maskz_loadu_ps(one ? some : 0, from), _mm512_maskz_loadu_ps(two ? some : 0, from + stride), paired, pair, largest);
    }
  }
}

// Transposes a tile of 16 × 16 pairs.
inline void turn(word* tile) {
  __m512i rows[16];
  for (int i = 0; i < 16; i++) rows[i] = _mm512_load_si512(tile + i * DEPTH);
  transpose(rows);
  for (int i = 0; i < 16; i++) _mm512_store_si512(tile + i * DEPTH, rows[i]);
}

inline void turn_all(word* blocks, long depth) {
  for (int t = 0; t < 3 * parts(depth, DEPTH); t++) turn(blocks + t * TILE);
}

// C = start + left · right for ROWS × COLUMNS tiles of C over `tiles` blocks of depth; `size` is the length of one row of tiles of a factor.
template <int ROWS, int COLUMNS>
inline void product(const word* left, const word* right, int tiles, size_t size, Start start, float* c, long stride) {
  const long bytes = stride * 4;
  if (start.values == nullptr) {
    _tile_zero(0);
    if constexpr (COLUMNS > 1) _tile_zero(1);
    if constexpr (ROWS > 1) _tile_zero(2);
    if constexpr (ROWS > 1 && COLUMNS > 1) _tile_zero(3);
  } else {
    const long from = start.stride * 4;
    _tile_loadd(0, start.values, from);
    if constexpr (COLUMNS > 1) _tile_loadd(1, start.values + SIDE, from);
    if constexpr (ROWS > 1) _tile_loadd(2, start.values + SIDE * start.stride, from);
    if constexpr (ROWS > 1 && COLUMNS > 1) _tile_loadd(3, start.values + SIDE * start.stride + SIDE, from);
  }
#define LAB_LEFT(term)                                           \
  _tile_loadd(4, left + term * TILE, 64);                        \
  if constexpr (ROWS > 1) _tile_loadd(5, left + size + term * TILE, 64);
#define LAB_RIGHT(term)                                          \
  _tile_loadd(6, right + term * TILE, 64);                       \
  if constexpr (COLUMNS > 1) _tile_loadd(7, right + size + term * TILE, 64);
#define LAB_ADD                                                  \
  _tile_dpbf16ps(0, 4, 6);                                       \
  if constexpr (COLUMNS > 1) _tile_dpbf16ps(1, 4, 7);            \
  if constexpr (ROWS > 1) _tile_dpbf16ps(2, 5, 6);               \
  if constexpr (ROWS > 1 && COLUMNS > 1) _tile_dpbf16ps(3, 5, 7);
  for (int t = 0; t < tiles; t++, left += TERMS, right += TERMS) {
    LAB_LEFT(0) LAB_RIGHT(2) LAB_ADD  // high × low
    LAB_RIGHT(1) LAB_ADD              // high × middle
    LAB_LEFT(1) LAB_ADD               // middle × middle
    LAB_RIGHT(0) LAB_ADD              // middle × high
    LAB_LEFT(2) LAB_ADD               // low × high
    LAB_LEFT(0) LAB_ADD               // high × high
  }
#undef LAB_LEFT
#undef LAB_RIGHT
#undef LAB_ADD
  _tile_stored(0, c, bytes);
  if constexpr (COLUMNS > 1) _tile_stored(1, c + SIDE, bytes);
  if constexpr (ROWS > 1) _tile_stored(2, c + SIDE * stride, bytes);
  if constexpr (ROWS > 1 && COLUMNS > 1) _tile_stored(3, c + SIDE * stride + SIDE, bytes);
}

inline void product(int rows, int columns, const word* left, const word* right, int tiles, size_t size, Start start, float* c, long stride) {
  if (rows > 1 && columns > 1) product<2, 2>(left, right, tiles, size, start, c, stride);
  else if (rows > 1) product<2, 1>(left, right, tiles, size, start, c, stride);
  else if (columns > 1) product<1, 2>(left, right, tiles, size, start, c, stride);
  else product<1, 1>(left, right, tiles, size, start, c, stride);
}

}  // namespace units

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
}  // namespace lab
