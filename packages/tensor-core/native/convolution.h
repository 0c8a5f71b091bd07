// Convolutions of stride 1 in NHWC as products of matrices, and the largest numbers of windows.
//
// A few neighbours in a row of the result are one row of a product: what their windows see together, cut out of the image, by a matrix T that holds the weights
// once for each neighbour, and zeros elsewhere. One neighbour is the cutting out of patches, where most numbers are copied and split many times; a whole row
// has the most zeros. How many are taken is decided by what both cost.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstring>
#include "crew.h"
#include "mat-mul.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,amx-tile,amx-bf16"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,amx-tile,amx-bf16")
#endif

namespace lab::convolution {

// x [batch, height, width, inputs] by w [tall, wide, inputs, outputs] gives y [batch, out_height, out_width, outputs]; `top` rows and `left` columns of zeros
// come before x.
struct Sizes {
  long batch, height, width, inputs, tall, wide, outputs, out_height, out_width, top, left;
};

constexpr long SLICES = 16;  // of the batch, over which a gradient is summed

using tiles::DEPTH, tiles::parts, tiles::SIDE, tiles::STRIP, tiles::TERMS, tiles::word;

// How a convolution is cut into products.
struct Cut {
  long neighbours;      // places of the result in one row of a product
  long seen, depth;     // numbers that they see of one row of the image, and of all
  long columns, rows;   // of the product of one image
  long padded_row, padded_height;
};

inline Cut cut_by(const Sizes& s, long neighbours) {
  const long seen = (neighbours + s.wide - 1) * s.inputs;
  return {neighbours, seen, s.tall * seen, neighbours * s.outputs, s.out_height * (s.out_width / neighbours), (s.out_width + s.wide - 1) * s.inputs, s.out_height + s.tall - 1};
}

// In nanoseconds: a row of a product, and for its numbers in one block to pack them, and to multiply them by sixteen columns.
inline const double ROW = tiles::UNITS ? 0 : 13.5, PACK = 0.2, MULTIPLY = tiles::UNITS ? 0.072 : 0.2;

inline Cut cut(const Sizes& s) {
  Cut best = cut_by(s, 1);
  const auto cost = [](const Cut& c) { return static_cast<double>(c.rows) * (ROW + parts(c.depth, DEPTH) * (PACK + MULTIPLY * parts(c.columns, SIDE))); };
  for (long neighbours = 2; neighbours <= s.out_width; neighbours++)
    if (s.out_width % neighbours == 0 && cost(cut_by(s, neighbours)) < cost(best)) best = cut_by(s, neighbours);
  return best;
}

// T[(i, u, c), (p, o)] = w[i, u − p, c, o], 0 where the window has no such column.
inline void banded(const Sizes& s, const Cut& c, const float* w, float* t) {
  std::fill(t, t + c.depth * c.columns, 0.0f);
  for (long i = 0; i < s.tall; i++)
    for (long p = 0; p < c.neighbours; p++)
      for (long k = 0; k < s.wide * s.inputs; k++)
        std::memcpy(t + (i * c.seen + p * s.inputs + k) * c.columns + p * s.outputs, w + (i * s.wide * s.inputs + k) * s.outputs, s.outputs * sizeof(float));
}

inline void copy(const float* from, long count, float* to) {
  long i = 0;
  for (; i + WIDE <= count; i += WIDE) _mm512_storeu_ps(to + i, _mm512_loadu_ps(from + i));
  if (i < count) _mm512_mask_storeu_ps(to + i, lanes(count - i), _mm512_maskz_loadu_ps(lanes(count - i), from + i));
}

inline void add(const float* from, long count, float* to) {
  for (long i = 0; i < count; i += WIDE) {
    const __mmask16 some = lanes(count - i);
    _mm512_mask_storeu_ps(to + i, some, _mm512_add_ps(_mm512_maskz_loadu_ps(some, to + i), _mm512_maskz_loadu_ps(some, from + i)));
  }
}

// An image with its zeros around it.
inline void padded(const Sizes& s, const Cut& c, const float* image, float* to) {
  std::fill(to, to + c.padded_height * c.padded_row, 0.0f);
  for (long y = 0; y < s.height; y++) copy(image + y * s.width * s.inputs, s.width * s.inputs, to + (s.top + y) * c.padded_row + s.left * s.inputs);
}

// What rows `from` … `from + count` of a product see of a padded image.
inline void patches(const Sizes& s, const Cut& c, const float* image, long from, long count, float* to) {
  const long across = s.out_width / c.neighbours;
  for (long r = from; r < from + count; r++)
    for (long i = 0; i < s.tall; i++, to += c.seen) copy(image + (r / across + i) * c.padded_row + r % across * c.neighbours * s.inputs, c.seen, to);
}

// What one number of y, of w or of x is, for numbers that bfloat16 does not hold: ∞ · 0 must not come in where the definition has no product.
template <class Work>
void taps(const Sizes& s, const Work& work) {
  for (long n = 0; n < s.batch; n++)
    for (long y = 0; y < s.out_height; y++)
      for (long p = 0; p < s.out_width; p++)
        for (long i = 0; i < s.tall; i++)
          for (long j = 0; j < s.wide; j++) {
            const long h = y + i - s.top, x = p + j - s.left;
            if (h < 0 || h >= s.height || x < 0 || x >= s.width) continue;
            for (long c = 0; c < s.inputs; c++)
              for (long o = 0; o < s.outputs; o++)
                work(((n * s.height + h) * s.width + x) * s.inputs + c, ((i * s.wide + j) * s.inputs + c) * s.outputs + o, ((n * s.out_height + y) * s.out_width + p) * s.outputs + o);
          }
}

// y[h, p, o] = Σ x[h + i − top, p + j − left, c] w[i, j, c, o]
inline void forward(const Sizes& s, const float* x, const float* w, float* y) {
  static thread_local tiles::Room bands_room, panel_room;
  const Cut c = cut(s);
  float* bands = bands_room.floats(c.depth * c.columns);
  banded(s, c, w, bands);
  const int strips = parts(c.columns, STRIP), tiles = parts(c.depth, DEPTH);
  const size_t size = static_cast<size_t>(tiles) * TERMS;
  word* panel = panel_room.of(2 * strips * size);
  bool large = tiles::right_blocks({bands, c.columns, false}, 0, c.columns, 0, c.depth, panel, size);
  std::atomic<bool> larger{false};
  Crew::here().share(static_cast<int>(s.batch), [&](int n) {
    static thread_local tiles::Room strip_room, image_room, patch_room;
    word* strip = strip_room.of(2 * size);
    float *image = image_room.floats(c.padded_height * c.padded_row), *patch = patch_room.floats(STRIP * c.depth);
    padded(s, c, x + n * s.height * s.width * s.inputs, image);
    const tiles::Sum sum{y + n * c.rows * c.columns, c.rows, c.columns, true, nullptr};
    const tiles::Multiplying multiplying;
    for (long row = 0; row < c.rows; row += STRIP) {
      const long rows = std::min<long>(STRIP, c.rows - row);
      patches(s, c, image, row, rows, patch);
      if (tiles::by_panel(patch, rows, c.depth, panel, size, strip, sum, row)) larger = true;
    }
  });
  if (!large && !larger) return;
  std::fill(y, y + s.batch * c.rows * c.columns, 0.0f);
  taps(s, [=](long in, long weight, long out) { y[out] += x[in] * w[weight]; });
}

// What rows of a product saw gets its slope dY Tᵀ, and the places of the image sum those of all rows that saw them.
inline void input_gradient(const Sizes& s, const float* w, const float* dy, float* dx) {
  static thread_local tiles::Room bands_room, panel_room;
  const Cut c = cut(s);
  float* bands = bands_room.floats(c.depth * c.columns);
  banded(s, c, w, bands);
  const int strips = parts(c.depth, STRIP), tiles = parts(c.columns, DEPTH);
  const size_t size = static_cast<size_t>(tiles) * TERMS;
  word* panel = panel_room.of(2 * strips * size);
  const bool large = tiles::right_blocks({bands, c.columns, true}, 0, c.depth, 0, c.columns, panel, size);
  std::atomic<bool> larger{false};
  const long area = s.height * s.width * s.inputs, wide = static_cast<long>(strips) * STRIP, across = s.out_width / c.neighbours;
  Crew::here().share(static_cast<int>(s.batch), [&](int n) {
    static thread_local tiles::Room strip_room, image_room, patch_room;
    word* strip = strip_room.of(2 * size);
    float *image = image_room.floats(c.padded_height * c.padded_row), *patch = patch_room.floats(STRIP * wide);
    std::fill(image, image + c.padded_height * c.padded_row, 0.0f);
    const tiles::Multiplying multiplying;
    for (long row = 0; row < c.rows; row += STRIP) {
      const long rows = std::min<long>(STRIP, c.rows - row);
      const tiles::Sum sum{patch, parts(rows, SIDE) * SIDE, wide, true, nullptr};
      if (tiles::by_panel(dy + (n * c.rows + row) * c.columns, rows, c.columns, panel, size, strip, sum, 0)) larger = true;
      for (long r = row; r < row + rows; r++)
        for (long i = 0; i < s.tall; i++)
          add(patch + (r - row) * wide + i * c.seen, c.seen, image + (r / across + i) * c.padded_row + r % across * c.neighbours * s.inputs);
    }
    for (long y = 0; y < s.height; y++) copy(image + (s.top + y) * c.padded_row + s.left * s.inputs, s.width * s.inputs, dx + n * area + y * s.width * s.inputs);
  });
  if (!large && !larger) return;
  std::fill(dx, dx + s.batch * area, 0.0f);
  taps(s, [=](long in, long weight, long out) { dx[in] += w[weight] * dy[out]; });
}

// Whether a number is infinite, NaN, or so large that it has no bfloat16 near it.
inline bool has_large(const float* x, long count) {
  tiles::Largest largest{_mm512_setzero_si512()};
  sixteens(count, [&](long i, __mmask16 some) { largest.see(_mm512_maskz_loadu_ps(some, x + i)); });
  return largest.overflows();
}

// dT = Pᵀ dY, P what all rows see; dw[i, j, c, o] = Σ_p dT[(i, p + j, c), (p, o)]. Summed by slices of the batch, whoever makes them.
inline void filter_gradient(const Sizes& s, const float* x, const float* dy, float* dw) {
  static thread_local tiles::Room bands_room;
  const Cut c = cut(s);
  const long weights = s.tall * s.wide * s.inputs * s.outputs, area = s.height * s.width * s.inputs;
  std::fill(dw, dw + weights, 0.0f);
  if (has_large(x, s.batch * area) || has_large(dy, s.batch * c.rows * c.columns)) return taps(s, [=](long in, long weight, long out) { dw[weight] += x[in] * dy[out]; });
  const long slices = std::min(SLICES, s.batch), each = (s.batch + slices - 1) / slices;
  float* bands = bands_room.floats(slices * c.depth * c.columns);
  Crew::here().share(static_cast<int>(slices), [&](int slice) {
    static thread_local tiles::Room image_room, patch_room;
    float *image = image_room.floats(c.padded_height * c.padded_row), *patch = patch_room.floats(each * c.rows * c.depth);
    const long from = slice * each, images = std::max(0L, std::min(s.batch, from + each) - from);
    for (long n = 0; n < images; n++) {
      padded(s, c, x + (from + n) * area, image);
      patches(s, c, image, 0, c.rows, patch + n * c.rows * c.depth);
    }
    float* band = bands + slice * c.depth * c.columns;
    if (images == 0) std::fill(band, band + c.depth * c.columns, 0.0f);
    else tiles::mat_mul({patch, c.depth, true}, {dy + from * c.rows * c.columns, c.columns, false}, band, c.depth, c.columns, images * c.rows, false);
  });
  const long row = s.wide * s.inputs;
  for (long slice = 0; slice < slices; slice++)
    for (long i = 0; i < s.tall; i++)
      for (long p = 0; p < c.neighbours; p++)
        for (long k = 0; k < row; k++) {
          const float* from = bands + (slice * c.depth + i * c.seen + p * s.inputs + k) * c.columns + p * s.outputs;
          for (long o = 0; o < s.outputs; o++) dw[(i * row + k) * s.outputs + o] += from[o];
        }
}

// Windows of x [batch, height, width, channels] without padding, `down` and `right` apart.
struct Windows {
  long batch, height, width, channels, tall, wide, down, right, out_height, out_width;
};

// work(places of a window's numbers in x, its place in y, which channels) for sixteen channels of each window of image n.
template <class Work>
void windows(const Windows& s, long n, const Work& work) {
  for (long y = 0; y < s.out_height; y++)
    for (long p = 0; p < s.out_width; p++) {
      const long from = ((n * s.height + y * s.down) * s.width + p * s.right) * s.channels, to = ((n * s.out_height + y) * s.out_width + p) * s.channels;
      sixteens(s.channels, [&](long c, __mmask16 some) { work(from + c, to + c, some); });
    }
}

// What comes later in a window takes the place of what is largest so far only if it is larger, or NaN; a NaN stays.
inline __m512 larger(__m512 top, __m512 next) {
  return _mm512_mask_mov_ps(top, _mm512_cmp_ps_mask(next, top, _CMP_NLE_UQ) & _mm512_cmp_ps_mask(top, top, _CMP_ORD_Q), next);
}

// Windows of 2 × 2 side by side over few channels: neighbours share a register, which takes the numbers of even and of odd columns from a row of the image.
class Pairs {
 public:
  static bool suit(const Windows& s) { return s.tall == 2 && s.wide == 2 && s.down == 2 && s.right == 2 && 2 * s.channels <= WIDE; }

