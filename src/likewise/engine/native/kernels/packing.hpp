// Weights in the order in which products walk them.

#pragma once

#include <string.h>

#include "formats.hpp"

// Weights [outer, inner] into panels of 64 columns, for tiles of 16, step by step, as `product`
// walks them; int8 rounds each column over its own range and tells its scale and the sum of its
// numbers.
inline void pack(int format, bool tiles, const float *from, int outer, int inner, void *to,
                 float *scale, float *sum) {
    const int depth = format == 0 ? 4 : format == 1 ? 2 : 1;
    const int panel = tiles ? LANES : GROUPS_AT_ONCE * LANES, steps = inner / depth;
    for (int column = 0; column < outer; column++) {
        const float *row = from + (size_t)column * inner;
        const size_t base = (size_t)(column / panel) * steps * panel + column % panel;
        float most = 0;
        if (format == 0) {
            for (int k = 0; k < inner; k++) {
                float size = __builtin_fabsf(row[k]);
                if (size > most) most = size;
            }
        }
        const float steps_of_one = most > 0 ? 127.0f / most : 0.0f;
        int32_t total = 0;
        for (int step = 0; step < steps; step++) {
            const float *x = row + step * depth;
            char *lane = (char *)to + 4 * (base + (size_t)step * panel);
            if (format == 0) {
                for (int k = 0; k < 4; k++) {
                    int8_t number = (int8_t)__builtin_rintf(x[k] * steps_of_one);
                    total += number;
                    lane[k] = (char)number;
                }
            } else if (format == 1) {
                for (int k = 0; k < 2; k++) {
                    uint32_t bits;
                    memcpy(&bits, x + k, 4);
                    bits += 0x7fff + (bits >> 16 & 1); // to the nearest, ties to even
                    uint16_t number = (uint16_t)(bits >> 16);
                    memcpy(lane + 2 * k, &number, 2);
                }
            } else {
                memcpy(lane, x, 4);
            }
        }
        if (format == 0) {
            scale[column] = most / 127.0f;
            sum[column] = (float)total;
        }
    }
}
