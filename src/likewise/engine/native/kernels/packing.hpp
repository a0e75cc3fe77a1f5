// Packed weight matrices.
//
// A weight W [out_features, in_features] is stored so that the kernels read it sequentially.
//
// Lane: 32 bits of one column, consecutive along in_features:
//
//     int8      | k | k+1 | k+2 | k+3 |      4 values
//     bfloat16  |    k    |    k+1    |      2 values; with AVX2 int8, too, in 16 bits
//     float32   |          k          |      1 value
//
// Step: one vector of 16 lanes, one for each of the 16 columns of a column group. A weight has
// in_features / (values per lane) steps.
//
//     step s    | col 0 | col 1 | ... | col 15 |      64 bytes
//
// Panel without tiles: GROUP_BLOCK column groups, interleaved by step. The register kernel reads
// one vector of each group for each step. With AVX-512 these are 4 groups (64 columns); with AVX2
// a panel is one group.
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

namespace {

// Pack one column group. `convert(column, values)` returns the lanes of a column's next 16 steps;
// consecutive steps are `stride` registers apart.
template <class Convert>
void pack_group(const float *weight, int in_features, int values_per_lane, Words *packed,
                int stride, Convert convert) {
    for (int step = 0; step < in_features / values_per_lane; step += LANES) {
        Words registers[LANES];
        for (int i = 0; i < LANES; i++) {
            registers[i] = convert(i, weight + (size_t)i * in_features + step * values_per_lane);
        }
        transpose(registers);
        for (int i = 0; i < LANES; i++) {
            store_words(packed + (step + i) * stride, registers[i]);
        }
    }
}

inline float max_abs(const float *values, int count) {
    Floats maximum = broadcast(0);
    for (int k = 0; k < count; k += LANES) {
        maximum = max(maximum, abs(load(values + k)));
    }
    return reduce_max(maximum);
}

// `pack_group` in int8: quantizes each column symmetrically over its own range. Writes the scale of
// each column and the sum of its quantized values.
inline void pack_group_int8(const float *weight, int in_features, Words *packed, int stride,
                            float *scale, float *sum) {
    float inverse_scales[LANES];
    Words sums[LANES];
    for (int i = 0; i < LANES; i++) {
        const float maximum = max_abs(weight + (size_t)i * in_features, in_features);
        inverse_scales[i] = inverse_scale_of(127.0f, maximum);
        scale[i] = maximum / 127.0f;
        sums[i] = Words();
    }
    pack_group(weight, in_features, Int8::values_per_lane, packed, stride,
               [&](int i, const float *values) INLINED {
                   alignas(64) Int8Weight quantized[Int8::values_per_lane * LANES];
                   for (int part = 0; part < Int8::values_per_lane; part++) {
                       const Floats x = load(values + part * LANES);
                       const Words rounded = round_to_words(x * broadcast(inverse_scales[i]));
                       sums[i] = add(sums[i], rounded);
                       store_int8_weight(quantized + part * LANES, rounded);
                   }
                   return load_words(quantized);
               });
    for (int i = 0; i < LANES; i++) sum[i] = (float)reduce_add(sums[i]);
}

// Pack a weight [out_features, in_features]. Both dimensions are multiples of 64. `scale` and `sum`
// are written in int8 only.
template <class Format>
void pack(bool use_tiles, const float *weight, int out_features, int in_features, void *packed,
          float *scale, float *sum) {
    const int groups = use_tiles ? 1 : GROUP_BLOCK; // in a panel
    const int steps = in_features / Format::values_per_lane;
    for (int group = 0; group < out_features / LANES; group++) {
        const float *columns = weight + (size_t)group * LANES * in_features;
        Words *to = (Words *)packed + (size_t)(group / groups) * steps * groups + group % groups;
        if constexpr (Format::is_int8) {
            pack_group_int8(columns, in_features, to, groups, scale + group * LANES,
                            sum + group * LANES);
        } else {
            pack_group(columns, in_features, Format::values_per_lane, to, groups,
                       [](int, const float *values) INLINED { return Format::lanes(values); });
        }
    }
}

} // namespace