  explicit Pairs(const Windows& s) : s_(s), most_(WIDE / s.channels) {
    alignas(64) int even[2 * WIDE] = {}, back[2 * WIDE] = {};
    for (long p = 0; p < most_; p++)
      for (int c = 0; c < s.channels; c++) {
        const int lane = static_cast<int>(p * s.channels) + c, place = 2 * lane - c;
        even[lane] = place;
        back[place] = lane;
        back[place + s.channels] = lane + WIDE;
      }
    even_ = _mm512_load_si512(even);
    odd_ = _mm512_add_epi32(even_, _mm512_set1_epi32(static_cast<int>(s.channels)));
    first_ = _mm512_load_si512(back);
    second_ = _mm512_load_si512(back + WIDE);
  }

  // work(places of some windows in x and y, how many numbers they give)
  template <class Work>
  void each(long n, const Work& work) const {
    for (long y = 0; y < s_.out_height; y++)
      for (long p = 0; p < s_.out_width; p += most_)
        work(((n * s_.height + 2 * y) * s_.width + 2 * p) * s_.channels, ((n * s_.out_height + y) * s_.out_width + p) * s_.channels, std::min(most_, s_.out_width - p) * s_.channels);
  }

  // The four numbers of each window, row by row.
  void numbers(const float* x, long count, __m512 (&of)[4]) const {
    for (int row = 0; row < 2; row++, x += s_.width * s_.channels) {
      const __m512 a = _mm512_maskz_loadu_ps(lanes(2 * count), x), b = _mm512_maskz_loadu_ps(lanes(2 * count - WIDE), x + WIDE);
      of[2 * row] = _mm512_permutex2var_ps(a, even_, b);
      of[2 * row + 1] = _mm512_permutex2var_ps(a, odd_, b);
    }
  }

