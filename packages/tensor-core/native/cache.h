// What a token hears of the tokens before it, whose keys and values lie in a cache.
#pragma once
#include <cmath>
#include <vector>
#include "crew.h"
#include "few-rows.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")
#endif

namespace lab::cache {

// Rows of queries (and keys and values, which are in the cache by now) [streams, time, (heads + 2 shared) depth]; the cache
// [streams, capacity, 2 shared depth], keys before values; `lengths` of it were there before. Row t sees slots up to lengths + t.
struct Sizes {
  long streams, time, heads, shared, depth, capacity;
};

constexpr long AHEAD = 12;  // slots to fetch ahead

// The numbers of a slot that will be read soon: it is elsewhere in memory, where no processor looks ahead by itself.
inline void fetch(const float* slot, long depth) {
  for (long i = 0; i < depth; i += WIDE) _mm_prefetch(reinterpret_cast<const char*>(slot + i), _MM_HINT_T0);
}

// softmax(q Kᵀ / √depth) V of one head at one row: `weights` has room for all slots and 16 more.
inline void hear(const float* q, const float* keys, const float* values, long slots, long stride, long depth, float* weights, float* heard) {
  const float scale = 1 / std::sqrt(static_cast<float>(depth));
  for (long j = 0; j < slots; j += 4) {
    for (long n = AHEAD; n < AHEAD + 4; n++) fetch(keys + (j + n) * stride, depth);
    __m512 total[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
    sixteens(depth, [&](long i, __mmask16 some) {
      const __m512 x = _mm512_maskz_loadu_ps(some, q + i);
      for (int n = 0; n < 4; n++) total[n] = _mm512_fmadd_ps(x, _mm512_maskz_loadu_ps(j + n < slots ? some : 0, keys + (j + n) * stride + i), total[n]);
    });
    _mm_storeu_ps(weights + j, _mm_mul_ps(few::sums(total[0], total[1], total[2], total[3]), _mm_set1_ps(scale)));
  }
  __m512 top = _mm512_set1_ps(-std::numeric_limits<float>::infinity()), sum = _mm512_setzero_ps();
  sixteens(slots, [&](long j, __mmask16 some) { top = _mm512_mask_max_ps(top, some, top, _mm512_maskz_loadu_ps(some, weights + j)); });
  const __m512 most = _mm512_set1_ps(_mm512_reduce_max_ps(top));
  sixteens(slots, [&](long j, __mmask16 some) {
    const __m512 weight = _mm512_maskz_mov_ps(some, exponential(_mm512_sub_ps(_mm512_maskz_loadu_ps(some, weights + j), most)));
    sum = _mm512_add_ps(sum, weight);
    _mm512_mask_storeu_ps(weights + j, some, weight);
  });
  for (long j = 0; j < std::min(slots, 2 * AHEAD); j++) fetch(values + j * stride, depth);
  const __m512 inverse = _mm512_set1_ps(1 / _mm512_reduce_add_ps(sum));
  sixteens(depth, [&](long i, __mmask16 some) {
    __m512 even = _mm512_setzero_ps(), odd = _mm512_setzero_ps();
    long j = 0;
    for (; j + 1 < slots; j += 2) {
      even = _mm512_fmadd_ps(_mm512_set1_ps(weights[j]), _mm512_maskz_loadu_ps(some, values + j * stride + i), even);
      odd = _mm512_fmadd_ps(_mm512_set1_ps(weights[j + 1]), _mm512_maskz_loadu_ps(some, values + (j + 1) * stride + i), odd);
    }
    if (j < slots) even = _mm512_fmadd_ps(_mm512_set1_ps(weights[j]), _mm512_maskz_loadu_ps(some, values + j * stride + i), even);
    _mm512_mask_storeu_ps(heard + i, some, _mm512_mul_ps(_mm512_add_ps(even, odd), inverse));
  });
}

inline void attend(const Sizes& s, const float* rows, const float* cache, const int32_t* lengths, float* heard) {
  const long width = (s.heads + 2 * s.shared) * s.depth, stride = 2 * s.shared * s.depth, group = s.heads / s.shared;
  Crew::here().share(static_cast<int>(s.streams * s.shared), [&](int job) {
    static thread_local std::vector<float> weights;
    if (weights.size() < static_cast<size_t>(s.capacity) + WIDE) weights.resize(static_cast<size_t>(s.capacity) + WIDE);
    const long stream = job / s.shared, of = job % s.shared;
    const float *keys = cache + stream * s.capacity * stride + of * s.depth, *values = keys + s.shared * s.depth;
    for (long t = 0; t < s.time; t++) {
      const long slots = std::min<long>(s.capacity, std::max<long>(0, lengths[stream]) + t + 1);
      for (long head = of * group; head < (of + 1) * group; head++)
        hear(rows + (stream * s.time + t) * width + head * s.depth, keys, values, slots, stride, s.depth, weights.data(), heard + ((stream * s.time + t) * s.heads + head) * s.depth);
    }
  });
}

}  // namespace lab::cache

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
