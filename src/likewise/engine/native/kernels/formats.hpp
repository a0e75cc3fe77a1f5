// Number formats of matrix products, and the kernel that multiplies in registers.
//
// A product runs along its inner dimension in steps of one 32-bit lane: two or four 8-bit values,
// two bfloat16 values or one float32 value. Every element of the result is summed in the order of
// these steps, independent of the other rows and columns. So the result is batch-invariant: a text
// has the same bits at every position in every batch.

#pragma once

#include "instructions.hpp"

namespace {

// The register block: 6 rows times GROUP_BLOCK column groups (vectors of 16 columns).
constexpr int ROW_BLOCK = 6;

// Each format has: values_per_lane, elements of one 32-bit lane; rows and groups, the block that
// `multiply` computes; and the traits is_int8, is_bfloat16 and uses_tiles.

struct Int8 {
    using Accumulator = Words;
    using Element = Int8Input;
    static constexpr int values_per_lane = 4 / sizeof(Element);
    static constexpr int rows = ROW_BLOCK, groups = GROUP_BLOCK;
    static constexpr bool is_int8 = true, is_bfloat16 = false, uses_tiles = false;
    static INLINE void multiply_add(Accumulator &sum, Words a, Words b) {
        multiply_add_int8(sum, a, b);
    }
};

struct Float32 {
    using Accumulator = Floats;
    using Element = float;
    static constexpr int values_per_lane = 1, rows = ROW_BLOCK, groups = GROUP_BLOCK;
    static constexpr bool is_int8 = false, is_bfloat16 = false, uses_tiles = false;
    static INLINE void multiply_add(Accumulator &sum, Words a, Words b) {
        multiply_add_float32(sum, a, b);
    }
    static INLINE void store(Element *to, Floats x) { ::store(to, x); }
    static INLINE Words lanes(const float *values) { return load_words(values); }
};

// The right side of a product, packed. The vector of column group `group` and step `step` is at
// `data + group * group_stride + step * step_stride`.
struct RightMatrix {
    const Words *data;
    size_t group_stride, step_stride;
};

// ROWS rows, `stride` bytes apart, times GROUPS column groups. Calls `store(row, group, sum)` for
// each accumulator separately: GCC would store an array of them in memory.
template <class Format, int ROWS, int GROUPS, class Store>
INLINE void register_kernel(const void *a, size_t stride, RightMatrix b, int steps, Store store) {
    typename Format::Accumulator sums[ROWS][GROUPS];
    UNROLLED
    for (int i = 0; i < ROWS; i++) {
        UNROLLED
        for (int j = 0; j < GROUPS; j++) sums[i][j] = typename Format::Accumulator();
    }
    const char *row = (const char *)a;
    for (int step = 0; step < steps; step++) {
        Words right[GROUPS];
        UNROLLED
        for (int j = 0; j < GROUPS; j++) {
            right[j] = load_words(b.data + j * b.group_stride + step * b.step_stride);
        }
        UNROLLED
        for (int i = 0; i < ROWS; i++) {
            Words left = broadcast_word(*(const int32_t *)(row + i * stride + 4 * step));
            UNROLLED
            for (int j = 0; j < GROUPS; j++) {
                Format::multiply_add(sums[i][j], left, right[j]);
            }
        }
    }
    UNROLLED
    for (int j = 0; j < GROUPS; j++) {
        UNROLLED
        for (int i = 0; i < ROWS; i++) store(i, j, sums[i][j]);
    }
}

// `register_kernel` for a number of rows known only at run time: 1 to ROW_BLOCK.
template <class Format, int GROUPS, class Store>
INLINE void multiply_in_registers(int rows, const void *a, size_t stride, RightMatrix b, int steps,
                                  Store store) {
    switch (rows) {
    case 1: return register_kernel<Format, 1, GROUPS>(a, stride, b, steps, store);
    case 2: return register_kernel<Format, 2, GROUPS>(a, stride, b, steps, store);
    case 3: return register_kernel<Format, 3, GROUPS>(a, stride, b, steps, store);
    case 4: return register_kernel<Format, 4, GROUPS>(a, stride, b, steps, store);
    case 5: return register_kernel<Format, 5, GROUPS>(a, stride, b, steps, store);
    default: return register_kernel<Format, 6, GROUPS>(a, stride, b, steps, store);
    }
}

} // namespace
