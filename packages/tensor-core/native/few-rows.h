// C = A op(B) in float32 for an A of few rows, as when a text is written token by token: B, which nobody uses twice, passes through the processor once.
#pragma once
#include <algorithm>
#include "crew.h"
#include "vector-math.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")
#endif

namespace lab::few {

constexpr long MOST = 16;   // rows of A: for more of them it pays to cut B into bfloat16
constexpr long AHEAD = 24;  // rows of B to fetch ahead

// The sums of four registers, in the first four floats.
inline __m128 sums(__m512 a, __m512 b, __m512 c, __m512 d) {
  const __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b)), cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
  const __m512 all = _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd))),
                                   _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd))));
  const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps(all, 1));
  return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
}

// ROWS rows of C, VECTORS · 16 columns wide, of which `columns` are there.
template <int ROWS, int VECTORS>
inline void block(const float* a, long a_stride, const float* b, long b_stride, const float* bias, float* c, long c_stride, long columns, long depth) {
  __m512 total[ROWS][VECTORS];
  __mmask16 some[VECTORS];
  for (int v = 0; v < VECTORS; v++) {
    some[v] = lanes(columns - v * WIDE);
    const __m512 start = bias == nullptr ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(some[v], bias + v * WIDE);
    for (int r = 0; r < ROWS; r++) total[r][v] = start;
  }
  for (long k = 0; k < depth; k++, b += b_stride) {
    __m512 row[VECTORS];
    for (int v = 0; v < VECTORS; v++) {
      row[v] = _mm512_maskz_loadu_ps(some[v], b + v * WIDE);
      // Every row is elsewhere in memory, where no processor looks ahead by itself.
      _mm_prefetch(reinterpret_cast<const char*>(b + AHEAD * b_stride + v * WIDE), _MM_HINT_T0);
    }
    for (int r = 0; r < ROWS; r++) {
      const __m512 x = _mm512_set1_ps(a[r * a_stride + k]);
      for (int v = 0; v < VECTORS; v++) total[r][v] = _mm512_fmadd_ps(x, row[v], total[r][v]);
    }
  }
  for (int r = 0; r < ROWS; r++)
    for (int v = 0; v < VECTORS; v++) _mm512_mask_storeu_ps(c + r * c_stride + v * WIDE, some[v], total[r][v]);
}

// All rows of a strip of C: what is left over after eights goes by four, two and one.
template <int VECTORS>
inline void strip(const float* a, long depth, const float* b, const float* bias, float* c, long rows, long columns, long at) {
  const long wide = std::min<long>(VECTORS * WIDE, columns - at);
  const float* row = bias == nullptr ? nullptr : bias + at;
  long r = 0;
  const auto next = [&](auto size) {
    constexpr int ROWS = decltype(size)::value;
    for (; rows - r >= ROWS; r += ROWS) block<ROWS, VECTORS>(a + r * depth, depth, b + at, columns, row, c + r * columns + at, columns, wide, depth);
  };
  if constexpr (VECTORS <= 3) next(std::integral_constant<int, 8>{});
  if constexpr (VECTORS <= 6) next(std::integral_constant<int, 4>{});
  next(std::integral_constant<int, 2>{});
  next(std::integral_constant<int, 1>{});
}

// A row-major [rows, depth], B row-major [depth, columns].
inline void natural(const float* a, const float* b, const float* bias, float* c, long rows, long columns, long depth) {
  // The fewer rows, the wider the strips that the registers hold, and the longer the runs of memory; but everyone shall have work.
  const auto strips = [&](auto vectors) {
    constexpr int VECTORS = decltype(vectors)::value;
    const long wide = VECTORS * WIDE;
    Crew::here().share(static_cast<int>((columns + wide - 1) / wide), [&](int i) { strip<VECTORS>(a, depth, b, bias, c, rows, columns, i * wide); });
  };
  const bool narrow = columns < 512;
  if (narrow) strips(std::integral_constant<int, 2>{});
  else if (rows == 1) strips(std::integral_constant<int, 8>{});
  else if (rows < 8) strips(std::integral_constant<int, 6>{});
  else strips(std::integral_constant<int, 3>{});
}

// ROWS × 4 numbers of C = A Bᵀ, each a sum along rows of both.
template <int ROWS>
inline void across(const float* a, const float* b, float* c, long c_stride, long columns, long depth) {
  __m512 total[ROWS][4];
  for (int r = 0; r < ROWS; r++)
    for (int j = 0; j < 4; j++) total[r][j] = _mm512_setzero_ps();
  sixteens(depth, [&](long k, __mmask16 some) {
    __m512 x[4];
    for (int j = 0; j < 4; j++) x[j] = _mm512_maskz_loadu_ps(j < columns ? some : 0, b + j * depth + k);
    for (int r = 0; r < ROWS; r++) {
      const __m512 y = _mm512_maskz_loadu_ps(some, a + r * depth + k);
      for (int j = 0; j < 4; j++) total[r][j] = _mm512_fmadd_ps(y, x[j], total[r][j]);
    }
  });
  for (int r = 0; r < ROWS; r++) _mm_mask_storeu_ps(c + r * c_stride, static_cast<__mmask8>(lanes(columns) & 15), sums(total[r][0], total[r][1], total[r][2], total[r][3]));
}

// A row-major [rows, depth], B row-major [columns, depth]: C = A Bᵀ.
inline void turned(const float* a, const float* b, float* c, long rows, long columns, long depth) {
  constexpr long EACH = 32;
  Crew::here().share(static_cast<int>((columns + EACH - 1) / EACH), [&](int part) {
    for (long j = part * EACH; j < std::min(columns, (part + 1) * EACH); j += 4) {
      const long some = std::min<long>(4, columns - j);
      long r = 0;
      for (; rows - r >= 4; r += 4) across<4>(a + r * depth, b + j * depth, c + r * columns + j, columns, some, depth);
      for (; r < rows; r++) across<1>(a + r * depth, b + j * depth, c + r * columns + j, columns, some, depth);
    }
  });
}

}  // namespace lab::few

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
