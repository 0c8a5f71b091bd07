// C = op(A) op(B) in float32 on the processor's vectors: sums of up to twelve rows by thirty-two columns stay in registers. B is packed into blocks of sixteen
// columns; the rows of A are read where they lie, and only those of a transposed A are packed.
#pragma once
#include <immintrin.h>
#include <algorithm>
#include <type_traits>
#include "crew.h"
#include "tiles.h"
#include "vector-math.h"
#include "vectors.h"

namespace lab {

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")
#endif

namespace vectors {

using tiles::parts, tiles::Room;

constexpr int HIGH = 12;                   // rows of C whose sums the registers hold
constexpr long DEEPEST = 1024, PACKED = 512;  // numbers of a row of A that are used at once, as they lie and packed
constexpr long PANEL = 1 << 18;            // numbers of B that stay in a core's own cache
constexpr long SOME_BLOCKS = 8;            // of rows, for one piece of work
constexpr long SOME_COLUMNS = 8;           // blocks of columns that are packed at once

// Numbers of A: those of one row are `step` apart, rows are `row` apart.
struct Strip {
  const float* values;
  long row, step;
};

// `rows` ≤ HIGH rows of C from a strip of A and COLUMNS blocks of B, `size` apart; `last` says which columns of the last block are there.
template <bool AHEAD, int COLUMNS, int ROWS>
inline void sums(const Strip& a, const float* b, size_t size, long depth, Start start, float* c, long stride, __mmask16 last) {
  __m512 total[ROWS][COLUMNS];
  const auto there = [&](int j) { return j == COLUMNS - 1 ? last : static_cast<__mmask16>(0xffff); };
  for (int r = 0; r < ROWS; r++)
    for (int j = 0; j < COLUMNS; j++)
      total[r][j] = start.values == nullptr ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(there(j), start.values + r * start.stride + j * SIDE);
  // Three rows share an address.
  const float* three[(ROWS + 2) / 3];
  for (int r = 0; r < ROWS; r += 3) three[r / 3] = a.values + r * a.row;
  for (long k = 0; k < depth;) {
    // The rows that come next lie apart, where no processor looks ahead by itself.
    if constexpr (AHEAD)
      for (int r = 0; r < ROWS; r++) _mm_prefetch(reinterpret_cast<const char*>(a.values + (ROWS + r) * a.row + k), _MM_HINT_T1);
    for (const long end = AHEAD ? std::min(depth, k + WIDE) : depth; k < end; k++, b += SIDE) {
      __m512 column[COLUMNS];
      for (int j = 0; j < COLUMNS; j++) column[j] = _mm512_load_ps(b + j * size);
      for (int r = 0; r < ROWS; r++) {
        const __m512 x = _mm512_set1_ps(three[r / 3][r % 3 * a.row]);
        for (int j = 0; j < COLUMNS; j++) total[r][j] = _mm512_fmadd_ps(x, column[j], total[r][j]);
      }
      for (int r = 0; r < ROWS; r += 3) three[r / 3] += a.step;
    }
  }
  for (int r = 0; r < ROWS; r++)
    for (int j = 0; j < COLUMNS; j++) _mm512_mask_storeu_ps(c + r * stride + j * SIDE, there(j), total[r][j]);
}

template <bool AHEAD, int COLUMNS, int ROWS = HIGH>
inline void sums(long rows, const Strip& a, const float* b, size_t size, long depth, Start start, float* c, long stride, __mmask16 last) {
  if (rows == ROWS) return sums<AHEAD, COLUMNS, ROWS>(a, b, size, depth, start, c, stride, last);
  if constexpr (ROWS > 1) sums<AHEAD, COLUMNS, ROWS - 1>(rows, a, b, size, depth, start, c, stride, last);
}

// `count` rows in pieces of nearly equal size, none of more than HIGH: work(first row, end).
template <class Work>
inline void evenly(long count, const Work& work) {
  const long pieces = parts(count, HIGH);
  for (long i = 0; i < pieces; i++) work(i * count / pieces, (i + 1) * count / pieces);
}

// `rows` ≤ HIGH columns of x, of each `depth` numbers, for each step along the depth; sixteen numbers are written where twelve count.
inline Strip packed(const float* x, long stride, long rows, long depth, float* to) {
  const __mmask16 some = lanes(rows);
  for (long k = 0; k < depth; k++) _mm512_storeu_ps(to + k * HIGH, _mm512_maskz_loadu_ps(some, x + k * stride));
  return {to, 1, HIGH};
}

// C = A · B for some rows of A and blocks of B, over the whole depth.
inline void by_blocks(const Strip& a, long rows, const float* b, size_t size, long depth, float* c, long columns) {
  evenly(rows, [&](long top, long bottom) {
    const Strip strip{a.values + top * a.row, a.row, a.step};
    for (long j = 0; j < columns; j += 2 * SIDE) {
      float* to = c + top * columns + j;
      const float* block = b + j / SIDE * size;
      if (columns - j > SIDE) sums<false, 2>(bottom - top, strip, block, size, depth, {nullptr, 0}, to, columns, lanes(columns - j - SIDE));
      else sums<false, 1>(bottom - top, strip, block, size, depth, {nullptr, 0}, to, columns, lanes(columns - j));
    }
  });
}

inline void multiply(const Factor& a, const Factor& b, const float* bias, float* c, long rows, long columns, long depth, bool shared) {
  static thread_local Room panel_room;
  Crew& crew = Crew::here();
  const int members = shared ? crew.size() : 1;
  const auto each_of = [&](long count, const auto& work) {
    if (members > 1) return crew.share(static_cast<int>(count), work);
    for (int i = 0; i < count; i++) work(i);
  };
  const long panels = std::max(1, parts(depth, a.transposed ? PACKED : DEEPEST)), deepest = parts(depth, panels);
  const long most = std::max<long>(2 * SIDE, PANEL / std::max(1L, deepest) / (2 * SIDE) * 2 * SIDE);
  const size_t size = static_cast<size_t>(deepest) * SIDE;
  float* panel = panel_room.floats(static_cast<long>(size) * parts(std::min(columns, most), SIDE));
  for (long left = 0; left < columns; left += most) {
    const long wide = std::min(most, columns - left), blocks = parts(wide, SIDE);
    // Everyone has work: rows are cut first, then columns.
    const long tall = members * std::max(1, parts(rows, members * SOME_BLOCKS * HIGH)), row_jobs = std::min(rows, tall);
    const long column_jobs = rows >= members * 2 * HIGH ? 1 : std::min<long>(parts(blocks, 2), 2 * members);
    for (long p = 0; p < panels; p++) {
      const long k = p * depth / panels, deep = (p + 1) * depth / panels - k;
      each_of(parts(blocks, SOME_COLUMNS), [&](int group) {
        tiles::Largest unused{_mm512_setzero_si512()};
        const long from = group * SOME_COLUMNS, some = std::min(SOME_COLUMNS, blocks - from), at = left + from * SIDE, here = std::min(wide - from * SIDE, some * SIDE);
        word* to = reinterpret_cast<word*>(panel + from * size);
        if (!b.transposed) return columns_of(b.at(k, at), b.stride, here, deep, to, 2 * size, unused);
        for (long j = 0; j < some; j++) vectors::rows_of(b.at(k, at + j * SIDE), b.stride, std::min<long>(SIDE, here - j * SIDE), deep, to + j * 2 * size, unused);
      });
      each_of(row_jobs * column_jobs, [&](int job) {
        static thread_local Room strip_room;
        const long first = job / column_jobs * rows / row_jobs, count = (job / column_jobs + 1) * rows / row_jobs - first;
        const long from = job % column_jobs * parts(blocks, 2) / column_jobs * 2, end = std::min(blocks, (job % column_jobs + 1) * parts(blocks, 2) / column_jobs * 2);
        float* room = strip_room.floats((PACKED + 1) * HIGH);
        evenly(count, [&](long top, long bottom) {
          const float* values = a.at(first + top, k);
          const Strip strip = a.transposed ? packed(values, a.stride, bottom - top, deep, room) : Strip{values, a.stride, 1};
          for (long j = from; j < end; j += 2) {
            float* to = c + (first + top) * columns + left + j * SIDE;
            const Start start = p > 0 ? Start{to, columns} : Start{bias == nullptr ? nullptr : bias + left + j * SIDE, 0};
            const __mmask16 last = lanes(wide - (std::min(j + 2, blocks) - 1) * SIDE);
            const float* of_b = panel + j * size;
            const auto sum = [&](auto ahead) {
              if (end - j > 1) sums<decltype(ahead)::value, 2>(bottom - top, strip, of_b, size, deep, start, to, columns, last);
              else sums<decltype(ahead)::value, 1>(bottom - top, strip, of_b, size, deep, start, to, columns, last);
            };
            if (j == from && !a.transposed) sum(std::true_type{});
            else sum(std::false_type{});
          }
        });
      });
    }
  }
}

}  // namespace vectors

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
}  // namespace lab
