// Number formats of matrix products, and the kernel that multiplies in registers.
//
// A product runs along its inner dimension in steps of one 32-bit lane: four 8-bit values, two
// bfloat16 values or one float32 value. Every element of the result is summed in the order of these
// steps, independent of the other rows and columns. So the result is batch-invariant: a text has
// the same bits at every position in every batch.

#pragma once

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push // GCC's intrinsics leave registers undefined on purpose
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#else
#include <immintrin.h>
#endif

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 16")
#endif
#define INLINE inline __attribute__((always_inline))
#define INLINED __attribute__((always_inline))

constexpr int LANES = 16; // 32-bit lanes of a register

// The register block: 6 rows times 4 column groups (registers of 16 columns) take 24 of
// 32 registers as accumulators.
constexpr int ROW_BLOCK = 6;
constexpr int GROUP_BLOCK = 4;

// The accumulators are updated in place in assembly: with the intrinsics, GCC 12 copies them
// between registers and memory, at half the speed.
//
// Each format has: values_per_lane, elements of one 32-bit lane; rows and groups, the block that
// `multiply` computes; and the traits is_int8, is_bfloat16 and uses_tiles.

struct Int8 {
    using Accumulator = __m512i;
    using Element = uint8_t;
    static constexpr int values_per_lane = 4, rows = ROW_BLOCK, groups = GROUP_BLOCK;
    static constexpr bool is_int8 = true, is_bfloat16 = false, uses_tiles = false;
    static INLINE Accumulator zero() { return _mm512_setzero_si512(); }
    static INLINE void multiply_add(Accumulator &sum, __m512i a, __m512i b) {
        asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    }
    static INLINE __m512 to_float(Accumulator sum) { return _mm512_cvtepi32_ps(sum); }
};

struct BFloat16 {
    using Accumulator = __m512;
    using Element = uint16_t;
    static constexpr int values_per_lane = 2, rows = ROW_BLOCK, groups = GROUP_BLOCK;
    static constexpr bool is_int8 = false, is_bfloat16 = true, uses_tiles = false;
    static INLINE Accumulator zero() { return _mm512_setzero_ps(); }
    static INLINE void multiply_add(Accumulator &sum, __m512i a, __m512i b) {
        asm("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    }
    static INLINE __m512 to_float(Accumulator sum) { return sum; }
    static INLINE void store(Element *to, __m512 x) {
        _mm256_storeu_si256((__m256i *)to, (__m256i)_mm512_cvtneps_pbh(x));
    }
};

struct Float32 {
    using Accumulator = __m512;
    using Element = float;
    static constexpr int values_per_lane = 1, rows = ROW_BLOCK, groups = GROUP_BLOCK;
    static constexpr bool is_int8 = false, is_bfloat16 = false, uses_tiles = false;
    static INLINE Accumulator zero() { return _mm512_setzero_ps(); }
    static INLINE void multiply_add(Accumulator &sum, __m512i a, __m512i b) {
        asm("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    }
    static INLINE __m512 to_float(Accumulator sum) { return sum; }
    static INLINE void store(Element *to, __m512 x) { _mm512_storeu_ps(to, x); }
};

// The right side of a product, packed. The register of column group `group` and step `step` is at
// `data + group * group_stride + step * step_stride`.
struct RightMatrix {
    const __m512i *data;
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
        for (int j = 0; j < GROUPS; j++) sums[i][j] = Format::zero();
    }
    const char *row = (const char *)a;
    for (int step = 0; step < steps; step++) {
        __m512i right[GROUPS];
        UNROLLED
        for (int j = 0; j < GROUPS; j++) {
            right[j] = _mm512_loadu_si512(b.data + j * b.group_stride + step * b.step_stride);
        }
        UNROLLED
        for (int i = 0; i < ROWS; i++) {
            __m512i left = _mm512_set1_epi32(*(const int32_t *)(row + i * stride + 4 * step));
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

INLINE int min(int a, int b) { return a < b ? a : b; }
