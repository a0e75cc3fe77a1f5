// Matrix products on AMX tiles: eight registers of 16 rows of 64 bytes.
//
// The instructions are written in assembly, so that every compiler accepts them and no other code
// uses them. Every element of the result is summed in the order of its steps, as in formats.hpp.

#pragma once

#include "formats.hpp"

namespace {

constexpr int TILE_ROWS = 16; // rows of a tile, and 32-bit lanes of a row
constexpr size_t TILE_ROW_BYTES = 64;
constexpr size_t TILE_BYTES = TILE_ROWS * TILE_ROW_BYTES;

// Configures this thread's tiles, and releases them at the end of its lifetime.
class TileConfig {
  public:
    TileConfig() {
        struct alignas(64) {
            uint8_t palette = 1, start = 0, unused[14] = {};
            uint16_t bytes[16] = {};
            uint8_t rows[16] = {};
        } config;
        for (int i = 0; i < 8; i++) config.bytes[i] = TILE_ROW_BYTES, config.rows[i] = TILE_ROWS;
        asm volatile("ldtilecfg %0" ::"m"(config));
    }
    ~TileConfig() { asm volatile("tilerelease"); }
    TileConfig(const TileConfig &) = delete;
};

template <int TILE> INLINE void clear_tile() { asm volatile("tilezero %%tmm%c0" ::"i"(TILE)); }

template <int TILE> INLINE void load_tile(const void *from, size_t stride) {
    asm volatile("tileloadd (%0, %1, 1), %%tmm%c2" ::"r"(from), "r"(stride), "i"(TILE) : "memory");
}

template <int TILE> INLINE void store_tile(void *to, size_t stride) {
    asm volatile("tilestored %%tmm%c2, (%0, %1, 1)" ::"r"(to), "r"(stride), "i"(TILE) : "memory");
}

// The index of an element in the left side of a product with `width` elements a row: row-major; for
// tiles, tile after tile along the row, because a tile loads faster from contiguous memory.
template <class Format> INLINE size_t element_offset(int width, int row, int column) {
    if constexpr (Format::uses_tiles) {
        constexpr int tile_columns = TILE_ROWS * Format::values_per_lane;
        return (size_t)(row / TILE_ROWS * TILE_ROWS) * width +
               (size_t)(column / tile_columns) * TILE_ROWS * tile_columns +
               row % TILE_ROWS * tile_columns + column % tile_columns;
    } else {
        return (size_t)row * width + column;
    }
}

// The left side of a product, with strides in bytes.
struct LeftMatrix {
    const void *data;
    size_t stride;      // between rows
    size_t step_stride; // tiles only: between tiles along the inner dimension
    size_t tile_stride; // tiles only: between tiles along the rows
};

// One or two tiles of rows times one or two column groups, into tiles 0 to 3.
template <class Format, bool MORE_ROWS, bool MORE_GROUPS>
INLINE void tile_kernel(LeftMatrix a, RightMatrix b, int steps) {
    const char *from = (const char *)a.data;
    clear_tile<0>();
    if (MORE_ROWS) clear_tile<1>();
    if (MORE_GROUPS) clear_tile<2>();
    if (MORE_ROWS && MORE_GROUPS) clear_tile<3>();
    const size_t right_stride = b.step_stride * sizeof(Words);
    for (int step = 0; step < steps; step += TILE_ROWS, from += a.step_stride) {
        load_tile<6>(b.data + step * b.step_stride, right_stride);
        load_tile<4>(from, a.stride);
        Format::template multiply_add_tile<0, 4, 6>();
        if (MORE_ROWS) {
            load_tile<5>(from + a.tile_stride, a.stride);
            Format::template multiply_add_tile<1, 5, 6>();
        }
        if (MORE_GROUPS) {
            load_tile<7>(b.data + b.group_stride + step * b.step_stride, right_stride);
            Format::template multiply_add_tile<2, 4, 7>();
            if (MORE_ROWS) Format::template multiply_add_tile<3, 5, 7>();
        }
    }
}

// `multiply_in_registers` on tiles, for 1 to 32 rows and a multiple of 16 steps. Whole tiles are
// loaded: the memory after the last row must be readable; its content has no effect.
template <class Format, int GROUPS, class Store>
INLINE void multiply_in_tiles(int rows, LeftMatrix a, RightMatrix b, int steps, Store store) {
    using Accumulator = typename Format::Accumulator;
    alignas(64) Accumulator sums[2 * TILE_ROWS][2];
    for (int group = 0; group < GROUPS; group += 2) {
        const RightMatrix right = {b.data + group * b.group_stride, b.group_stride, b.step_stride};
        const bool more_rows = rows > TILE_ROWS, more_groups = group + 1 < GROUPS;
        if (more_rows && more_groups) tile_kernel<Format, true, true>(a, right, steps);
        else if (more_rows) tile_kernel<Format, true, false>(a, right, steps);
        else if (more_groups) tile_kernel<Format, false, true>(a, right, steps);
        else tile_kernel<Format, false, false>(a, right, steps);
        store_tile<0>(&sums[0][0], sizeof sums[0]);
        if (more_rows) store_tile<1>(&sums[TILE_ROWS][0], sizeof sums[0]);
        if (more_groups) store_tile<2>(&sums[0][1], sizeof sums[0]);
        if (more_rows && more_groups) store_tile<3>(&sums[TILE_ROWS][1], sizeof sums[0]);
        for (int i = 0; i < rows; i++) {
            store(i, group, sums[i][0]);
            if (more_groups) store(i, group + 1, sums[i][1]);
        }
    }
}

// At most `Format::rows` rows times GROUPS column groups. Calls `store(row, group, sum)`.
template <class Format, int GROUPS, class Store>
INLINE void multiply(int rows, LeftMatrix a, RightMatrix b, int steps, Store store) {
    if constexpr (Format::uses_tiles) {
        multiply_in_tiles<Format, GROUPS>(rows, a, b, steps, store);
    } else {
        multiply_in_registers<Format, GROUPS>(rows, a.data, a.stride, b, steps, store);
    }
}

} // namespace
