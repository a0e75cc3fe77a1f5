// Packed weight matrices.
//
// A weight W [out_features, in_features] is stored so that the kernels read it sequentially.
//
// Lane: 32 bits of one column, consecutive along in_features:
//
//     int8      | k | k+1 | k+2 | k+3 |      4 values
//     bfloat16  |    k    |    k+1    |      2 values
//     float32   |          k          |      1 value
//
// Step: one register of 16 lanes, one for each of the 16 columns of a column group. A weight has
// in_features / (values per lane) steps.
//
//     step s    | col 0 | col 1 | ... | col 15 |      64 bytes
//
// Panel without tiles: 4 column groups (64 columns), interleaved by step. The register kernel
// reads 4 registers for each step.
//
//     step 0:   | group 0 | group 1 | group 2 | group 3 |
//     step 1:   | group 0 | group 1 | group 2 | group 3 |
//     ...
//
// Panel for AMX tiles: 1 column group, step after step. 16 consecutive steps are one tile
// (16 rows of 64 bytes), in the layout that TDPBUSD and TDPBF16PS take.
//
//     group 0:  | step 0 | step 1 | ... |
//     group 1:  | step 0 | step 1 | ... |
//     ...
//
// The panels follow one another in the order of the columns. The layout of the inputs is that of
// `element_offset` in tiles.hpp.

#pragma once

#include "formats.hpp"
#include "functions.hpp"

// The bits of 16 float32 values, rounded to bfloat16: to nearest, ties to even.
INLINE __m256i to_bfloat16(__m512i bits) {
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    bits = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(bits, 16));
}

// Pack one column group. `convert(column, values)` returns the lanes of a column's next 16 steps;
// consecutive steps are `stride` registers apart.
template <class Convert>
void pack_group(const float *weight, int in_features, int values_per_lane, __m512i *packed,
                int stride, Convert convert) {
    for (int step = 0; step < in_features / values_per_lane; step += LANES) {
        __m512i registers[LANES];
        for (int i = 0; i < LANES; i++) {
            registers[i] = convert(i, weight + (size_t)i * in_features + step * values_per_lane);
        }
        transpose(registers);
        for (int i = 0; i < LANES; i++) {
            _mm512_storeu_si512(packed + (step + i) * stride, registers[i]);
        }
    }
}

inline float max_abs(const float *values, int count) {
    __m512 maximum = broadcast(0);
    for (int k = 0; k < count; k += LANES) {
        maximum = _mm512_max_ps(maximum, _mm512_abs_ps(_mm512_loadu_ps(values + k)));
    }
    return _mm512_reduce_max_ps(maximum);
}

// `pack_group` in int8: quantizes each column symmetrically over its own range. Writes the scale of
// each column and the sum of its quantized values.
inline void pack_group_int8(const float *weight, int in_features, __m512i *packed, int stride,
                            float *scale, float *sum) {
    float inverse_scales[LANES];
    __m512i sums[LANES];
    for (int i = 0; i < LANES; i++) {
        const float maximum = max_abs(weight + (size_t)i * in_features, in_features);
        inverse_scales[i] = inverse_scale_of(127.0f, maximum);
        scale[i] = maximum / 127.0f;
        sums[i] = _mm512_setzero_si512();
    }
    pack_group(weight, in_features, Int8::values_per_lane, packed, stride,
               [&](int i, const float *values) INLINED {
                   alignas(64) int8_t quantized[4 * LANES];
                   for (int part = 0; part < 4; part++) {
                       const __m512 x = _mm512_loadu_ps(values + part * LANES);
                       const __m512i rounded =
                           _mm512_cvtps_epi32(_mm512_mul_ps(x, broadcast(inverse_scales[i])));
                       sums[i] = _mm512_add_epi32(sums[i], rounded);
                       _mm_store_si128((__m128i *)(quantized + part * LANES),
                                       _mm512_cvtepi32_epi8(rounded));
                   }
                   return _mm512_load_si512(quantized);
               });
    for (int i = 0; i < LANES; i++) sum[i] = (float)_mm512_reduce_add_epi32(sums[i]);
}

// Pack a weight [out_features, in_features]. Both dimensions are multiples of 64. `scale` and `sum`
// are written in int8 only.
inline void pack(int format, bool use_tiles, const float *weight, int out_features, int in_features,
                 void *packed, float *scale, float *sum) {
    const int groups = use_tiles ? 1 : GROUP_BLOCK; // in a panel
    const int values_per_lane = format == 0   ? Int8::values_per_lane
                                : format == 1 ? BFloat16::values_per_lane
                                              : Float32::values_per_lane;
    const int steps = in_features / values_per_lane;
    for (int group = 0; group < out_features / LANES; group++) {
        const float *columns = weight + (size_t)group * LANES * in_features;
        __m512i *to =
            (__m512i *)packed + (size_t)(group / groups) * steps * groups + group % groups;
        if (format == 0) {
            pack_group_int8(columns, in_features, to, groups, scale + group * LANES,
                            sum + group * LANES);
        } else if (format == 1) {
            pack_group(columns, in_features, values_per_lane, to, groups,
                       [](int, const float *values) INLINED {
                           const __m256i first = to_bfloat16(_mm512_loadu_si512(values));
                           const __m256i second = to_bfloat16(_mm512_loadu_si512(values + LANES));
                           return _mm512_inserti64x4(_mm512_castsi256_si512(first), second, 1);
                       });
        } else {
            pack_group(columns, in_features, values_per_lane, to, groups,
                       [](int, const float *values) INLINED { return _mm512_loadu_si512(values); });
        }
    }
}
