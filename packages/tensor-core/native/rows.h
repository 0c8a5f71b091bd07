// What a transformer does to each of its rows beside products: norms, GELU and cross-entropy, forwards and backwards, in as few passes as they need.
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>
#include "crew.h"
#include "vector-math.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")
#endif

namespace lab::rows {

constexpr long SHARE = 1 << 14;  // numbers that are worth a turn of a thread
constexpr long SLICES = 16;      // partial sums over rows: their number says in which order they are added, whoever makes them

// work(from, to) over parts of `rows` rows of `width` numbers.
template <class Work>
void shared(long rows, long width, const Work& work) {
  const long each = std::max<long>(1, SHARE / std::max<long>(1, width));
  Crew::here().share(static_cast<int>((rows + each - 1) / each), [&](int i) { work(i * each, std::min(rows, (i + 1) * each)); });
}

// Σ a b, by parts that do not depend on how many threads there are.
inline float dot(const float* a, const float* b, long count) {
  const long parts = (count + SHARE - 1) / SHARE;
  std::vector<float> sums(static_cast<size_t>(parts));
  Crew::here().share(static_cast<int>(parts), [&](int part) {
    const long from = part * SHARE, n = std::min(SHARE, count - from);
    __m512 even = _mm512_setzero_ps(), odd = _mm512_setzero_ps();
    for (long i = 0; i < n; i += 2 * WIDE) {
      even = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(lanes(n - i), a + from + i), _mm512_maskz_loadu_ps(lanes(n - i), b + from + i), even);
      const long next = i + WIDE;
      odd = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(lanes(n - next), a + from + next), _mm512_maskz_loadu_ps(lanes(n - next), b + from + next), odd);
    }
    sums[static_cast<size_t>(part)] = _mm512_reduce_add_ps(_mm512_add_ps(even, odd));
  });
  double total = 0;
  for (float sum : sums) total += sum;
  return static_cast<float>(total);
}

// GELU by tanh: x σ(2u) with u = √(2/π) (x + 0.044715 x³) [Hendrycks2016].
constexpr float ROOT = 0.7978845608028654f, CUBIC = 0.044715f;

inline __m512 twice_u(__m512 x, __m512 square) {
  return _mm512_mul_ps(x, _mm512_fmadd_ps(square, _mm512_set1_ps(2 * ROOT * CUBIC), _mm512_set1_ps(2 * ROOT)));
}

inline void gelu(const float* x, long count, float* y) {
  shared(count, 1, [=](long from, long to) {
    sixteens(to - from, [=](long i, __mmask16 some) {
      const __m512 v = _mm512_maskz_loadu_ps(some, x + from + i);
      _mm512_mask_storeu_ps(y + from + i, some, _mm512_mul_ps(v, sigmoid(twice_u(v, _mm512_mul_ps(v, v)))));
    });
  });
}

// dx = dy (σ + x σ (1 − σ) 2u′)
inline void gelu_grad(const float* x, const float* dy, long count, float* dx) {
  shared(count, 1, [=](long from, long to) {
    sixteens(to - from, [=](long i, __mmask16 some) {
      const __m512 v = _mm512_maskz_loadu_ps(some, x + from + i), square = _mm512_mul_ps(v, v);
      const __m512 s = sigmoid(twice_u(v, square));
      const __m512 slope = _mm512_fmadd_ps(square, _mm512_set1_ps(6 * ROOT * CUBIC), _mm512_set1_ps(2 * ROOT));
      const __m512 rest = _mm512_mul_ps(_mm512_mul_ps(v, slope), _mm512_fnmadd_ps(s, s, s));
      _mm512_mask_storeu_ps(dx + from + i, some, _mm512_mul_ps(_mm512_maskz_loadu_ps(some, dy + from + i), _mm512_add_ps(s, rest)));
    });
  });
}

// −z_y + ln Σ exp z of each row, and what its sum is made of: t = max z and ln Σ exp(z − t). A label that names no class counts as z = 0.
inline void cross_entropy(const float* z, const int32_t* labels, long rows, long classes, float* loss, float* most_of, float* rest_of) {
  shared(rows, classes, [=](long from, long to) {
    for (long r = from; r < to; r++) {
      const float* row = z + r * classes;
      __m512 top = _mm512_set1_ps(-std::numeric_limits<float>::infinity()), sum = _mm512_setzero_ps();
      // A NaN is kept by the second operand of max.
      sixteens(classes, [&](long i, __mmask16 some) { top = _mm512_mask_max_ps(top, some, top, _mm512_maskz_loadu_ps(some, row + i)); });
      const __m512 most = _mm512_set1_ps(_mm512_reduce_max_ps(top));
      sixteens(classes, [&](long i, __mmask16 some) {
        sum = _mm512_mask_add_ps(sum, some, sum, exponential(_mm512_sub_ps(_mm512_maskz_loadu_ps(some, row + i), most)));
      });
      most_of[r] = _mm512_cvtss_f32(most);
      rest_of[r] = std::log(_mm512_reduce_add_ps(sum));
      loss[r] = rest_of[r] - (labels[r] >= 0 && labels[r] < classes ? row[labels[r]] - most_of[r] : 0.0f);
    }
  });
}

