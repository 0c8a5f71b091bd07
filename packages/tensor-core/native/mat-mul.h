// C = op(A) op(B) in float32, on the matrix units of a processor that has them for bfloat16 only (Intel AMX).
//
// A float32 is the exact sum of three bfloat16: x = h + m + l, 8 significant bits each. Of the nine products of two such sums, the six whose size is at
// least 2⁻¹⁶ of the largest are summed, in float32 and the smallest first; what is left out is below 2⁻²⁴ of |A| |B|, as float32's own rounding is.
#pragma once
#include <immintrin.h>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include "crew.h"
#include "vector-math.h"

namespace lab {

// A matrix in row-major order, or its transpose.
struct Factor {
  const float* values;
  long stride;
  bool transposed;
  const float* at(long row, long column) const { return transposed ? values + column * stride + row : values + row * stride + column; }
};

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,amx-tile,amx-bf16"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,amx-tile,amx-bf16")
#endif

namespace amx {

using bfloat = uint16_t;
constexpr int SIDE = 16;          // rows of a tile
constexpr int DEPTH = 32;         // bfloat16 of a row: the depth of one product of tiles
constexpr int TILE = SIDE * DEPTH;
constexpr int TERMS = 3 * TILE;   // a block of a matrix: its tile of high, middle and low terms
constexpr int STRIP = 2 * SIDE;   // rows of C that are made at once
constexpr int GROUP = 2;          // strips that are packed at once
constexpr int AHEAD = 32;         // rows to fetch ahead
constexpr size_t PANEL = 1 << 20;   // bytes of the factor that stays in a core's own cache
constexpr size_t PASSING = 1 << 18; // bytes of a strip of the factor that passes

inline int parts(long of, long size) { return static_cast<int>((of + size - 1) / size); }

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

// The bits of the largest size that was packed: a number that has no bfloat16 near it is larger than all that have.
struct Largest {
  __m512i bits;
  void see(__m512 x) { bits = _mm512_max_epu32(bits, _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0x7fffffff))); }
  bool overflows() const { return _mm512_cmpge_epu32_mask(bits, _mm512_castps_si512(_mm512_set1_ps(0x1.fep127f))) != 0; }
};

