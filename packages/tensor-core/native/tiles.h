// Matrices in blocks of sixteen rows (or columns), as both ways of multiplying them take them.
#pragma once
#include <immintrin.h>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
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
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")
#endif

namespace tiles {

using word = uint16_t;         // in which the memory of blocks is counted
constexpr int SIDE = 16;       // rows of a block
constexpr int STRIP = 2 * SIDE;   // rows of C that are made at once
constexpr int AHEAD = 32;      // rows to fetch ahead

inline int parts(long of, long size) { return static_cast<int>((of + size - 1) / size); }

// Memory of a thread that only grows.
struct Room {
  word* values = nullptr;
  size_t size = 0;
  word* of(size_t wanted) {
    if (wanted > size) {
      std::free(values);
      size = (wanted * sizeof(word) + 4095) / 4096 * 4096 / sizeof(word);
      values = static_cast<word*>(std::aligned_alloc(4096, size * sizeof(word)));
    }
    return values;
  }
  float* floats(long count) { return reinterpret_cast<float*>(of(2 * static_cast<size_t>(count))); }
  ~Room() { std::free(values); }
};

// What a sum of products begins with: zero, a row of numbers for all its rows (`stride` is 0), or what stands there.
struct Start {
  const float* values;
  long stride;
};

// From this size on a number has no bfloat16 near it: it is larger than all that have, infinite, or NaN.
constexpr float LARGE = 0x1.fep127f;

// The bits of the largest size that was seen.
struct Largest {
  __m512i bits;
  void see(__m512 x) { bits = _mm512_max_epu32(bits, _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0x7fffffff))); }
  bool overflows() const { return _mm512_cmpge_epu32_mask(bits, _mm512_castps_si512(_mm512_set1_ps(LARGE))) != 0; }
};

}  // namespace tiles

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
}  // namespace lab
