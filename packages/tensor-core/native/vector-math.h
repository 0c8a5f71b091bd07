// Functions of sixteen floats at once, and of rows of them, for processors with AVX-512.
#pragma once
#include <immintrin.h>
#include <limits>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")
#endif

namespace lab {

constexpr int WIDE = 16;

inline __mmask16 lanes(long n) { return n >= WIDE ? 0xffff : n <= 0 ? 0 : static_cast<__mmask16>((1u << n) - 1); }

// eˣ to one unit in the last place: 2ⁿ eʳ with |r| ≤ ½ ln 2; the coefficients interpolate (eʳ − 1 − r) / r² at Chebyshev's six points. Below −87.33 it
// is 0, NaN stays NaN.
inline __m512 exponential(__m512 x) {
  const __m512 high = _mm512_set1_ps(0.693359375f), low = _mm512_set1_ps(-2.12194440e-4f);
  const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m512 r = _mm512_fnmadd_ps(n, low, _mm512_fnmadd_ps(n, high, x));
  __m512 p = _mm512_set1_ps(0.0001989098091f);
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.00139336416f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.008333310485f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.04166646674f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.1666666716f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5f));
  const __m512 e = _mm512_scalef_ps(_mm512_add_ps(_mm512_fmadd_ps(_mm512_mul_ps(r, r), p, r), _mm512_set1_ps(1)), n);
  return _mm512_mask_mov_ps(e, _mm512_cmp_ps_mask(x, _mm512_set1_ps(-87.33f), _CMP_LT_OQ), _mm512_setzero_ps());
}

// 1 / (1 + e⁻ˣ)
inline __m512 sigmoid(__m512 x) {
  const __m512 one = _mm512_set1_ps(1);
  return _mm512_div_ps(one, _mm512_add_ps(one, exponential(_mm512_sub_ps(_mm512_setzero_ps(), x))));
}

// Transposes 16 × 16 numbers of four bytes.
inline void transpose(__m512i (&a)[16]) {
  __m512i b[16];
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
    a[i] = _mm512_shuffle_i32x4(b[i], b[8 + i], 0x88);
    a[8 + i] = _mm512_shuffle_i32x4(b[i], b[8 + i], 0xdd);
  }
}

// work(i, mask) for each sixteen of n.
template <class Work>
inline void sixteens(long n, const Work& work) {
  for (long i = 0; i < n; i += WIDE) work(i, lanes(n - i));
}

}  // namespace lab

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