inline void store(__m512 a, __m512 b, __m512i order, bfloat* to, Largest& largest) {
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
inline void rows_of(const float* x, long stride, long rows, long depth, bfloat* to, Largest& largest) {
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
inline void pairs_of(const float* x, long stride, long columns, long depth, bfloat* to, size_t size, Largest& largest) {
  const __m512i paired = order(true);
  const int tiles = parts(depth, DEPTH);
  for (int k = 0; k < tiles * DEPTH; k += 2) {
    const float* from = x + k * stride;
    bfloat* pair = to + k / DEPTH * TERMS + k % DEPTH * SIDE;
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
inline void turn(bfloat* tile) {
  __m512i a[16], b[16];
  for (int i = 0; i < 16; i++) a[i] = _mm512_load_si512(tile + i * DEPTH);
  for (int i = 0; i < 16; i += 2) {
    b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
    b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
  }
  for (int i = 0; i < 16; i += 4)
    for (int j = 0; j < 2; j++) {
      a[i + 2 * j] = _mm512_unpacklo_epi64(b[i + j], b[i + 2 + j]);
      a[i + 2 * j + 1] = _mm512_unpackhi_epi64(b[i + j], b[i + 2 + j]);
    }
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 2; j++) {
      b[8 * j + i] = _mm512_shuffle_i32x4(a[8 * j + i], a[8 * j + 4 + i], 0x88);
      b[8 * j + 4 + i] = _mm512_shuffle_i32x4(a[8 * j + i], a[8 * j + 4 + i], 0xdd);
    }
  for (int i = 0; i < 8; i++) {
    _mm512_store_si512(tile + i * DEPTH, _mm512_shuffle_i32x4(b[i], b[8 + i], 0x88));
    _mm512_store_si512(tile + (8 + i) * DEPTH, _mm512_shuffle_i32x4(b[i], b[8 + i], 0xdd));
  }
}

inline void turn_all(bfloat* blocks, long depth) {
  for (int t = 0; t < 3 * parts(depth, DEPTH); t++) turn(blocks + t * TILE);
}

// Rows of op(A), from `row` on, over `depth` numbers; returns whether one of them has no bfloat16 near it.
inline bool left_blocks(const Factor& a, long row, long rows, long k, long depth, bfloat* to, size_t size) {
  Largest largest{_mm512_setzero_si512()};
  if (a.transposed) pairs_of(a.at(row, k), a.stride, rows, depth, to, size, largest);
  for (long i = 0; i < rows; i += SIDE, to += size) {
    if (a.transposed) turn_all(to, depth);
    else rows_of(a.at(row + i, k), a.stride, std::min<long>(SIDE, rows - i), depth, to, largest);
  }
  return largest.overflows();
}

// Columns of op(B), from `column` on, likewise.
inline bool right_blocks(const Factor& b, long column, long columns, long k, long depth, bfloat* to, size_t size) {
  Largest largest{_mm512_setzero_si512()};
  if (!b.transposed) {
    pairs_of(b.at(k, column), b.stride, columns, depth, to, size, largest);
    return largest.overflows();
  }
  for (long j = 0; j < columns; j += SIDE, to += size) {
    rows_of(b.at(k, column + j), b.stride, std::min<long>(SIDE, columns - j), depth, to, largest);
    turn_all(to, depth);
  }
  return largest.overflows();
}

// What a sum of products begins with: zero, a row of numbers for all its rows (`stride` is 0), or what stands there.
struct Start {
  const float* values;
  long stride;
};

// C = start + left · right for ROWS × COLUMNS tiles of C over `tiles` blocks of depth; `size` is the length of one row of tiles of a factor.
template <int ROWS, int COLUMNS>
inline void product(const bfloat* left, const bfloat* right, int tiles, size_t size, Start start, float* c, long stride) {
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

inline void product(int rows, int columns, const bfloat* left, const bfloat* right, int tiles, size_t size, Start start, float* c, long stride) {
  if (rows > 1 && columns > 1) product<2, 2>(left, right, tiles, size, start, c, stride);
  else if (rows > 1) product<2, 1>(left, right, tiles, size, start, c, stride);
  else if (columns > 1) product<1, 2>(left, right, tiles, size, start, c, stride);
  else product<1, 1>(left, right, tiles, size, start, c, stride);
}

// Memory of a thread that only grows.
struct Room {
  bfloat* values = nullptr;
  size_t size = 0;
  bfloat* of(size_t wanted) {
    if (wanted > size) {
      std::free(values);
      size = (wanted * sizeof(bfloat) + 4095) / 4096 * 4096 / sizeof(bfloat);
      values = static_cast<bfloat*>(std::aligned_alloc(4096, size * sizeof(bfloat)));
    }
    return values;
  }
  ~Room() { std::free(values); }
};

// Where one product writes: a matrix in row-major order, whether it is the first that adds to it, and the row, if any, that is there before: with room for whole tiles.
struct Sum {
  float* values;
  long rows, columns;
  bool fresh;
  const float* bias;
};

// Adds one product of tiles to C at (row, column).
inline void add_to(const Sum& c, long row, long column, const bfloat* left, const bfloat* right, int tiles, size_t size) {
  const long high = std::min<long>(c.rows - row, STRIP), wide = std::min<long>(c.columns - column, STRIP);
  float* target = c.values + row * c.columns + column;
  const bool whole = high % SIDE == 0 && wide % SIDE == 0;
  alignas(64) float edge[STRIP * STRIP];
  float* into = whole ? target : edge;
  const long stride = whole ? c.columns : STRIP;
  if (!whole && !c.fresh)
    for (long i = 0; i < high; i++) std::memcpy(edge + i * STRIP, target + i * c.columns, wide * sizeof(float));
  const Start start = !c.fresh ? Start{into, stride} : c.bias != nullptr ? Start{c.bias + column, 0} : Start{nullptr, 0};
  product(parts(high, SIDE), parts(wide, SIDE), left, right, tiles, size, start, into, stride);
  if (!whole)
    for (long i = 0; i < high; i++) std::memcpy(target + i * c.columns, edge + i * STRIP, wide * sizeof(float));
}

// Whether some number is so large that it has no bfloat16 near it.
inline bool overflows(const float* x, long rows, long columns, long stride) {
  for (long i = 0; i < rows; i++)
    for (long j = 0; j < columns; j++)
      if (std::abs(x[i * stride + j]) >= 0x1.fep127f) return true;
  return false;
}

inline void plain(const Factor& a, const Factor& b, const float* bias, float* c, long rows, long columns, long depth) {
  for (long i = 0; i < rows; i++) {
    float* row = c + i * columns;
    if (bias == nullptr) std::fill(row, row + columns, 0.0f);
    else std::copy(bias, bias + columns, row);
    for (long k = 0; k < depth; k++) {
      const float x = *a.at(i, k);
      for (long j = 0; j < columns; j++) row[j] += x * *b.at(k, j);
    }
  }
}

// Infinities have no difference to their high term; where they come in, the product is made number by number.
inline void mend(const Factor& a, const Factor& b, const float* bias, float* c, long rows, long columns, long depth) {
  const bool left = a.transposed ? overflows(a.values, depth, rows, a.stride) : overflows(a.values, rows, depth, a.stride);
  const bool right = b.transposed ? overflows(b.values, columns, depth, b.stride) : overflows(b.values, depth, columns, b.stride);
  if (left || right) plain(a, b, bias, c, rows, columns, depth);
}

// C in one thread, or by the crew if `shared`: a panel of the smaller factor stays in the cache while strips of the larger one pass it.
inline void straight(const Factor& a, const Factor& b, const float* bias, float* c, long rows, long columns, long depth, bool shared) {
  static thread_local Room panel_room, bias_room;
  Crew& crew = Crew::here();
  auto each_of = [&](int count, const auto& work) {
    if (shared) return crew.share(count, work);
    for (int i = 0; i < count; i++) work(i);
  };
  const bool left_stays = rows < columns;
  const long staying = left_stays ? rows : columns, passing = left_stays ? columns : rows;
  const int stays = parts(staying, STRIP), strips = parts(passing, STRIP), most = parts(depth, DEPTH);
  const size_t deepest = std::min(PANEL / (stays * 2 * TERMS * sizeof(bfloat)), PASSING / (2 * TERMS * sizeof(bfloat)));
  // Panels of equal depth.
  const int panels = parts(most, std::max<long>(4, static_cast<long>(deepest))), each = parts(most, panels);
  const size_t size = static_cast<size_t>(each) * TERMS;
  bfloat* panel = panel_room.of(2 * stays * size);
  // Few strips are cut into groups, so that everyone has work.
  const int members = shared ? crew.size() : 1;
  const int wide = strips >= 2 * members ? stays : parts(stays, parts(2 * members, strips)), groups = parts(stays, wide);
  std::atomic<bool> large{false};
  float* first_row = nullptr;
  if (bias != nullptr) {
    const long whole = static_cast<long>(parts(columns, STRIP)) * STRIP;
    first_row = reinterpret_cast<float*>(bias_room.of(2 * whole));
    std::copy(bias, bias + columns, first_row);
    std::fill(first_row + columns, first_row + whole, 0.0f);
  }
  for (int p = 0; p < panels; p++) {
    const long k = static_cast<long>(p) * each * DEPTH, deep = std::min<long>(depth - k, each * DEPTH);
    const int tiles = parts(deep, DEPTH);
    const auto blocks = [&](bool of_left, long from, long count, bfloat* to) {
      if (of_left ? left_blocks(a, from, count, k, deep, to, size) : right_blocks(b, from, count, k, deep, to, size)) large = true;
    };
    each_of(parts(stays, GROUP), [&](int group) {
      const long from = static_cast<long>(group) * GROUP * STRIP;
      blocks(left_stays, from, std::min<long>(GROUP * STRIP, staying - from), panel + from / SIDE * size);
    });
    const Sum sum{c, rows, columns, p == 0, first_row};
    each_of(strips * groups, [&](int job) {
      static thread_local Room strip_room;
      bfloat* strip = strip_room.of(2 * size);
      const long at = static_cast<long>(job / groups) * STRIP;
      blocks(!left_stays, at, std::min<long>(STRIP, passing - at), strip);
      TileShapes shapes;
      _tile_loadconfig(&shapes);
      const int first_of = job % groups * wide, end = std::min(stays, first_of + wide);
      for (int i = first_of; i < end; i++) {
        const bfloat* stay = panel + 2 * i * size;
        if (left_stays) add_to(sum, i * STRIP, at, stay, strip, tiles, size);
        else add_to(sum, at, i * STRIP, strip, stay, tiles, size);
      }
      _tile_release();
    });
  }
  if (large) mend(a, b, bias, c, rows, columns, depth);
}

// A transposed left factor costs a transposition of its blocks: where that is dearer than those of B and of C, Cᵀ = op(B)ᵀ op(A)ᵀ is made instead. A number of C,
// which goes to memory and back, weighs as much as two and a half of a factor (measured).
inline void mat_mul(const Factor& a, const Factor& b, float* c, long rows, long columns, long depth, bool shared) {
  const bool instead = 2 * (b.transposed ? 0 : columns) * depth + 5 * rows * columns < 2 * rows * depth;
  if (!a.transposed || !instead) return straight(a, b, nullptr, c, rows, columns, depth, shared);
  static thread_local Room room;
  float* turned = reinterpret_cast<float*>(room.of(2 * rows * columns));
  straight({b.values, b.stride, !b.transposed}, {a.values, a.stride, !a.transposed}, nullptr, turned, columns, rows, depth, shared);
  // Sixteen numbers on a side are a tile of pairs in size.
  const auto transpose = [&](int strip) {
    alignas(64) bfloat block[TILE];
    for (long i = static_cast<long>(strip) * STRIP; i < std::min(rows, (strip + 1L) * STRIP); i += SIDE)
      for (long j = 0; j < columns; j += SIDE) {
        for (long n = 0; n < SIDE; n++)
          _mm512_store_ps(block + n * DEPTH, _mm512_maskz_loadu_ps(n < columns - j ? lanes(rows - i) : 0, turned + (j + n) * rows + i));
        turn(block);
        for (long n = 0; n < std::min<long>(SIDE, rows - i); n++)
          _mm512_mask_storeu_ps(c + (i + n) * columns + j, lanes(columns - j), _mm512_load_ps(block + n * DEPTH));
      }
  };
  if (shared) return Crew::here().share(parts(rows, STRIP), transpose);
  for (int strip = 0; strip < parts(rows, STRIP); strip++) transpose(strip);
}

}  // namespace amx

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
}  // namespace lab
