// Weights in the order in which products walk them.

#pragma once

#include "formats.hpp"
#include "functions.hpp"

// 16 numbers in the lower halves of as many lanes, rounded to bfloat16: to the nearest, ties to
// even.
INLINE __m256i to_bfloat16(__m512i bits) {
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    bits = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(bits, 16));
}

// 16 columns of weights, `inner` numbers each, a register a step and `along` registers apart.
// `narrow(column, numbers)` gives the lanes of a column's next 16 steps.
template <class Narrow>
void pack_columns(const float *from, int inner, int depth, __m512i *to, int along, Narrow narrow) {
    for (int step = 0; step < inner / depth; step += LANES) {
        __m512i lines[LANES];
        for (int i = 0; i < LANES; i++) {
            lines[i] = narrow(i, from + (size_t)i * inner + step * depth);
        }
        transpose(lines);
        for (int i = 0; i < LANES; i++) _mm512_storeu_si512(to + (step + i) * along, lines[i]);
    }
}

inline float largest_size(const float *numbers, int count) {
    __m512 most = all(0);
    for (int k = 0; k < count; k += LANES) {
        most = _mm512_max_ps(most, _mm512_abs_ps(_mm512_loadu_ps(numbers + k)));
    }
    return _mm512_reduce_max_ps(most);
}

// `pack_columns` in int8: rounds each column over its own range and tells its scale and the sum of
// its numbers.
inline void pack_int8(const float *from, int inner, __m512i *to, int along, float *scale,
                      float *sum) {
    float steps[LANES];
    __m512i totals[LANES];
    for (int i = 0; i < LANES; i++) {
        const float most = largest_size(from + (size_t)i * inner, inner);
        steps[i] = steps_over(127.0f, most);
        scale[i] = most / 127.0f;
        totals[i] = _mm512_setzero_si512();
    }
    pack_columns(from, inner, 4, to, along, [&](int i, const float *x) INLINED {
        alignas(64) int8_t line[4 * LANES];
        for (int part = 0; part < 4; part++) {
            const __m512 numbers = _mm512_loadu_ps(x + part * LANES);
            const __m512i whole = _mm512_cvtps_epi32(_mm512_mul_ps(numbers, all(steps[i])));
            totals[i] = _mm512_add_epi32(totals[i], whole);
            _mm_store_si128((__m128i *)(line + part * LANES), _mm512_cvtepi32_epi8(whole));
        }
        return _mm512_load_si512(line);
    });
    for (int i = 0; i < LANES; i++) sum[i] = (float)_mm512_reduce_add_epi32(totals[i]);
}

// Weights [outer, inner] into panels of 64 columns, for tiles of 16, step by step, as `product`
// walks them. Both widths are multiples of 64. `scale` and `sum` are of int8 alone.
inline void pack(int format, bool tiles, const float *from, int outer, int inner, void *to,
                 float *scale, float *sum) {
    const int groups = tiles ? 1 : GROUPS_AT_ONCE; // of 16 columns, in a panel
    const int depth = format == 0 ? 4 : format == 1 ? 2 : 1, steps = inner / depth;
    for (int group = 0; group < outer / LANES; group++) {
        const float *columns = from + (size_t)group * LANES * inner;
        __m512i *place =
            (__m512i *)to + (size_t)(group / groups) * steps * groups + group % groups;
        if (format == 0) {
            pack_int8(columns, inner, place, groups, scale + group * LANES, sum + group * LANES);
        } else if (format == 1) {
            pack_columns(columns, inner, depth, place, groups, [](int, const float *x) INLINED {
                const __m256i first = to_bfloat16(_mm512_loadu_si512(x));
                const __m256i second = to_bfloat16(_mm512_loadu_si512(x + LANES));
                return _mm512_inserti64x4(_mm512_castsi256_si512(first), second, 1);
            });
        } else {
            pack_columns(columns, inner, depth, place, groups,
                         [](int, const float *x) INLINED { return _mm512_loadu_si512(x); });
        }
    }
}