  void store(const __m512 (&of)[4], long count, float* x) const {
    for (int row = 0; row < 2; row++, x += s_.width * s_.channels) {
      _mm512_mask_storeu_ps(x, lanes(2 * count), _mm512_permutex2var_ps(of[2 * row], first_, of[2 * row + 1]));
      _mm512_mask_storeu_ps(x + WIDE, lanes(2 * count - WIDE), _mm512_permutex2var_ps(of[2 * row], second_, of[2 * row + 1]));
    }
  }

 private:
  Windows s_;
  long most_;
  __m512i even_, odd_, first_, second_;
};

inline void max_pool_pairs(const Windows& s, const float* x, float* y) {
  const Pairs pairs(s);
  Crew::here().share(static_cast<int>(s.batch), [&](int n) {
    pairs.each(n, [&](long from, long to, long count) {
      __m512 of[4];
      pairs.numbers(x + from, count, of);
      _mm512_mask_storeu_ps(y + to, lanes(count), larger(larger(larger(of[0], of[1]), of[2]), of[3]));
    });
  });
}

inline void max_pool_pairs_gradient(const Windows& s, const float* x, const float* y, const float* dy, float* dx) {
  const Pairs pairs(s);
  const long image = s.height * s.width * s.channels;
  const bool all = s.height == 2 * s.out_height && s.width == 2 * s.out_width;
  Crew::here().share(static_cast<int>(s.batch), [&](int n) {
    if (!all) std::fill(dx + n * image, dx + (n + 1) * image, 0.0f);
    pairs.each(n, [&](long from, long to, long count) {
      __mmask16 some = lanes(count);
      const __m512 top = _mm512_maskz_loadu_ps(some, y + to), slope = _mm512_maskz_loadu_ps(some, dy + to);
      __m512 of[4];
      pairs.numbers(x + from, count, of);
      for (__m512& number : of) {
        const __mmask16 here = _mm512_mask_cmp_ps_mask(some, number, top, _CMP_EQ_OQ);
        number = _mm512_maskz_mov_ps(here, slope);
        some &= static_cast<__mmask16>(~here);
      }
      pairs.store(of, count, dx + from);
    });
  });
}

inline void max_pool(const Windows& s, const float* x, float* y) {
  if (Pairs::suit(s)) return max_pool_pairs(s, x, y);
  Crew::here().share(static_cast<int>(s.batch), [&](int n) {
    windows(s, n, [&](long from, long to, __mmask16 some) {
      __m512 top = _mm512_maskz_loadu_ps(some, x + from);
      for (long i = 0; i < s.tall; i++)
        for (long j = i == 0 ? 1 : 0; j < s.wide; j++)
          top = larger(top, _mm512_maskz_loadu_ps(some, x + from + (i * s.width + j) * s.channels));
      _mm512_mask_storeu_ps(y + to, some, top);
    });
  });
}

// The slope of each window goes to the first of its largest numbers.
inline void max_pool_gradient(const Windows& s, const float* x, const float* y, const float* dy, float* dx) {
  if (Pairs::suit(s)) return max_pool_pairs_gradient(s, x, y, dy, dx);
  Crew::here().share(static_cast<int>(s.batch), [&](int n) {
    const long image = s.height * s.width * s.channels;
    std::fill(dx + n * image, dx + (n + 1) * image, 0.0f);
    windows(s, n, [&](long from, long to, __mmask16 some) {
      const __m512 top = _mm512_maskz_loadu_ps(some, y + to), slope = _mm512_maskz_loadu_ps(some, dy + to);
      for (long i = 0; i < s.tall; i++)
        for (long j = 0; j < s.wide; j++) {
          const long at = from + (i * s.width + j) * s.channels;
          const __mmask16 here = _mm512_mask_cmp_ps_mask(some, _mm512_maskz_loadu_ps(some, x + at), top, _CMP_EQ_OQ);
          _mm512_mask_storeu_ps(dx + at, here, _mm512_add_ps(_mm512_maskz_loadu_ps(here, dx + at), slope));
          some &= static_cast<__mmask16>(~here);
        }
    });
  });
}

}  // namespace lab::convolution

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
