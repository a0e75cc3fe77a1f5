// The number format bfloat16, which AVX-512 alone has; and the formats of AMX tiles.

#pragma once

#include "formats.hpp"
#include "tiles.hpp"

namespace {

// The bits of 16 float32 values, rounded to bfloat16: to nearest, ties to even.
INLINE __m256i to_bfloat16(__m512i bits) {
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    bits = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(bits, 16));
}

struct BFloat16 {
    using Accumulator = Floats;
    using Element = uint16_t;
    static constexpr int values_per_lane = 2, rows = ROW_BLOCK, groups = GROUP_BLOCK;
    static constexpr bool is_int8 = false, is_bfloat16 = true, uses_tiles = false;
    static INLINE void multiply_add(Accumulator &sum, Words a, Words b) {
        asm("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    }
    static INLINE void store(Element *to, Floats x) {
        _mm256_storeu_si256((__m256i *)to, (__m256i)_mm512_cvtneps_pbh(x));
    }
    static INLINE Words lanes(const float *values) {
        const __m256i first = to_bfloat16(load_words(values));
        const __m256i second = to_bfloat16(load_words(values + LANES));
        return _mm512_inserti64x4(_mm512_castsi256_si512(first), second, 1);
    }
    // 16 elements, each in the lower half of a lane.
    static INLINE Words lower_halves(const Element *from) {
        return _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)from));
    }
    // The lower halves of the lanes of two vectors, in one.
    static INLINE Words join(Words lower, Words upper) {
        return _mm512_or_si512(lower, _mm512_slli_epi32(upper, 16));
    }
};

struct TiledInt8 : Int8 {
    static constexpr int rows = 2 * TILE_ROWS, groups = 2;
    static constexpr bool uses_tiles = true;
    template <int SUM, int A, int B> static INLINE void multiply_add_tile() {
        asm volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(SUM), "i"(A), "i"(B));
    }
};

struct TiledBFloat16 : BFloat16 {
    static constexpr int rows = 2 * TILE_ROWS, groups = 2;
    static constexpr bool uses_tiles = true;
    template <int SUM, int A, int B> static INLINE void multiply_add_tile() {
        asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(SUM), "i"(A), "i"(B));
    }
};

} // namespace
