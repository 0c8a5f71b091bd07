// softmax(Q Kᵀ/√d + mask) V of each head, causal, and its gradient [Vaswani2017, Equation 1] [Dao2022, Appendix B]: the weights of a head stay in its core's
// cache, and rows are read and written where the products on both sides have them, so that nothing is transposed in memory.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include "crew.h"
#include "mat-mul.h"
#include "vector-math.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,amx-tile,amx-bf16"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,amx-tile,amx-bf16")
#endif

namespace lab {

// Each row of qkv [batch · time, (heads + 2 shared) · depth] holds the queries of all heads, the keys, the values; several heads may share keys and values.
struct Heads {
  long batch, time, heads, shared, depth;
  const int32_t* segments;  // [batch, time], or null: positions of different numbers do not see each other
  long width() const { return (heads + 2 * shared) * depth; }
  long heard() const { return heads * depth; }
};

namespace attention {

using tiles::DEPTH, tiles::parts, tiles::SIDE, tiles::STRIP, tiles::TERMS, tiles::word;

constexpr long BLOCK = 4 * STRIP;  // queries whose weights are kept at once on the way back

inline long up(long n) { return parts(n, STRIP) * static_cast<long>(STRIP); }

// A factor packed into blocks: sixteen rows (or columns) after sixteen, each over the whole depth.
struct Packed {
  const word* values;
  size_t size;
  const word* at(long row) const { return values + row / SIDE * size; }
};

inline size_t room(long rows, long depth) { return static_cast<size_t>(parts(up(rows), SIDE)) * parts(depth, DEPTH) * TERMS; }

inline Packed left(const Factor& a, long rows, long depth, word* to) {
  const size_t size = static_cast<size_t>(parts(depth, DEPTH)) * TERMS;
  tiles::left_blocks(a, 0, rows, 0, depth, to, size);
  return {to, size};
}

inline Packed right(const Factor& b, long columns, long depth, word* to) {
  const size_t size = static_cast<size_t>(parts(depth, DEPTH)) * TERMS;
  tiles::right_blocks(b, 0, columns, 0, depth, to, size);
  return {to, size};
}

// to[0 … 31, 0 … columns) = or += a · b, over the first `depth` of what is packed; `to` has room for whole tiles.
inline void strip(const Packed& a, const Packed& b, long columns, long depth, float* to, long stride, bool fresh) {
  for (long j = 0; j < columns; j += STRIP)
    tiles::product(2, columns - j > SIDE ? 2 : 1, a.values, b.at(j), parts(depth, DEPTH), a.size, fresh ? tiles::Start{nullptr, 0} : tiles::Start{to + j, stride}, to + j, stride);
}

// Memory of one thread, cut into parts that begin on a line of the cache.
struct Desk {
  tiles::Room room;
  size_t used = 0;
  word* base = nullptr;
  void clear(size_t words) {
    base = room.of(words);
    used = 0;
  }
  word* blocks(size_t words) {
    word* at = base + used;
    used += (words + 31) / 32 * 32;
    return at;
  }
  float* floats(size_t count) { return reinterpret_cast<float*>(blocks(2 * count)); }
};

inline void copy(const float* from, long stride, long rows, long columns, float* to, long width) {
  for (long i = 0; i < rows; i++) std::memcpy(to + i * width, from + i * stride, static_cast<size_t>(columns) * sizeof(float));
}

// Asks for rows of which each is elsewhere in memory, before they are needed one by one.
template <bool WRITE>
inline void ask_for(const float* from, long stride, long rows, long columns) {
  for (long i = 0; i < rows; i++)
    for (long j = 0; j < columns; j += 16) __builtin_prefetch(from + i * stride + j, WRITE ? 1 : 0, 2);
}

// Where query i sees key j of the same document, for the sixteen keys from j on.
inline __mmask16 seen(const int32_t* segments, long i, long j) {
  const __mmask16 before = lanes(i + 1 - j);
  return segments == nullptr || before == 0 ? before : _mm512_mask_cmpeq_epi32_mask(before, _mm512_maskz_loadu_epi32(before, segments + j), _mm512_set1_epi32(segments[i]));
}

inline void forward(const Heads& h, const float* qkv, float* heard, float* total) {
  const float scale = 1.0f / std::sqrt(static_cast<float>(h.depth));
  const long width = h.width(), wide = up(h.time);
  Crew::here().share(static_cast<int>(h.batch * h.heads), [&](int job) {
    static thread_local Desk desk;
    const long b = job / h.heads, head = job % h.heads, group = head / (h.heads / h.shared);
    const float* q = qkv + b * h.time * width + head * h.depth;
    const float* k = qkv + b * h.time * width + (h.heads + group) * h.depth;
    const float* v = k + h.shared * h.depth;
    const int32_t* segments = h.segments == nullptr ? nullptr : h.segments + b * h.time;
    desk.clear(room(h.time, h.depth) + room(h.depth, h.time) + room(STRIP, h.depth) + room(STRIP, h.time) + 2 * STRIP * (wide + up(h.depth)));
    const Packed keys = right({k, width, true}, h.time, h.depth, desk.blocks(room(h.time, h.depth)));
    const Packed values = right({v, width, false}, h.depth, h.time, desk.blocks(room(h.depth, h.time)));
    word *query_room = desk.blocks(room(STRIP, h.depth)), *weight_room = desk.blocks(room(STRIP, h.time));
    float *weights = desk.floats(static_cast<size_t>(STRIP * wide)), *out = desk.floats(static_cast<size_t>(STRIP * up(h.depth)));
    const tiles::Multiplying multiplying;
    for (long from = 0; from < h.time; from += STRIP) {
      const long rows = std::min<long>(STRIP, h.time - from), columns = std::min(h.time, from + STRIP);
      const Packed queries = left({q + from * width, width, false}, STRIP < rows ? STRIP : rows, h.depth, query_room);
      if (rows <= SIDE) std::fill(query_room + queries.size, query_room + 2 * queries.size, word{0});
      strip(queries, keys, columns, h.depth, weights, wide, true);
      for (long i = 0; i < rows; i++) {
        float* row = weights + i * wide;
        __m512 top = _mm512_set1_ps(-std::numeric_limits<float>::infinity()), sum = _mm512_setzero_ps();
        sixteens(columns, [&](long j, __mmask16) { top = _mm512_mask_max_ps(top, seen(segments, from + i, j), top, _mm512_loadu_ps(row + j)); });
        const __m512 most = _mm512_set1_ps(_mm512_reduce_max_ps(top)), times = _mm512_set1_ps(scale);
        sixteens(columns, [&](long j, __mmask16) {
          const __m512 e = _mm512_maskz_mov_ps(seen(segments, from + i, j), exponential(_mm512_mul_ps(_mm512_sub_ps(_mm512_loadu_ps(row + j), most), times)));
          sum = _mm512_add_ps(sum, e);
          _mm512_storeu_ps(row + j, e);
        });
        const float mass = _mm512_reduce_add_ps(sum);
        const __m512 each = _mm512_set1_ps(1 / mass);
        sixteens(columns, [&](long j, __mmask16) { _mm512_storeu_ps(row + j, _mm512_mul_ps(_mm512_loadu_ps(row + j), each)); });
        total[(b * h.heads + head) * h.time + from + i] = _mm512_cvtss_f32(most) * scale + std::log(mass);
      }
      const size_t size = values.size;
      tiles::left_blocks({weights, wide, false}, 0, rows, 0, columns, weight_room, size);
      if (rows <= SIDE) std::fill(weight_room + size, weight_room + 2 * size, word{0});
      strip({weight_room, size}, values, h.depth, columns, out, up(h.depth), true);
      copy(out, up(h.depth), rows, h.depth, heard + (b * h.time + from) * h.heard() + head * h.depth, h.heard());
    }
  });
}

// dP = dY Vᵀ, dS = P ⊙ (dP − rowsum(dY ⊙ Y))/√d; dQ = dS K, dK = dSᵀ Q, dV = Pᵀ dY. P is made again from Q, K and the logarithms of its sums.
inline void backward(const Heads& h, const float* qkv, const float* heard, const float* total, const float* dy, float* dqkv) {
  const float scale = 1.0f / std::sqrt(static_cast<float>(h.depth));
  const long width = h.width(), wide = up(h.time), deep = up(h.depth), group = h.heads / h.shared;
  Crew::here().share(static_cast<int>(h.batch * h.shared), [&](int job) {
    static thread_local Desk desk;
    const long b = job / h.shared, shared = job % h.shared, start = b * h.time;
    const int32_t* segments = h.segments == nullptr ? nullptr : h.segments + start;
    const long of_k = (h.heads + shared) * h.depth, of_v = of_k + h.shared * h.depth;
    const float *k = qkv + start * width + of_k, *v = qkv + start * width + of_v;
    for (const float* each : {k, v}) ask_for<false>(each, width, h.time, h.depth);
    const size_t along = room(h.time, h.depth), across = room(h.depth, h.time);
    desk.clear(2 * along + across + 2 * room(STRIP, h.depth) + room(STRIP, h.time) + 2 * room(h.depth, BLOCK) + room(STRIP, BLOCK) + 4 * BLOCK * wide + 4 * wide * deep + 2 * STRIP * deep);
    const Packed keys = right({k, width, true}, h.time, h.depth, desk.blocks(along)), values = right({v, width, true}, h.time, h.depth, desk.blocks(along));
    const Packed natural = right({k, width, false}, h.depth, h.time, desk.blocks(across));
    word *query_room = desk.blocks(room(STRIP, h.depth)), *dy_room = desk.blocks(room(STRIP, h.depth)), *strip_room = desk.blocks(room(STRIP, h.time));
    word *queries_room = desk.blocks(room(h.depth, BLOCK)), *dys_room = desk.blocks(room(h.depth, BLOCK)), *turned_room = desk.blocks(room(STRIP, BLOCK));
    float *weights = desk.floats(static_cast<size_t>(BLOCK * wide)), *slopes = desk.floats(static_cast<size_t>(BLOCK * wide));
    float *dk = desk.floats(static_cast<size_t>(wide * deep)), *dv = desk.floats(static_cast<size_t>(wide * deep)), *out = desk.floats(static_cast<size_t>(STRIP * deep));
    const tiles::Multiplying multiplying;
    for (long head = shared * group; head < (shared + 1) * group; head++) {
      const float *q = qkv + start * width + head * h.depth, *y = heard + start * h.heard() + head * h.depth, *d = dy + start * h.heard() + head * h.depth;
      const float* sums = total + (b * h.heads + head) * h.time;
      ask_for<false>(q, width, h.time, h.depth);
      ask_for<false>(d, h.heard(), h.time, h.depth);
      ask_for<false>(y, h.heard(), h.time, h.depth);
      ask_for<true>(dqkv + start * width + head * h.depth, width, h.time, h.depth);
      for (long block = 0; block < h.time; block += BLOCK) {
        const long queries = std::min(BLOCK, h.time - block), visible = block + queries;
        for (long from = block; from < visible; from += STRIP) {
          const long rows = std::min<long>(STRIP, visible - from), columns = from + rows;
          const Packed query = left({q + from * width, width, false}, rows, h.depth, query_room), slope = left({d + from * h.heard(), h.heard(), false}, rows, h.depth, dy_room);
          if (rows <= SIDE) {
            std::fill(query_room + query.size, query_room + 2 * query.size, word{0});
            std::fill(dy_room + slope.size, dy_room + 2 * slope.size, word{0});
          }
          float *p = weights + (from - block) * wide, *ds = slopes + (from - block) * wide;
          strip(query, keys, columns, h.depth, p, wide, true);
          strip(slope, values, columns, h.depth, ds, wide, true);
          for (long i = 0; i < rows; i++) {
            float *row = p + i * wide, *down = ds + i * wide;
            __m512 dot = _mm512_setzero_ps();
            sixteens(h.depth, [&](long j, __mmask16 some) {
              dot = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(some, y + (from + i) * h.heard() + j), _mm512_maskz_loadu_ps(some, d + (from + i) * h.heard() + j), dot);
            });
            const __m512 level = _mm512_set1_ps(_mm512_reduce_add_ps(dot)), sum = _mm512_set1_ps(sums[from + i]), times = _mm512_set1_ps(scale);
            sixteens(columns, [&](long j, __mmask16) {
              const __mmask16 some = seen(segments, from + i, j);
              const __m512 weight = _mm512_maskz_mov_ps(some, exponential(_mm512_fmsub_ps(_mm512_maskz_loadu_ps(some, row + j), times, sum)));
              _mm512_storeu_ps(row + j, weight);
              _mm512_storeu_ps(down + j, _mm512_mul_ps(_mm512_mul_ps(weight, times), _mm512_sub_ps(_mm512_maskz_loadu_ps(some, down + j), level)));
            });
          }
          const size_t size = natural.size;
          tiles::left_blocks({ds, wide, false}, 0, rows, 0, columns, strip_room, size);
          if (rows <= SIDE) std::fill(strip_room + size, strip_room + 2 * size, word{0});
          strip({strip_room, size}, natural, h.depth, columns, out, deep, true);
          copy(out, deep, rows, h.depth, dqkv + (start + from) * width + head * h.depth, width);
        }
        const Packed back = right({q + block * width, width, false}, h.depth, queries, queries_room), down = right({d + block * h.heard(), h.heard(), false}, h.depth, queries, dys_room);
        for (long j = 0; j < visible; j += STRIP) {
          const long rows = std::min<long>(STRIP, visible - j);
          const bool fresh = j >= block && head == shared * group;
          // Earlier queries do not see these keys.
          const long skipped = std::max(0L, j - block);
          const auto add = [&](const float* of, const Packed& by, float* to) {
            tiles::left_blocks({of + skipped * wide + j, wide, true}, 0, rows, 0, queries - skipped, turned_room, by.size);
            if (rows <= SIDE) std::fill(turned_room + by.size, turned_room + 2 * by.size, word{0});
            strip({turned_room, by.size}, {by.values + skipped / DEPTH * TERMS, by.size}, h.depth, queries - skipped, to + j * deep, deep, fresh);
          };
          add(slopes, back, dk);
          add(weights, down, dv);
        }
      }
    }
    ask_for<true>(dqkv + start * width + of_k, width, h.time, h.depth);
    ask_for<true>(dqkv + start * width + of_v, width, h.time, h.depth);
    copy(dk, deep, h.time, h.depth, dqkv + start * width + of_k, width);
    copy(dv, deep, h.time, h.depth, dqkv + start * width + of_v, width);
  });
}

}  // namespace attention
}  // namespace lab

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
