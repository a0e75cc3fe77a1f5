// The operations of the kernels in AVX-512: a vector is one register of 512 bits.

#pragma once

#include "instructions.hpp"

namespace {

using Floats = __m512;
using Words = __m512i;

// Column groups of a register block: 6 rows of them take 24 of 32 registers as accumulators.
constexpr int GROUP_BLOCK = 4;

// In int8, four values are multiplied in a lane.
using Int8Input = uint8_t;
using Int8Weight = int8_t;

INLINE Floats load(const float *from) { return _mm512_loadu_ps(from); }
INLINE void store(float *to, Floats x) { _mm512_storeu_ps(to, x); }
INLINE Words load_words(const void *from) { return _mm512_loadu_si512(from); }
INLINE void store_words(void *to, Words x) { _mm512_storeu_si512(to, x); }
INLINE Floats broadcast(float x) { return _mm512_set1_ps(x); }
INLINE Words broadcast_word(int32_t x) { return _mm512_set1_epi32(x); }

INLINE Floats fmadd(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
INLINE Floats min(Floats a, Floats b) { return _mm512_min_ps(a, b); }
INLINE Floats max(Floats a, Floats b) { return _mm512_max_ps(a, b); }
INLINE Floats abs(Floats x) { return _mm512_abs_ps(x); }

// To whole numbers, ties to even.
INLINE Floats round(Floats x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

// y times 2 to the power of n, a whole number.
INLINE Floats scale_by_power(Floats y, Floats n) { return _mm512_scalef_ps(y, n); }

// a where x > 0, else b.
INLINE Floats where_positive(Floats x, Floats a, Floats b) {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, broadcast(0.0f), _CMP_GT_OQ), b, a);
}

// The first `count` lanes of x, and `other` in the rest; none of x if `count` is negative.
INLINE Floats first_lanes(Floats x, int count, Floats other) {
    return _mm512_mask_mov_ps(x, (__mmask16)(0xffffu << (count > 0 ? count : 0)), other);
}

INLINE float reduce_add(Floats x) { return _mm512_reduce_add_ps(x); }
INLINE float reduce_min(Floats x) { return _mm512_reduce_min_ps(x); }
INLINE float reduce_max(Floats x) { return _mm512_reduce_max_ps(x); }

INLINE Words add(Words a, Words b) { return _mm512_add_epi32(a, b); }
INLINE int32_t reduce_add(Words x) { return _mm512_reduce_add_epi32(x); }
INLINE Words round_to_words(Floats x) { return _mm512_cvtps_epi32(x); }
INLINE Floats to_float(Words x) { return _mm512_cvtepi32_ps(x); }

INLINE Floats load_float16(const uint16_t *from) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)from));
}

INLINE void store_float16(uint16_t *to, Floats x) {
    _mm256_storeu_si256((__m256i *)to,
                        _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

// As unsigned numbers, saturated to 255.
INLINE void store_int8_input(Int8Input *to, Words x) {
    _mm_storeu_si128((__m128i *)to, _mm512_cvtusepi32_epi8(x));
}

// Numbers from -127 to 127.
INLINE void store_int8_weight(Int8Weight *to, Words x) {
    _mm_storeu_si128((__m128i *)to, _mm512_cvtepi32_epi8(x));
}

// The accumulators are updated in place in assembly: with the intrinsics, GCC 12 copies them
// between registers and memory, at half the speed.
INLINE void multiply_add_float32(Floats &sum, Words a, Words b) {
    asm("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
}

INLINE void multiply_add_int8(Words &sum, Words a, Words b) {
    asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
}

// Transpose 16 rows of 16 lanes.
INLINE void transpose(Words (&x)[LANES]) {
    Words y[LANES];
    UNROLLED
    for (int i = 0; i < LANES; i += 2) {
        y[i] = _mm512_unpacklo_epi32(x[i], x[i + 1]);
        y[i + 1] = _mm512_unpackhi_epi32(x[i], x[i + 1]);
    }
    UNROLLED
    for (int i = 0; i < LANES; i += 4) {
        UNROLLED
        for (int j = 0; j < 2; j++) {
            x[i + 2 * j] = _mm512_unpacklo_epi64(y[i + j], y[i + 2 + j]);
            x[i + 2 * j + 1] = _mm512_unpackhi_epi64(y[i + j], y[i + 2 + j]);
        }
    }
    UNROLLED
    for (int i = 0; i < 4; i++) {
        y[i] = _mm512_shuffle_i32x4(x[i], x[i + 4], 0x88);
        y[i + 4] = _mm512_shuffle_i32x4(x[i], x[i + 4], 0xdd);
        y[i + 8] = _mm512_shuffle_i32x4(x[i + 8], x[i + 12], 0x88);
        y[i + 12] = _mm512_shuffle_i32x4(x[i + 8], x[i + 12], 0xdd);
    }
    UNROLLED
    for (int i = 0; i < 4; i++) {
        x[i] = _mm512_shuffle_i32x4(y[i], y[i + 8], 0x88);
        x[i + 8] = _mm512_shuffle_i32x4(y[i], y[i + 8], 0xdd);
        x[i + 4] = _mm512_shuffle_i32x4(y[i + 4], y[i + 12], 0x88);
        x[i + 12] = _mm512_shuffle_i32x4(y[i + 4], y[i + 12], 0xdd);
    }
}

} // namespace
