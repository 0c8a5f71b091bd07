// y = relu(x W₁ + b₁) W₂ + b₂ for several members at once, forwards and backwards, where there are few channels and many hidden units: the hidden numbers, of
// which there are hundreds for each number of x, stay in registers.
#pragma once
#include <algorithm>
#include <type_traits>
#include "crew.h"
#include "tiles.h"
#include "vector-math.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")
#endif

namespace lab::relu_network {

constexpr int MOST = 16;          // channels, an even number of them
constexpr long SOME_ROWS = 128;   // rows of one piece of work
constexpr long SOME_VECTORS = 8;  // sixteens of hidden units of one piece of work

// x and y [member, row, channel], W₁ [member, channel, hidden], b₁ [member, hidden], W₂ [member, hidden, channel], b₂ [member, channel].
struct Sizes {
  long members, rows, channels, hidden;
};
struct Weights {
  const float *up, *up_bias, *down, *down_bias;
};
struct Gradients {
  float *x, *up, *up_bias, *down, *down_bias;
};

// What sixteen hidden units of a member take: their columns of W₁, their biases, and their rows of W₂, turned.
template <int C>
struct Units {
  __m512 up[C], bias, down[C];
};

// Units that are not there are zero.
template <int C>
inline void units_at(const Sizes& s, const Weights& w, long member, long at, Units<C>& units) {
  const float *up = w.up + member * C * s.hidden + at, *down = w.down + (member * s.hidden + at) * C;
  const __mmask16 some = lanes(s.hidden - at);
  units.bias = _mm512_maskz_loadu_ps(some, w.up_bias + member * s.hidden + at);
  for (int c = 0; c < C; c++) {
    alignas(64) float turned[WIDE] = {};
    for (long i = 0; i < std::min<long>(WIDE, s.hidden - at); i++) turned[i] = down[i * C + c];
    units.up[c] = _mm512_maskz_loadu_ps(some, up + c * s.hidden);
    units.down[c] = _mm512_load_ps(turned);
  }
}

// work(units, sixteens of them, member, first row, end) for rows of a member with all its units: a member at a time, or some of its rows where members are few.
template <int C, class Work>
void by_rows(const Sizes& s, const Weights& w, const Work& work) {
  Crew& crew = Crew::here();
  const long each = std::max<long>(1, s.members >= crew.size() ? s.rows : SOME_ROWS), parts = (s.rows + each - 1) / each, vectors = (s.hidden + WIDE - 1) / WIDE;
  crew.share(static_cast<int>(s.members * parts), [&](int job) {
    static thread_local tiles::Room room;
    auto* units = reinterpret_cast<Units<C>*>(room.of(static_cast<size_t>(vectors) * sizeof(Units<C>) / sizeof(tiles::word)));
    const long member = job / parts, from = job % parts * each;
    for (long v = 0; v < vectors; v++) units_at<C>(s, w, member, v * WIDE, units[v]);
    work(units, vectors, member, from, std::min(s.rows, from + each));
  });
}

template <int C>
inline __m512 before(const Units<C>& units, const float* x) {
  __m512 sum = units.bias;
  for (int c = 0; c < C; c++) sum = _mm512_fmadd_ps(_mm512_set1_ps(x[c]), units.up[c], sum);
  return sum;
}

// How the loss depends on the units, given how it depends on a row of y.
template <int C>
inline __m512 told(const Units<C>& units, const float* dy) {
  __m512 sum = _mm512_setzero_ps();
  for (int c = 0; c < C; c++) sum = _mm512_fmadd_ps(_mm512_set1_ps(dy[c]), units.down[c], sum);
  return sum;
}

// max(z, 0); a NaN, which the second operand keeps, stays one.
inline __m512 relu(__m512 z) { return _mm512_max_ps(_mm512_setzero_ps(), z); }

template <int C, int ROWS>
inline void forward_rows(const Units<C>* units, long vectors, const float* x, const float* bias, float* y) {
  __m512 total[ROWS][C];
  for (int r = 0; r < ROWS; r++)
    for (int c = 0; c < C; c++) total[r][c] = _mm512_setzero_ps();
  for (long v = 0; v < vectors; v++)
    for (int r = 0; r < ROWS; r++) {
      const __m512 h = relu(before<C>(units[v], x + r * C));
      for (int c = 0; c < C; c++) total[r][c] = _mm512_fmadd_ps(h, units[v].down[c], total[r][c]);
    }
  for (int r = 0; r < ROWS; r++)
    for (int c = 0; c < C; c++) y[r * C + c] = _mm512_reduce_add_ps(total[r][c]) + bias[c];
}

template <int C, int ROWS>
inline void backward_rows(const Units<C>* units, long vectors, const float* x, const float* dy, float* dx) {
  __m512 total[ROWS][C];
  for (int r = 0; r < ROWS; r++)
    for (int c = 0; c < C; c++) total[r][c] = _mm512_setzero_ps();
  for (long v = 0; v < vectors; v++)
    for (int r = 0; r < ROWS; r++) {
      const __mmask16 alive = _mm512_cmp_ps_mask(before<C>(units[v], x + r * C), _mm512_setzero_ps(), _CMP_GT_OQ);
      const __m512 dh = _mm512_maskz_mov_ps(alive, told<C>(units[v], dy + r * C));
      for (int c = 0; c < C; c++) total[r][c] = _mm512_fmadd_ps(dh, units[v].up[c], total[r][c]);
    }
  for (int r = 0; r < ROWS; r++)
    for (int c = 0; c < C; c++) dx[r * C + c] = _mm512_reduce_add_ps(total[r][c]);
}

// Two rows at a time, as long as the registers hold their sums.
template <int C>
constexpr int AT_ONCE = C <= 10 ? 2 : 1;

template <int C>
void forward(const Sizes& s, const Weights& w, const float* x, float* y) {
  by_rows<C>(s, w, [&](const Units<C>* units, long vectors, long member, long from, long to) {
    const float* bias = w.down_bias + member * C;
    const auto at = [&](long r) { return (member * s.rows + r) * C; };
    for (; to - from >= AT_ONCE<C>; from += AT_ONCE<C>) forward_rows<C, AT_ONCE<C>>(units, vectors, x + at(from), bias, y + at(from));
    for (; from < to; from++) forward_rows<C, 1>(units, vectors, x + at(from), bias, y + at(from));
  });
}

// The gradients of sixteen units' weights, whose sums over the rows stay in registers.
template <int C>
void unit_gradients(const Sizes& s, const Weights& w, const float* x, const float* dy, long member, long at, const Gradients& to) {
  Units<C> units, sums;
  units_at<C>(s, w, member, at, units);
  sums.bias = _mm512_setzero_ps();
  for (int c = 0; c < C; c++) sums.up[c] = sums.down[c] = _mm512_setzero_ps();
  const float *row = x + member * s.rows * C, *given = dy + member * s.rows * C;
  for (long r = 0; r < s.rows; r++, row += C, given += C) {
    const __m512 z = before<C>(units, row), h = relu(z);
    const __m512 dh = _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(z, _mm512_setzero_ps(), _CMP_GT_OQ), told<C>(units, given));
    sums.bias = _mm512_add_ps(sums.bias, dh);
    for (int c = 0; c < C; c++) {
      sums.up[c] = _mm512_fmadd_ps(_mm512_set1_ps(row[c]), dh, sums.up[c]);
      sums.down[c] = _mm512_fmadd_ps(_mm512_set1_ps(given[c]), h, sums.down[c]);
    }
  }
  const long left = std::min<long>(WIDE, s.hidden - at);
  _mm512_mask_storeu_ps(to.up_bias + member * s.hidden + at, lanes(left), sums.bias);
  for (int c = 0; c < C; c++) {
    _mm512_mask_storeu_ps(to.up + (member * C + c) * s.hidden + at, lanes(left), sums.up[c]);
    alignas(64) float turned[WIDE];
    _mm512_store_ps(turned, sums.down[c]);
    for (long i = 0; i < left; i++) to.down[(member * s.hidden + at + i) * C + c] = turned[i];
  }
}

