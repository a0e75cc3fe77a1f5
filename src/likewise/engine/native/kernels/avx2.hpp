// The operations of the kernels in AVX2, with FMA and F16C: a vector is two registers of 256 bits.
// Operations are in the same order as in AVX-512.

#pragma once

#include "instructions.hpp"

namespace {

struct Floats {
    __m256 low, high;
};

struct Words {
    __m256i low, high;
};

// Column groups of a register block: 6 rows of one take 12 of 16 registers as accumulators.
constexpr int GROUP_BLOCK = 1;

// In int8, two values are multiplied in a lane. They are stored in 16 bits, because the instruction
// for 8 bits, VPMADDUBSW, saturates.
using Int8Input = int16_t;
using Int8Weight = int16_t;

INLINE Floats load(const float *from) { return {_mm256_loadu_ps(from), _mm256_loadu_ps(from + 8)}; }

INLINE void store(float *to, Floats x) {
    _mm256_storeu_ps(to, x.low);
    _mm256_storeu_ps(to + 8, x.high);
}

INLINE Words load_words(const void *from) {
    const __m256i *registers = (const __m256i *)from;
    return {_mm256_loadu_si256(registers), _mm256_loadu_si256(registers + 1)};
}

INLINE void store_words(void *to, Words x) {
    __m256i *registers = (__m256i *)to;
    _mm256_storeu_si256(registers, x.low);
    _mm256_storeu_si256(registers + 1, x.high);
}

INLINE Floats broadcast(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
INLINE Words broadcast_word(int32_t x) { return {_mm256_set1_epi32(x), _mm256_set1_epi32(x)}; }

INLINE Floats operator+(Floats a, Floats b) { return {a.low + b.low, a.high + b.high}; }
INLINE Floats operator-(Floats a, Floats b) { return {a.low - b.low, a.high - b.high}; }
INLINE Floats operator*(Floats a, Floats b) { return {a.low * b.low, a.high * b.high}; }
INLINE Floats operator/(Floats a, Floats b) { return {a.low / b.low, a.high / b.high}; }

INLINE Floats fmadd(Floats a, Floats b, Floats c) {
    return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}

INLINE Floats min(Floats a, Floats b) {
    return {_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high)};
}

INLINE Floats max(Floats a, Floats b) {
    return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
}

INLINE Floats abs(Floats x) {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    return {_mm256_andnot_ps(sign, x.low), _mm256_andnot_ps(sign, x.high)};
}

// To whole numbers, ties to even.
INLINE Floats round(Floats x) {
    constexpr int mode = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
    return {_mm256_round_ps(x.low, mode), _mm256_round_ps(x.high, mode)};
}

// Two factors, each a normal number: their product may be too small for one.
INLINE __m256 scale_by_power(__m256 y, __m256 n) {
    const __m256i bias = _mm256_set1_epi32(127);
    const __m256i whole = _mm256_cvtps_epi32(_mm256_max_ps(n, _mm256_set1_ps(-200.0f)));
    const __m256i half = _mm256_srai_epi32(whole, 1);
    const __m256i first = _mm256_add_epi32(half, bias);
    const __m256i second = _mm256_add_epi32(_mm256_sub_epi32(whole, half), bias);
    return y * _mm256_castsi256_ps(_mm256_slli_epi32(first, 23)) *
           _mm256_castsi256_ps(_mm256_slli_epi32(second, 23));
}

// y, of about 1, times 2 to the power of n, a whole number of at most 127.
INLINE Floats scale_by_power(Floats y, Floats n) {
    return {scale_by_power(y.low, n.low), scale_by_power(y.high, n.high)};
}

// a where x > 0, else b.
INLINE Floats where_positive(Floats x, Floats a, Floats b) {
    const __m256 zero = _mm256_setzero_ps();
    return {_mm256_blendv_ps(b.low, a.low, _mm256_cmp_ps(x.low, zero, _CMP_GT_OQ)),
            _mm256_blendv_ps(b.high, a.high, _mm256_cmp_ps(x.high, zero, _CMP_GT_OQ))};
}

// The first `count` lanes of x, and `other` in the rest; none of x if `count` is negative.
INLINE Floats first_lanes(Floats x, int count, Floats other) {
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i low = _mm256_cmpgt_epi32(_mm256_set1_epi32(count), lanes);
    const __m256i high = _mm256_cmpgt_epi32(_mm256_set1_epi32(count - 8), lanes);
    return {_mm256_blendv_ps(other.low, x.low, _mm256_castsi256_ps(low)),
            _mm256_blendv_ps(other.high, x.high, _mm256_castsi256_ps(high))};
}

// Reductions join the upper and the lower half until one value is left, as those of AVX-512 do.
template <class Join> INLINE float reduce(Floats x, Join join) {
    const __m256 eight = join(x.high, x.low);
    const __m128 four = join(_mm256_extractf128_ps(eight, 1), _mm256_castps256_ps128(eight));
    const __m128 two = join(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(join(two, _mm_movehdup_ps(two)));
}

INLINE float reduce_add(Floats x) {
    return reduce(x, [](auto a, auto b) INLINED { return a + b; });
}

struct Smaller {
    INLINE __m256 operator()(__m256 a, __m256 b) const { return _mm256_min_ps(a, b); }
    INLINE __m128 operator()(__m128 a, __m128 b) const { return _mm_min_ps(a, b); }
};

struct Larger {
    INLINE __m256 operator()(__m256 a, __m256 b) const { return _mm256_max_ps(a, b); }
    INLINE __m128 operator()(__m128 a, __m128 b) const { return _mm_max_ps(a, b); }
};

INLINE float reduce_min(Floats x) { return reduce(x, Smaller()); }
INLINE float reduce_max(Floats x) { return reduce(x, Larger()); }

INLINE Words add(Words a, Words b) {
    return {_mm256_add_epi32(a.low, b.low), _mm256_add_epi32(a.high, b.high)};
}

INLINE int32_t reduce_add(Words x) {
    alignas(32) int32_t lanes[8];
    _mm256_store_si256((__m256i *)lanes, _mm256_add_epi32(x.low, x.high));
    int32_t sum = 0;
    for (int32_t lane : lanes) sum += lane;
    return sum;
}

INLINE Words round_to_words(Floats x) {
    return {_mm256_cvtps_epi32(x.low), _mm256_cvtps_epi32(x.high)};
}

INLINE Floats to_float(Words x) { return {_mm256_cvtepi32_ps(x.low), _mm256_cvtepi32_ps(x.high)}; }

INLINE Floats load_float16(const uint16_t *from) {
    const __m128i *halves = (const __m128i *)from;
    return {_mm256_cvtph_ps(_mm_loadu_si128(halves)), _mm256_cvtph_ps(_mm_loadu_si128(halves + 1))};
}

INLINE void store_float16(uint16_t *to, Floats x) {
    __m128i *halves = (__m128i *)to;
    _mm_storeu_si128(halves, _mm256_cvtps_ph(x.low, _MM_FROUND_TO_NEAREST_INT));
    _mm_storeu_si128(halves + 1, _mm256_cvtps_ph(x.high, _MM_FROUND_TO_NEAREST_INT));
}

// Numbers from -127 to 127.
INLINE void store_int8_weight(Int8Weight *to, Words x) {
    const __m256i packed = _mm256_packs_epi32(x.low, x.high); // in quarters 0, 2, 1, 3
    _mm256_storeu_si256((__m256i *)to, _mm256_permute4x64_epi64(packed, 0xd8));
}

// As unsigned numbers, saturated to 255.
INLINE void store_int8_input(Int8Input *to, Words x) {
    const __m256i most = _mm256_set1_epi32(255);
    store_int8_weight(to, {_mm256_min_epu32(x.low, most), _mm256_min_epu32(x.high, most)});
}

// In assembly as in AVX-512: no accumulator may leave its register.
INLINE void multiply_add_float32(Floats &sum, Words a, Words b) {
    asm("vfmadd231ps %2, %1, %0" : "+x"(sum.low) : "x"(a.low), "x"(b.low));
    asm("vfmadd231ps %2, %1, %0" : "+x"(sum.high) : "x"(a.high), "x"(b.high));
}

INLINE void multiply_add_int8(__m256i &sum, __m256i a, __m256i b) {
    __m256i product;
    asm("vpmaddwd %3, %2, %1\n\tvpaddd %1, %0, %0" : "+x"(sum), "=&x"(product) : "x"(a), "x"(b));
}

INLINE void multiply_add_int8(Words &sum, Words a, Words b) {
    multiply_add_int8(sum.low, a.low, b.low);
    multiply_add_int8(sum.high, a.high, b.high);
}

// Transpose 8 rows of 8 lanes.
INLINE void transpose(__m256i (&x)[8]) {
    __m256i y[8];
    UNROLLED
    for (int i = 0; i < 8; i += 2) {
        y[i] = _mm256_unpacklo_epi32(x[i], x[i + 1]);
        y[i + 1] = _mm256_unpackhi_epi32(x[i], x[i + 1]);
    }
    UNROLLED
    for (int i = 0; i < 8; i += 4) {
        UNROLLED
        for (int j = 0; j < 2; j++) {
            x[i + 2 * j] = _mm256_unpacklo_epi64(y[i + j], y[i + 2 + j]);
            x[i + 2 * j + 1] = _mm256_unpackhi_epi64(y[i + j], y[i + 2 + j]);
        }
    }
    UNROLLED
    for (int i = 0; i < 4; i++) {
        y[i] = _mm256_permute2x128_si256(x[i], x[i + 4], 0x20);
        y[i + 4] = _mm256_permute2x128_si256(x[i], x[i + 4], 0x31);
    }
    UNROLLED
    for (int i = 0; i < 8; i++) x[i] = y[i];
}

// Transpose 16 rows of 16 lanes, as four blocks.
INLINE void transpose(Words (&x)[LANES]) {
    __m256i a[8], b[8], c[8], d[8];
    UNROLLED
    for (int i = 0; i < 8; i++) {
        a[i] = x[i].low, b[i] = x[i].high;
        c[i] = x[i + 8].low, d[i] = x[i + 8].high;
    }
    transpose(a);
    transpose(b);
    transpose(c);
    transpose(d);
    UNROLLED
    for (int i = 0; i < 8; i++) {
        x[i] = {a[i], c[i]};
        x[i + 8] = {b[i], d[i]};
    }
}

} // namespace
