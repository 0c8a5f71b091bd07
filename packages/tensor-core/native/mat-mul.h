// C = op(A) op(B) in float32, on the processor's matrix units if it has them, else on its vectors.
#pragma once
#include <immintrin.h>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include "crew.h"
#include "matrix-units.h"
#include "tiles.h"
#include "vector-math.h"
#include "vector-product.h"
#include "vectors.h"

namespace lab {

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,amx-tile,amx-bf16"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,amx-tile,amx-bf16")
#endif

namespace tiles {

// Decided once; `LAB_KERNELS=vectors` leaves matrix units alone.
inline const bool UNITS = [] {
  const char* kernels = std::getenv("LAB_KERNELS");
  return (kernels == nullptr || std::strcmp(kernels, "vectors") != 0) && units::usable();
}();
inline const int DEPTH = UNITS ? units::DEPTH : 1;               // numbers of a row in one block
inline const int TERMS = UNITS ? units::TERMS : vectors::BLOCK;  // words of one block
inline const size_t PASSING = UNITS ? units::PASSING : vectors::PASSING;
constexpr int GROUP = 2;            // strips that are packed at once
constexpr int SHALLOWEST = 128;     // a panel of a product that is cut along the depth
constexpr size_t PANEL = 1 << 20;   // bytes of the factor that stays in a core's own cache

// Around products of one thread.
class Multiplying {
 public:
  Multiplying() {
    if (!UNITS) return;
    const units::TileShapes shapes;
    _tile_loadconfig(&shapes);
  }
  ~Multiplying() {
    if (UNITS) _tile_release();
  }
  Multiplying(const Multiplying&) = delete;
  Multiplying& operator=(const Multiplying&) = delete;
};

inline void rows_of(const float* x, long stride, long rows, long depth, word* to, Largest& largest) {
  if (UNITS) units::rows_of(x, stride, rows, depth, to, largest);
  else vectors::rows_of(x, stride, rows, depth, to, largest);
}

inline void product(int rows, int columns, const word* left, const word* right, int blocks, size_t size, Start start, float* c, long stride) {
  if (UNITS) units::product(rows, columns, left, right, blocks, size, start, c, stride);
  else vectors::product(rows, columns, left, right, blocks, size, start, c, stride);
}

// Rows of op(A), from `row` on, over `depth` numbers; returns whether one of them is large.
inline bool left_blocks(const Factor& a, long row, long rows, long k, long depth, word* to, size_t size) {
  Largest largest{_mm512_setzero_si512()};
  if (a.transposed && !UNITS) vectors::columns_of(a.at(row, k), a.stride, rows, depth, to, size, largest);
  else if (a.transposed) {
    units::pairs_of(a.at(row, k), a.stride, rows, depth, to, size, largest);
    for (long i = 0; i < rows; i += SIDE) units::turn_all(to + i / SIDE * size, depth);
  } else
    for (long i = 0; i < rows; i += SIDE) rows_of(a.at(row + i, k), a.stride, std::min<long>(SIDE, rows - i), depth, to + i / SIDE * size, largest);
  return largest.overflows();
}

// Columns of op(B), from `column` on, likewise.
inline bool right_blocks(const Factor& b, long column, long columns, long k, long depth, word* to, size_t size) {
  Largest largest{_mm512_setzero_si512()};
  if (!b.transposed && UNITS) units::pairs_of(b.at(k, column), b.stride, columns, depth, to, size, largest);
  else if (!b.transposed) vectors::columns_of(b.at(k, column), b.stride, columns, depth, to, size, largest);
  else
    for (long j = 0; j < columns; j += SIDE) {
      word* block = to + j / SIDE * size;
      rows_of(b.at(k, column + j), b.stride, std::min<long>(SIDE, columns - j), depth, block, largest);
      if (UNITS) units::turn_all(block, depth);
    }
  return largest.overflows();
}

// Where one product writes: a matrix in row-major order, whether it is the first that adds to it, and the row, if any, that is there before: with room for whole tiles.
struct Sum {
  float* values;
  long rows, columns;
  bool fresh;
  const float* bias;
};

// Adds one product of tiles to C at (row, column).
inline void add_to(const Sum& c, long row, long column, const word* left, const word* right, int tiles, size_t size) {
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

// C = A · panel for `rows` ≤ STRIP rows of A in row-major order, over the whole depth, and a panel of packed columns, `size` from block to block; A is packed into
// `room`, of two blocks, where the units need it. Returns whether a number of A is large.
inline bool by_panel(const float* a, long rows, long depth, const word* panel, size_t size, word* room, const Sum& c, long row) {
  if (UNITS) {
    const bool large = left_blocks({a, depth, false}, 0, rows, 0, depth, room, size);
    for (long j = 0; j < c.columns; j += STRIP) add_to(c, row, j, room, panel + j / SIDE * size, parts(depth, DEPTH), size);
    return large;
  }
  vectors::by_blocks({a, depth, 1}, rows, reinterpret_cast<const float*>(panel), size / 2, depth, c.values + row * c.columns, c.columns);
  Largest largest{_mm512_setzero_si512()};
  sixteens(rows * depth, [&](long i, __mmask16 some) { largest.see(_mm512_maskz_loadu_ps(some, a + i)); });
  return largest.overflows();
}

// Whether some number is so large that it has no bfloat16 near it.
inline bool overflows(const float* x, long rows, long columns, long stride) {
  for (long i = 0; i < rows; i++)
    for (long j = 0; j < columns; j++)
      if (std::abs(x[i * stride + j]) >= LARGE) return true;
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

// C in one thread, or by the crew if `shared`, on matrix units: a panel of the smaller factor stays in the cache while strips of the larger one pass it.
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
  const size_t deepest = std::min(PANEL / (stays * 2 * TERMS * sizeof(word)), PASSING / (2 * TERMS * sizeof(word)));
  // Panels of equal depth.
  const int panels = parts(most, std::max<long>(SHALLOWEST / DEPTH, static_cast<long>(deepest))), each = parts(most, panels);
  const size_t size = static_cast<size_t>(each) * TERMS;
  word* panel = panel_room.of(2 * stays * size);
  // Few strips are cut into groups, so that everyone has work.
  const int members = shared ? crew.size() : 1;
  const int wide = strips >= 2 * members ? stays : parts(stays, parts(2 * members, strips)), groups = parts(stays, wide);
  std::atomic<bool> large{false};
  float* first_row = nullptr;
  if (bias != nullptr) {
    const long whole = static_cast<long>(parts(columns, STRIP)) * STRIP;
    first_row = bias_room.floats(whole);
    std::copy(bias, bias + columns, first_row);
    std::fill(first_row + columns, first_row + whole, 0.0f);
  }
  for (int p = 0; p < panels; p++) {
    const long k = static_cast<long>(p) * each * DEPTH, deep = std::min<long>(depth - k, each * DEPTH);
    const int tiles = parts(deep, DEPTH);
    const auto blocks = [&](bool of_left, long from, long count, word* to) {
      if (of_left ? left_blocks(a, from, count, k, deep, to, size) : right_blocks(b, from, count, k, deep, to, size)) large = true;
    };
    each_of(parts(stays, GROUP), [&](int group) {
      const long from = static_cast<long>(group) * GROUP * STRIP;
      blocks(left_stays, from, std::min<long>(GROUP * STRIP, staying - from), panel + from / SIDE * size);
    });
    const Sum sum{c, rows, columns, p == 0, first_row};
    each_of(strips * groups, [&](int job) {
      static thread_local Room strip_room;
      word* strip = strip_room.of(2 * size);
      const long at = static_cast<long>(job / groups) * STRIP;
      blocks(!left_stays, at, std::min<long>(STRIP, passing - at), strip);
      const Multiplying multiplying;
      const int first_of = job % groups * wide, end = std::min(stays, first_of + wide);
      for (int i = first_of; i < end; i++) {
        const word* stay = panel + 2 * i * size;
        if (left_stays) add_to(sum, i * STRIP, at, stay, strip, tiles, size);
        else add_to(sum, at, i * STRIP, strip, stay, tiles, size);
      }
    });
  }
  if (large) mend(a, b, bias, c, rows, columns, depth);
}

// C = bias + op(A) op(B), by the crew if `shared`.
inline void affine(const Factor& a, const Factor& b, const float* bias, float* c, long rows, long columns, long depth, bool shared) {
  if (UNITS) straight(a, b, bias, c, rows, columns, depth, shared);
  else vectors::multiply(a, b, bias, c, rows, columns, depth, shared);
}

// Whether Cᵀ = op(B)ᵀ op(A)ᵀ is cheaper to make, and to turn, than C. For matrix units a transposed left factor costs a transposition of its blocks: it is where that
// is dearer than those of B and of C; a number of C, which goes to memory and back, weighs as much as two and a half of a factor (measured). Vectors read a left factor
// where it lies, if it is not transposed, and transpose a right one that is: it is where the larger factor can be the left one.
inline bool turns(const Factor& a, const Factor& b, long rows, long columns, long depth) {
  if (UNITS) return a.transposed && 2 * (b.transposed ? 0 : columns) * depth + 5 * rows * columns < 2 * rows * depth;
  return !a.transposed && b.transposed && 2 * rows < columns && 2 * rows < depth;
}

inline void mat_mul(const Factor& a, const Factor& b, float* c, long rows, long columns, long depth, bool shared) {
  if (!turns(a, b, rows, columns, depth)) return affine(a, b, nullptr, c, rows, columns, depth, shared);
  static thread_local Room room;
  float* turned = room.floats(rows * columns);
  affine({b.values, b.stride, !b.transposed}, {a.values, a.stride, !a.transposed}, nullptr, turned, columns, rows, depth, shared);
  const auto turn_back = [&](int strip) {
    for (long i = static_cast<long>(strip) * STRIP; i < std::min(rows, (strip + 1L) * STRIP); i += SIDE)
      for (long j = 0; j < columns; j += SIDE) {
        __m512i block[SIDE];
        for (long n = 0; n < SIDE; n++) block[n] = _mm512_maskz_loadu_epi32(n < columns - j ? lanes(rows - i) : 0, turned + (j + n) * rows + i);
        transpose(block);
        for (long n = 0; n < std::min<long>(SIDE, rows - i); n++) _mm512_mask_storeu_epi32(c + (i + n) * columns + j, lanes(columns - j), block[n]);
      }
  };
  if (shared) return Crew::here().share(parts(rows, STRIP), turn_back);
  for (int strip = 0; strip < parts(rows, STRIP); strip++) turn_back(strip);
}

}  // namespace tiles

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
}  // namespace lab