template <int C>
void backward(const Sizes& s, const Weights& w, const float* x, const float* dy, const Gradients& to) {
  by_rows<C>(s, w, [&](const Units<C>* units, long vectors, long member, long from, long end) {
    const auto at = [&](long r) { return (member * s.rows + r) * C; };
    for (; end - from >= AT_ONCE<C>; from += AT_ONCE<C>) backward_rows<C, AT_ONCE<C>>(units, vectors, x + at(from), dy + at(from), to.x + at(from));
    for (; from < end; from++) backward_rows<C, 1>(units, vectors, x + at(from), dy + at(from), to.x + at(from));
  });
  const long each = SOME_VECTORS * WIDE, parts = (s.hidden + each - 1) / each;
  Crew::here().share(static_cast<int>(s.members * parts), [&](int job) {
    const long member = job / parts, from = job % parts * each;
    for (long at = from; at < std::min(s.hidden, from + each); at += WIDE) unit_gradients<C>(s, w, x, dy, member, at, to);
  });
  for (long member = 0; member < s.members; member++)
    for (long c = 0; c < C; c++) {
      float sum = 0;
      for (long r = 0; r < s.rows; r++) sum += dy[(member * s.rows + r) * C + c];
      to.down_bias[member * C + c] = sum;
    }
}

// work<channels>() for a number of channels that is known when this is compiled.
template <int C = MOST, class Work>
void with_channels(long channels, const Work& work) {
  if constexpr (C >= 2) {
    if (channels == C) work(std::integral_constant<int, C>{});
    else with_channels<C - 2>(channels, work);
  }
}

inline void forward(const Sizes& s, const Weights& w, const float* x, float* y) {
  with_channels(s.channels, [&](auto channels) { forward<decltype(channels)::value>(s, w, x, y); });
}

inline void backward(const Sizes& s, const Weights& w, const float* x, const float* dy, const Gradients& to) {
  with_channels(s.channels, [&](auto channels) { backward<decltype(channels)::value>(s, w, x, dy, to); });
}

}  // namespace lab::relu_network

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
