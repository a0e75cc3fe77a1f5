// Products on the processor's tiles (AMX): eight registers of 16 rows, 64 bytes each.
//
// The instructions stand in assembly, so that any compiler takes them and nothing but these
// functions runs them. As everywhere, an element of the result is summed in the order of its steps.

#pragma once

#include "formats.hpp"

constexpr int SIDE = 16; // rows of a tile, and its lanes across

// While one of these lives, its thread may use tiles.
class Tiles {
  public:
    Tiles() {
        struct alignas(64) {
            uint8_t palette = 1, start = 0, unused[14] = {};
            uint16_t bytes[16] = {};
            uint8_t rows[16] = {};
        } shape;
        for (int i = 0; i < 8; i++) shape.bytes[i] = 64, shape.rows[i] = SIDE;
        asm volatile("ldtilecfg %0" ::"m"(shape));
    }
    ~Tiles() { asm volatile("tilerelease"); }
    Tiles(const Tiles &) = delete;
};

template <int TILE> INLINE void clear_tile() { asm volatile("tilezero %%tmm%c0" ::"i"(TILE)); }

template <int TILE> INLINE void load_tile(const void *from, size_t stride) {
    asm volatile("tileloadd (%0, %1, 1), %%tmm%c2" ::"r"(from), "r"(stride), "i"(TILE) : "memory");
}

template <int TILE> INLINE void store_tile(void *to, size_t stride) {
    asm volatile("tilestored %%tmm%c2, (%0, %1, 1)" ::"r"(to), "r"(stride), "i"(TILE) : "memory");
}

struct TiledInt8 : Int8 {
    static constexpr int rows = 2 * SIDE, groups = 2;
    template <int SUM, int A, int B> static INLINE void add_tile() {
        asm volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(SUM), "i"(A), "i"(B));
    }
};

struct TiledBFloat16 : BFloat16 {
    static constexpr int rows = 2 * SIDE, groups = 2;
    template <int SUM, int A, int B> static INLINE void add_tile() {
        asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(SUM), "i"(A), "i"(B));
    }
};

template <class Format> constexpr bool tiled = Format::rows == 2 * SIDE;

// Where a number of a product's left side lies, `width` numbers a row: row by row, or, for tiles,
// one tile after the other, since 16 rows from 16 places come slowly.
template <class Format> INLINE size_t place(int width, int row, int column) {
    if constexpr (tiled<Format>) {
        constexpr int across = SIDE * Format::depth;
        return (size_t)(row / SIDE * SIDE) * width + (size_t)(column / across) * SIDE * across +
               row % SIDE * across + column % across;
    } else {
        return (size_t)row * width + column;
    }
}

// A product's left side: bytes from row to row of a tile, from a tile to the next along the inner
// dimension, and from a tile to the one below.
struct Left {
    const void *data;
    size_t stride, along, below;
};

// One or two tiles of rows times one or two registers of columns, into tiles 0 to 3.
template <class Format, bool MORE_ROWS, bool MORE_GROUPS>
INLINE void sum_tiles(Left a, Columns b, int steps) {
    const char *from = (const char *)a.data;
    clear_tile<0>();
    if (MORE_ROWS) clear_tile<1>();
    if (MORE_GROUPS) clear_tile<2>();
    if (MORE_ROWS && MORE_GROUPS) clear_tile<3>();
    const size_t along = b.along * sizeof(__m512i);
    for (int step = 0; step < steps; step += SIDE, from += a.along) {
        load_tile<6>(b.data + step * b.along, along);
        load_tile<4>(from, a.stride);
        Format::template add_tile<0, 4, 6>();
        if (MORE_ROWS) {
            load_tile<5>(from + a.below, a.stride);
            Format::template add_tile<1, 5, 6>();
        }
        if (MORE_GROUPS) {
            load_tile<7>(b.data + b.across + step * b.along, along);
            Format::template add_tile<2, 4, 7>();
            if (MORE_ROWS) Format::template add_tile<3, 5, 7>();
        }
    }
}

// `in_registers` on tiles, for 1 to 32 rows and a multiple of 16 steps. Whole tiles of rows are
// read: behind the last row there must be memory, with whatever in it.
template <class Format, int GROUPS, class Finish>
INLINE void in_tiles(int rows, Left a, Columns b, int steps, Finish finish) {
    using Sum = typename Format::Sum;
    alignas(64) Sum sums[2 * SIDE][2];
    for (int group = 0; group < GROUPS; group += 2) {
        const Columns columns = {b.data + group * b.across, b.across, b.along};
        const bool more_rows = rows > SIDE, more_groups = group + 1 < GROUPS;
        if (more_rows && more_groups) sum_tiles<Format, true, true>(a, columns, steps);
        else if (more_rows) sum_tiles<Format, true, false>(a, columns, steps);
        else if (more_groups) sum_tiles<Format, false, true>(a, columns, steps);
        else sum_tiles<Format, false, false>(a, columns, steps);
        store_tile<0>(&sums[0][0], sizeof sums[0]);
        if (more_rows) store_tile<1>(&sums[SIDE][0], sizeof sums[0]);
        if (more_groups) store_tile<2>(&sums[0][1], sizeof sums[0]);
        if (more_rows && more_groups) store_tile<3>(&sums[SIDE][1], sizeof sums[0]);
        for (int i = 0; i < rows; i++) {
            finish(i, group, sums[i][0]);
            if (more_groups) finish(i, group + 1, sums[i][1]);
        }
    }
}

// Some rows, at most `Format::rows`, times GROUPS registers of columns.
template <class Format, int GROUPS, class Finish>
INLINE void multiply(int rows, Left a, Columns b, int steps, Finish finish) {
    if constexpr (tiled<Format>) {
        in_tiles<Format, GROUPS>(rows, a, b, steps, finish);
    } else {
        in_registers<Format, GROUPS>(rows, a.data, a.stride, b, steps, finish);
    }
}
