// Linear layers.

#pragma once

#include "abi.hpp"
#include "formats.hpp"
#include "functions.hpp"
#include "tiles.hpp"

namespace {

// The input of a linear layer, in the layout of `element_offset`. In int8 a value is
// `scale * element + offset`, with one scale and offset for each row.
struct Input {
    const void *data;
    const float *scale, *offset;
};

// input * weight + bias: calls `store(row, column, x)` with 16 consecutive columns at a time.
template <class Format, class Store>
void linear(Input input, const Linear &layer, int rows, Store store) {
    const int steps = layer.in_features / Format::values_per_lane;
    const size_t row_bytes = layer.in_features * sizeof(typename Format::Element);
    constexpr int groups = Format::groups;
    const int out_features = layer.out_features;
    const int panels = (out_features / LANES + groups - 1) / groups;
    const float *bias = layer.bias, *scale = layer.scale, *sum = layer.sum;
    for (int panel = 0; panel < panels; panel++) {
        const Words *weight = (const Words *)layer.weight + (size_t)panel * steps * groups;
        const RightMatrix right = Format::uses_tiles ? RightMatrix{weight, (size_t)steps, 1}
                                                     : RightMatrix{weight, 1, (size_t)groups};
        for (int first = 0; first < rows; first += Format::rows) {
            const char *data = (const char *)input.data + first * row_bytes;
            const LeftMatrix left =
                Format::uses_tiles
                    ? LeftMatrix{data, TILE_ROW_BYTES, TILE_BYTES, TILE_ROWS * row_bytes}
                    : LeftMatrix{data, row_bytes, 0, 0};
            int count = min(Format::rows, rows - first);
            const float *row_scale = input.scale + first, *row_offset = input.offset + first;
            multiply<Format, groups>(
                count, left, right, steps,
                [=](int i, int j, typename Format::Accumulator accumulator) INLINED {
                    const int column = (panel * groups + j) * LANES;
                    if (column >= out_features) return;
                    if constexpr (Format::is_int8) {
                        Floats x = to_float(accumulator) * broadcast(row_scale[i]);
                        x = fmadd(broadcast(row_offset[i]), load(sum + column), x);
                        store(first + i, column,
                              fmadd(x, load(scale + column), load(bias + column)));
                    } else {
                        store(first + i, column, accumulator + load(bias + column));
                    }
                });
        }
    }
}

} // namespace