// dz = (exp(z − t − rest) − 1[v = y]) dy
inline void cross_entropy_grad(const float* z, const int32_t* labels, const float* most_of, const float* rest_of, const float* dy, long rows, long classes, float* dz) {
  shared(rows, classes, [=](long from, long to) {
    for (long r = from; r < to; r++) {
      const float* row = z + r * classes;
      float* out = dz + r * classes;
      const __m512 most = _mm512_set1_ps(most_of[r]), rest = _mm512_set1_ps(rest_of[r]), weight = _mm512_set1_ps(dy[r]);
      sixteens(classes, [&](long i, __mmask16 some) {
        _mm512_mask_storeu_ps(out + i, some, _mm512_mul_ps(exponential(_mm512_sub_ps(_mm512_sub_ps(_mm512_maskz_loadu_ps(some, row + i), most), rest)), weight));
      });
      if (labels[r] >= 0 && labels[r] < classes) out[labels[r]] -= dy[r];
    }
  });
}

// y = γ (x − mean) / √(var + ε) + β [Ba2016, Equation 4]; without β, y = γ x / √(mean x² + ε) [Zhang2019]. `inverse` is the factor of each row.
inline void norm(const float* x, const float* scale, const float* bias, float eps, long rows, long width, float* y, float* mean, float* inverse) {
  shared(rows, width, [=](long from, long to) {
    for (long r = from; r < to; r++) {
      const float* row = x + r * width;
      __m512 sum = _mm512_setzero_ps(), squares = _mm512_setzero_ps();
      float centre = 0;
      if (bias != nullptr) {
        sixteens(width, [&](long i, __mmask16 some) { sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(some, row + i)); });
        centre = _mm512_reduce_add_ps(sum) / static_cast<float>(width);
      }
      const __m512 middle = _mm512_set1_ps(centre);
      sixteens(width, [&](long i, __mmask16 some) {
        const __m512 d = _mm512_maskz_sub_ps(some, _mm512_maskz_loadu_ps(some, row + i), middle);
        squares = _mm512_fmadd_ps(d, d, squares);
      });
      const float factor = 1.0f / std::sqrt(_mm512_reduce_add_ps(squares) / static_cast<float>(width) + eps);
      const __m512 times = _mm512_set1_ps(factor);
      sixteens(width, [&](long i, __mmask16 some) {
        const __m512 normal = _mm512_mul_ps(_mm512_sub_ps(_mm512_maskz_loadu_ps(some, row + i), middle), times), gain = _mm512_maskz_loadu_ps(some, scale + i);
        _mm512_mask_storeu_ps(y + r * width + i, some, bias == nullptr ? _mm512_mul_ps(normal, gain) : _mm512_fmadd_ps(normal, gain, _mm512_maskz_loadu_ps(some, bias + i)));
      });
      mean[r] = centre;
      inverse[r] = factor;
    }
  });
}

// dx = (g − mean g − x̂ mean(g x̂)) / σ with g = γ dy, without the first mean if `centred` is false; dγ = Σ dy x̂, dβ = Σ dy.
inline void norm_grad(const float* x, const float* scale, const float* mean, const float* inverse, const float* dy, bool centred, long rows, long width, float* dx, float* dscale,
                      float* dbias) {
  const long slices = std::min(SLICES, rows), each = (rows + slices - 1) / slices;
  std::vector<float> sums(static_cast<size_t>(2 * slices * width), 0.0f);
  Crew::here().share(static_cast<int>(slices), [&](int slice) {
    float *of_scale = sums.data() + 2 * slice * width, *of_bias = of_scale + width;
    for (long r = slice * each; r < std::min(rows, (slice + 1) * each); r++) {
      const float *row = x + r * width, *out = dy + r * width;
      const __m512 middle = _mm512_set1_ps(mean[r]), factor = _mm512_set1_ps(inverse[r]);
      __m512 total = _mm512_setzero_ps(), along = _mm512_setzero_ps();
      sixteens(width, [&](long i, __mmask16 some) {
        const __m512 d = _mm512_maskz_loadu_ps(some, out + i), normal = _mm512_maskz_mul_ps(some, _mm512_sub_ps(_mm512_maskz_loadu_ps(some, row + i), middle), factor);
        const __m512 g = _mm512_mul_ps(d, _mm512_maskz_loadu_ps(some, scale + i));
        total = _mm512_add_ps(total, g);
        along = _mm512_fmadd_ps(g, normal, along);
        _mm512_mask_storeu_ps(of_scale + i, some, _mm512_fmadd_ps(d, normal, _mm512_maskz_loadu_ps(some, of_scale + i)));
        _mm512_mask_storeu_ps(of_bias + i, some, _mm512_add_ps(d, _mm512_maskz_loadu_ps(some, of_bias + i)));
      });
      const __m512 level = _mm512_set1_ps(centred ? _mm512_reduce_add_ps(total) / static_cast<float>(width) : 0.0f);
      const __m512 slope = _mm512_set1_ps(_mm512_reduce_add_ps(along) / static_cast<float>(width));
      sixteens(width, [&](long i, __mmask16 some) {
        const __m512 normal = _mm512_mul_ps(_mm512_sub_ps(_mm512_maskz_loadu_ps(some, row + i), middle), factor);
        const __m512 g = _mm512_mul_ps(_mm512_maskz_loadu_ps(some, out + i), _mm512_maskz_loadu_ps(some, scale + i));
        _mm512_mask_storeu_ps(dx + r * width + i, some, _mm512_mul_ps(_mm512_fnmadd_ps(normal, slope, _mm512_sub_ps(g, level)), factor));
      });
    }
  });
  for (long i = 0; i < width; i++) {
    float of_scale = 0, of_bias = 0;
    for (long slice = 0; slice < slices; slice++) {
      of_scale += sums[static_cast<size_t>(2 * slice * width + i)];
      of_bias += sums[static_cast<size_t>((2 * slice + 1) * width + i)];
    }
    dscale[i] = of_scale;
    if (dbias != nullptr) dbias[i] = of_bias;
  }
}

}  // namespace lab::rows

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
