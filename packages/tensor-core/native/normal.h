// Standard normals from a key: the words of Philox4x32-10 [Salmon2011] through the transform of Box and Muller [Box1958].
// The same words, and the same arithmetic up to rounding, as `normals` in src/random/shaped.ts.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <immintrin.h>
#include "crew.h"

namespace lab {

namespace normal {

constexpr int LANES = 16;            // blocks of four words that are made side by side
constexpr int CHUNK = 4096;          // pairs that are made at once
constexpr int JOB = 2 * CHUNK;       // pairs of one thread's turn

// ln u for u ∈ (0, 1): the coefficients interpolate (ln(1 + x) − x + x²/2) / x³ at Chebyshev's points of [√½ − 1, √2 − 1], to 2⁻²⁷ of ln(1 + x).
inline float logarithm(float u) {
  int32_t bits;
  std::memcpy(&bits, &u, 4);
  const int32_t exponent = (bits - 0x3f3504f3) >> 23;
  bits -= exponent * (1 << 23);
  float x;
  std::memcpy(&x, &bits, 4);
  x -= 1;
  float p = 0.07149753890276932f;
  p = p * x - 0.11571200726613284f;
  p = p * x + 0.11661511067739996f;
  p = p * x - 0.12411050684074112f;
  p = p * x + 0.14249936532983462f;
  p = p * x - 0.16668480239500086f;
  p = p * x + 0.20000707478390484f;
  p = p * x - 0.24999989048734975f;
  p = p * x + 0.3333333119084813f;
  const float e = static_cast<float>(exponent), square = x * x;
  // ln 2 in two parts, the first of which is exact times any exponent.
  return (square * x * p + (e * -2.12194440e-4f - 0.5f * square) + x) + e * 0.693359375f;
}

#define LAB_VECTORS __attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3")))

// Words [4 · block, 4 · block + count) of a key; it may write up to the next multiple of 4 · LANES.
LAB_VECTORS inline void plain_words(uint32_t low, uint32_t high, uint32_t domain, uint32_t block, int count, uint32_t* to) {
  for (int done = 0; done < count; done += 4 * LANES, block += LANES) {
    uint32_t a[LANES], b[LANES], c[LANES], d[LANES], k0 = low, k1 = high;
    for (int i = 0; i < LANES; i++) {
      a[i] = block + static_cast<uint32_t>(i);
      b[i] = c[i] = 0;
      d[i] = domain;
    }
    for (int round = 0; round < 10; round++, k0 += 0x9e3779b9u, k1 += 0xbb67ae85u)
      for (int i = 0; i < LANES; i++) {
        const uint64_t x = static_cast<uint64_t>(a[i]) * 0xd2511f53u, y = static_cast<uint64_t>(c[i]) * 0xcd9e8d57u;
        a[i] = static_cast<uint32_t>(y >> 32) ^ b[i] ^ k0;
        b[i] = static_cast<uint32_t>(y);
        c[i] = static_cast<uint32_t>(x >> 32) ^ d[i] ^ k1;
        d[i] = static_cast<uint32_t>(x);
      }
    for (int i = 0; i < LANES; i++) {
      to[done + 4 * i] = a[i];
      to[done + 4 * i + 1] = b[i];
      to[done + 4 * i + 2] = c[i];
      to[done + 4 * i + 3] = d[i];
    }
  }
}

// The same in 64-bit lanes, whose lower halves are the words: a product reads those alone, so that what is left in the upper ones does no harm.
__attribute__((target("avx512f"))) inline void wide_words(uint32_t low, uint32_t high, uint32_t domain, uint32_t block, int count, uint32_t* to) {
  constexpr int GROUPS = LANES / 8;
  const __m512i first = _mm512_set1_epi64(0xd2511f53), second = _mm512_set1_epi64(0xcd9e8d57);
  const __m512i front = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11), back = _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15);
  for (int done = 0; done < count; done += 4 * LANES, block += LANES) {
    __m512i a[GROUPS], b[GROUPS], c[GROUPS], d[GROUPS];
    for (int g = 0; g < GROUPS; g++) {
      a[g] = _mm512_add_epi32(_mm512_set1_epi64(static_cast<int64_t>(block) + 8 * g), _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7));
      b[g] = c[g] = _mm512_setzero_si512();
      d[g] = _mm512_set1_epi64(domain);
    }
    uint32_t k0 = low, k1 = high;
    for (int round = 0; round < 10; round++, k0 += 0x9e3779b9u, k1 += 0xbb67ae85u) {
      const __m512i here = _mm512_set1_epi64(k0), there = _mm512_set1_epi64(k1);
      for (int g = 0; g < GROUPS; g++) {
        const __m512i x = _mm512_mul_epu32(a[g], first), y = _mm512_mul_epu32(c[g], second);
        // 0x96: the exclusive or of three.
        a[g] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(y, 32), b[g], here, 0x96);
        b[g] = y;
        c[g] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(x, 32), d[g], there, 0x96);
        d[g] = x;
      }
    }
    for (int g = 0; g < GROUPS; g++) {
      const __m512i ab = _mm512_mask_blend_epi32(0xaaaa, a[g], _mm512_slli_epi64(b[g], 32)), cd = _mm512_mask_blend_epi32(0xaaaa, c[g], _mm512_slli_epi64(d[g], 32));
      _mm512_storeu_si512(to + done + 32 * g, _mm512_permutex2var_epi64(ab, front, cd));
      _mm512_storeu_si512(to + done + 32 * g + 16, _mm512_permutex2var_epi64(ab, back, cd));
    }
  }
}

