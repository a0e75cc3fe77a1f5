// Number formats of a product's two sides, and their products in registers.
//
// A product walks along its inner dimension in steps of one 32-bit lane: four 8-bit numbers, two of
// bfloat16 or one of float32. Every element of the result is summed in the order of these steps,
// whatever stands beside it: so a text gives the same bits wherever it lies in a batch.

#pragma once

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push // GCC's own functions leave registers undefined on purpose
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

constexpr int LANES = 16;       // 32-bit lanes of a register
constexpr int ROWS_AT_ONCE = 6; // rows and
constexpr int GROUPS_AT_ONCE =
    4; // registers of columns that are summed at once: 24 of 32 registers

// Sums are added to in assembly, in place: around the built-in functions GCC 12 copies them from
// register to register and into memory, at half the speed.

struct Int8 {
    using Sum = __m512i;
    using Element = uint8_t;
    static constexpr int depth = 4, rows = ROWS_AT_ONCE, groups = GROUPS_AT_ONCE;
    static INLINE Sum none() { return _mm512_setzero_si512(); }
    static INLINE void add(Sum &sum, __m512i a, __m512i b) {
        asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    }
    static INLINE __m512 number(Sum sum) { return _mm512_cvtepi32_ps(sum); }
};

struct BFloat16 {
    using Sum = __m512;
    using Element = uint16_t;
    static constexpr int depth = 2, rows = ROWS_AT_ONCE, groups = GROUPS_AT_ONCE;
    static INLINE Sum none() { return _mm512_setzero_ps(); }
    static INLINE void add(Sum &sum, __m512i a, __m512i b) {
        asm("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    }
    static INLINE __m512 number(Sum sum) { return sum; }
    static INLINE void store(Element *to, __m512 x) {
        _mm256_storeu_si256((__m256i *)to, (__m256i)_mm512_cvtneps_pbh(x));
    }
};

struct Float32 {
    using Sum = __m512;
    using Element = float;
    static constexpr int depth = 1, rows = ROWS_AT_ONCE, groups = GROUPS_AT_ONCE;
    static INLINE Sum none() { return _mm512_setzero_ps(); }
    static INLINE void add(Sum &sum, __m512i a, __m512i b) {
        asm("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    }
    static INLINE __m512 number(Sum sum) { return sum; }
    static INLINE void store(Element *to, __m512 x) { _mm512_storeu_ps(to, x); }
};

// The right side of a product: register `group` of step `step` lies at
// `data + group * across + step * along`.
struct Columns {
    const __m512i *data;
    size_t across, along;
};

// ROWS rows from `a` on, `stride` bytes apart, times GROUPS registers of columns; each sum goes to
// `finish(row, group, sum)`: by itself, since GCC keeps an array that is handed on in memory.
template <class Format, int ROWS, int GROUPS, class Finish>
INLINE void registers(const void *a, size_t stride, Columns b, int steps, Finish finish) {
    typename Format::Sum sums[ROWS][GROUPS];
    UNROLLED
    for (int i = 0; i < ROWS; i++) {
        UNROLLED
        for (int j = 0; j < GROUPS; j++) sums[i][j] = Format::none();
    }
    const char *row = (const char *)a;
    for (int step = 0; step < steps; step++) {
        __m512i right[GROUPS];
        UNROLLED
        for (int j = 0; j < GROUPS; j++) {
            right[j] = _mm512_loadu_si512(b.data + j * b.across + step * b.along);
        }
        UNROLLED
        for (int i = 0; i < ROWS; i++) {
            __m512i left = _mm512_set1_epi32(*(const int32_t *)(row + i * stride + 4 * step));
            UNROLLED
            for (int j = 0; j < GROUPS; j++) {
                Format::add(sums[i][j], left, right[j]);
            }
        }
    }
    UNROLLED
    for (int j = 0; j < GROUPS; j++) {
        UNROLLED
        for (int i = 0; i < ROWS; i++) finish(i, j, sums[i][j]);
    }
}

// `registers` for a number of rows that is not known before: 1 to ROWS_AT_ONCE.
template <class Format, int GROUPS, class Finish>
INLINE void in_registers(int rows, const void *a, size_t stride, Columns b, int steps,
                         Finish finish) {
    switch (rows) {
    case 1: return registers<Format, 1, GROUPS>(a, stride, b, steps, finish);
    case 2: return registers<Format, 2, GROUPS>(a, stride, b, steps, finish);
    case 3: return registers<Format, 3, GROUPS>(a, stride, b, steps, finish);
    case 4: return registers<Format, 4, GROUPS>(a, stride, b, steps, finish);
    case 5: return registers<Format, 5, GROUPS>(a, stride, b, steps, finish);
    default: return registers<Format, 6, GROUPS>(a, stride, b, steps, finish);
    }
}

INLINE int least(int a, int b) { return a < b ? a : b; }
