// Products in float32 on the vectors that every processor with AVX-512 has.
#pragma once
#include <immintrin.h>
#include "tiles.h"
#include "vector-math.h"

namespace lab {

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")
#endif

namespace vectors {

using tiles::AHEAD, tiles::Largest, tiles::SIDE, tiles::Start, tiles::word;

constexpr int BLOCK = 2 * SIDE;    // words of sixteen numbers
constexpr int ROWS = SIDE / 2;     // rows of C whose sums the registers hold
constexpr size_t PASSING = 1 << 15;  // bytes of a strip of the factor that passes

// Sixteen numbers for each step along the depth: of `rows` ≤ 16 rows of x, `depth` numbers each.
inline void rows_of(const float* x, long stride, long rows, long depth, word* to, Largest& largest) {
  float* block = reinterpret_cast<float*>(to);
  for (long k = 0; k < depth; k += SIDE) {
    __m512i square[SIDE];
    const __mmask16 some = lanes(depth - k);
    for (int i = 0; i < SIDE; i++) {
      const __m512 row = _mm512_maskz_loadu_ps(i < rows ? some : 0, x + i * stride + k);
      largest.see(row);
      square[i] = _mm512_castps_si512(row);
    }
    transpose(square);
    const long left = depth - k;
    for (int i = 0; i < SIDE; i++)
      if (i < left) _mm512_store_si512(block + (k + i) * SIDE, square[i]);
  }
}

// The same of `depth` rows of x, of each `columns` numbers, 16 to a block; `size` from block to block.
inline void columns_of(const float* x, long stride, long columns, long depth, word* to, size_t size, Largest& largest) {
  for (long k = 0; k < depth; k++, x += stride, to += BLOCK) {
    word* block = to;
    for (long j = 0; j < columns; j += SIDE, block += size) {
      // Every row is elsewhere in memory, where no processor looks ahead by itself.
      _mm_prefetch(reinterpret_cast<const char*>(x + AHEAD * stride + j), _MM_HINT_T0);
      const __m512 row = _mm512_maskz_loadu_ps(lanes(columns - j), x + j);
      largest.see(row);
      _mm512_store_ps(reinterpret_cast<float*>(block), row);
    }
  }
}

// ROWS rows of C, COLUMNS · 16 columns wide.
template <int COLUMNS>
inline void some_rows(const float* left, const float* right, long depth, size_t size, Start start, float* c, long stride) {
  __m512 total[ROWS][COLUMNS];
  for (int r = 0; r < ROWS; r++)
    for (int j = 0; j < COLUMNS; j++) total[r][j] = start.values == nullptr ? _mm512_setzero_ps() : _mm512_loadu_ps(start.values + r * start.stride + j * SIDE);
  for (long k = 0; k < depth; k++, left += SIDE, right += SIDE) {
    __m512 column[COLUMNS];
    for (int j = 0; j < COLUMNS; j++) column[j] = _mm512_load_ps(right + j * size);
    for (int r = 0; r < ROWS; r++) {
      const __m512 x = _mm512_set1_ps(left[r]);
      for (int j = 0; j < COLUMNS; j++) total[r][j] = _mm512_fmadd_ps(x, column[j], total[r][j]);
    }
  }
  for (int r = 0; r < ROWS; r++)
    for (int j = 0; j < COLUMNS; j++) _mm512_storeu_ps(c + r * stride + j * SIDE, total[r][j]);
}

// C = start + left · right for `rows` × `columns` blocks of C over `depth`; `size` is the length of one block of a factor.
inline void product(int rows, int columns, const word* left, const word* right, long depth, size_t size, Start start, float* c, long stride) {
  const float* of_right = reinterpret_cast<const float*>(right);
  for (int half = 0; half < 2 * rows; half++) {
    const float* of_left = reinterpret_cast<const float*>(left + half / 2 * size) + half % 2 * ROWS;
    const Start from{start.values == nullptr ? nullptr : start.values + half * ROWS * start.stride, start.stride};
    if (columns > 1) some_rows<2>(of_left, of_right, depth, size / 2, from, c + half * ROWS * stride, stride);
    else some_rows<1>(of_left, of_right, depth, size / 2, from, c + half * ROWS * stride, stride);
  }
}

}  // namespace vectors

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
}  // namespace lab