inline void words(uint32_t low, uint32_t high, uint32_t domain, uint32_t block, int count, uint32_t* to) {
  static const bool wide = __builtin_cpu_supports("avx512f") != 0;
  (wide ? wide_words : plain_words)(low, high, domain, block, count, to);
}

LAB_VECTORS inline void pairs(const uint32_t* first, const uint32_t* second, int count, float* along, float* across) {
  for (int i = 0; i < count; i++) {
    const float u = (static_cast<float>(static_cast<int32_t>(first[i] & 0x7fffff)) + 0.5f) * 0x1p-23f;
    const float radius = std::sqrt(-2.0f * logarithm(u));
    const float f = (static_cast<float>(static_cast<int32_t>(second[i] & 0xffffff)) + (0.5f - 0x1p23f)) * 0x1p-24f, g = f * f;
    // Taylor's coefficients of cos(f π/2) and sin(f π/2) / f in f².
    const float cosine = ((((-2.5202042373060605e-5f * g + 9.1926027483942659e-4f) * g - 2.0863480763352961e-2f) * g + 0.25366950790104802f) * g - 1.2337005501361697f) * g + 1.0f;
    const float sine = (((1.6044118478735982e-4f * g - 4.6817541353186881e-3f) * g + 7.9692626246167046e-2f) * g - 0.64596409750624625f) * g + 1.5707963267948966f;
    const float x = second[i] >> 31 ? -radius * cosine : radius * cosine, y = radius * f * sine;
    const bool swapped = (second[i] & 0x1000000) != 0;
    along[i] = swapped ? y : x;
    across[i] = swapped ? x : y;
  }
}

#undef LAB_VECTORS

}  // namespace normal

// `count` standard normals of a key: pair i from word i and word ⌈count/2⌉ + i.
inline void normals(uint32_t low, uint32_t high, uint32_t domain, long count, float* to) {
  using namespace normal;
  const long half = (count + 1) / 2;
  const auto job = [&](int number) {
    // A block more on either side, since the second half may begin within one.
    alignas(64) static thread_local uint32_t first[CHUNK + 4 * LANES + 4], second[CHUNK + 4 * LANES + 4];
    alignas(64) static thread_local float across[CHUNK];
    const long end = std::min(half, (number + 1L) * JOB);
    for (long at = static_cast<long>(number) * JOB; at < end; at += CHUNK) {
      const int pairs_here = static_cast<int>(std::min<long>(CHUNK, end - at));
      const long other = half + at;
      words(low, high, domain, static_cast<uint32_t>(at / 4), pairs_here, first);
      words(low, high, domain, static_cast<uint32_t>(other / 4), pairs_here + static_cast<int>(other % 4), second);
      pairs(first, second + other % 4, pairs_here, to + at, across);
      std::memcpy(to + other, across, std::min<long>(pairs_here, count - other) * sizeof(float));
    }
  };
  const int jobs = static_cast<int>((half + JOB - 1) / JOB);
  Crew::here().share(jobs, job);
}

}  // namespace lab
