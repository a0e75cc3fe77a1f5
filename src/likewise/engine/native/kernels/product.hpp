// Linear layers, and the rows of numbers they take.

#pragma once

#include "formats.hpp"
#include "functions.hpp"
#include "network.hpp"
#include "tiles.hpp"

// Rows of a product's left side, as `place` has them. In int8 a number is `scale * element + low`,
// by row.
struct Rows {
    const void *data;
    const float *scale, *low;
};

// Every row times every column, plus the bias: 16 numbers at a time to `finish(row, column, x)`.
template <class Format, class Finish>
void product(Rows in, const Linear &by, int rows, Finish finish) {
    constexpr bool scaled = Format::depth == 4;
    const int steps = by.inner / Format::depth;
    const size_t width = by.inner * sizeof(typename Format::Element);
    constexpr int groups = Format::groups;
    const int outer = by.outer, panels = (outer / LANES + groups - 1) / groups;
    const float *bias = by.bias, *scale = by.scale, *sum = by.sum;
    for (int panel = 0; panel < panels; panel++) {
        const __m512i *weight = (const __m512i *)by.weight + (size_t)panel * steps * groups;
        const Columns columns =
            tiled<Format> ? Columns{weight, (size_t)steps, 1} : Columns{weight, 1, (size_t)groups};
        for (int first = 0; first < rows; first += Format::rows) {
            const char *from = (const char *)in.data + first * width;
            const Left left =
                tiled<Format> ? Left{from, 64, 64 * SIDE, SIDE * width} : Left{from, width, 0, 0};
            int count = least(Format::rows, rows - first);
            const float *row_scale = in.scale + first, *row_low = in.low + first;
            multiply<Format, groups>(
                count, left, columns, steps, [=](int i, int j, typename Format::Sum one) INLINED {
                    const int column = (panel * groups + j) * LANES;
                    if (column >= outer) return;
                    __m512 x = Format::number(one);
                    if constexpr (scaled) {
                        x = _mm512_mul_ps(x, all(row_scale[i]));
                        x = _mm512_fmadd_ps(all(row_low[i]), _mm512_loadu_ps(sum + column), x);
                        x = _mm512_fmadd_ps(x, _mm512_loadu_ps(scale + column),
                                            _mm512_loadu_ps(bias + column));
                    } else {
                        x = _mm512_add_ps(x, _mm512_loadu_ps(bias + column));
                    }
                    finish(first + i, column, x);
                });
        }
    }
}

// 16 numbers to 8 bits; `steps` is 255 over the range.
INLINE void store_int8(uint8_t *to, __m512 x, __m512 low, __m512 steps) {
    __m512i whole = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_sub_ps(x, low), steps));
    _mm_storeu_si128((__m128i *)to, _mm512_cvtusepi32_epi8(whole));
}

// One row to 8 bits, over the range it spans; 16 numbers at a time to where `to(column)` says.
template <class To>
INLINE void narrow_row(const float *from, int width, float &scale, float &low, To to) {
    __m512 lowest = _mm512_loadu_ps(from), highest = lowest;
    for (int c = LANES; c < width; c += LANES) {
        __m512 x = _mm512_loadu_ps(from + c);
        lowest = _mm512_min_ps(lowest, x);
        highest = _mm512_max_ps(highest, x);
    }
    low = _mm512_reduce_min_ps(lowest);
    float range = _mm512_reduce_max_ps(highest) - low;
    scale = range / 255.0f;
    __m512 steps = all(steps_over(255.0f, range));
    for (int c = 0; c < width; c += LANES) {
        store_int8(to(c), _mm512_loadu_ps(from + c), all(low), steps);
    }
}

// Layer normalisation of one row, Ba et al. 2016, https://arxiv.org/abs/1607.06450.
inline void normalise_row(float *x, int width, const Norm &norm, float epsilon) {
    __m512 sum = all(0), squares = all(0);
    for (int c = 0; c < width; c += LANES) sum = _mm512_add_ps(sum, _mm512_loadu_ps(x + c));
    __m512 mean = all(_mm512_reduce_add_ps(sum) / (float)width);
    for (int c = 0; c < width; c += LANES) {
        __m512 from_mean = _mm512_sub_ps(_mm512_loadu_ps(x + c), mean);
        squares = _mm512_fmadd_ps(from_mean, from_mean, squares);
    }
    float variance = _mm512_reduce_add_ps(squares) / (float)width;
    __m512 by = all(1.0f / __builtin_sqrtf(variance + epsilon));
    for (int c = 0; c < width; c += LANES) {
        __m512 y = _mm512_mul_ps(_mm512_sub_ps(_mm512_loadu_ps(x + c), mean), by);
        y = _mm512_fmadd_ps(y, _mm512_loadu_ps(norm.weight + c), _mm512_loadu_ps(norm.bias + c));
        _mm512_storeu_ps(x + c, y);
    }
}
