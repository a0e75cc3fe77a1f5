// Elementwise functions of 16 float32 values.

#pragma once

#include "formats.hpp"

INLINE __m512 broadcast(float x) { return _mm512_set1_ps(x); }

// The inverse of a quantization scale: levels / range; 0 if the range is too small to divide by.
INLINE float inverse_scale_of(float levels, float range) {
    return range > 1e-36f ? levels / range : 0.0f;
}

// 2 to the power of x; underflows to 0. Relative error 3e-7.
INLINE __m512 exp2(__m512 x) {
    __m512 integer = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 fraction = _mm512_sub_ps(x, integer);
    __m512 y = broadcast(0.001327641773968935f);
    y = _mm512_fmadd_ps(y, fraction, broadcast(0.009675540961325169f));
    y = _mm512_fmadd_ps(y, fraction, broadcast(0.05550713464617729f));
    y = _mm512_fmadd_ps(y, fraction, broadcast(0.24022120237350464f));
    y = _mm512_fmadd_ps(y, fraction, broadcast(0.6931469440460205f));
    y = _mm512_fmadd_ps(y, fraction, broadcast(1.0000001192092896f));
    return _mm512_scalef_ps(y, integer);
}

constexpr float LOG2_E = 1.4426950408889634f;

// The Gaussian error linear unit, Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415;
// the normal distribution by formula 7.1.26 of Abramowitz and Stegun, error 1.5e-7.
INLINE __m512 gelu(__m512 x) {
    __m512 z = _mm512_mul_ps(_mm512_abs_ps(x), broadcast(0.7071067811865476f));
    __m512 t =
        _mm512_div_ps(broadcast(1.0f), _mm512_fmadd_ps(z, broadcast(0.3275911f), broadcast(1.0f)));
    __m512 y = broadcast(1.061405429f);
    y = _mm512_fmadd_ps(y, t, broadcast(-1.453152027f));
    y = _mm512_fmadd_ps(y, t, broadcast(1.421413741f));
    y = _mm512_fmadd_ps(y, t, broadcast(-0.284496736f));
    y = _mm512_fmadd_ps(y, t, broadcast(0.254829592f));
    y = _mm512_mul_ps(y, t);
    y = _mm512_mul_ps(y, exp2(_mm512_mul_ps(_mm512_mul_ps(z, z), broadcast(-LOG2_E))));
    __m512 tail = _mm512_mul_ps(_mm512_mul_ps(y, broadcast(0.5f)), x); // x times the smaller tail
    __mmask16 positive = _mm512_cmp_ps_mask(x, broadcast(0.0f), _CMP_GT_OQ);
    return _mm512_mask_sub_ps(tail, positive, x, tail);
}

// GELU by odd minimax polynomials (fitted by linear programming), for results that are rounded to
// bfloat16 (error 1.5e-4) or to 8 bits (error 1e-3). The rounding loses more than these errors.
INLINE __m512 gelu_bfloat16(__m512 x) {
    __m512 z = _mm512_min_ps(_mm512_max_ps(x, broadcast(-3.9f)), broadcast(3.9f));
    __m512 s = _mm512_mul_ps(z, z);
    __m512 y = broadcast(2.627152895229301e-08f);
    y = _mm512_fmadd_ps(y, s, broadcast(-1.7704966239762143e-06f));
    y = _mm512_fmadd_ps(y, s, broadcast(5.1237282605143264e-05f));
    y = _mm512_fmadd_ps(y, s, broadcast(-0.000844511785544455f));
    y = _mm512_fmadd_ps(y, s, broadcast(0.00891378428786993f));
    y = _mm512_fmadd_ps(y, s, broadcast(-0.0648694634437561f));
    y = _mm512_fmadd_ps(y, s, broadcast(0.3980855941772461f));
    return _mm512_mul_ps(x, _mm512_fmadd_ps(y, z, broadcast(0.5f)));
}

INLINE __m512 gelu_int8(__m512 x) {
    __m512 z = _mm512_min_ps(_mm512_max_ps(x, broadcast(-3.4f)), broadcast(3.4f));
    __m512 s = _mm512_mul_ps(z, z);
    __m512 y = broadcast(1.0556605047895573e-05f);
    y = _mm512_fmadd_ps(y, s, broadcast(-0.0004151418397668749f));
    y = _mm512_fmadd_ps(y, s, broadcast(0.006711931899189949f));
    y = _mm512_fmadd_ps(y, s, broadcast(-0.05980769544839859f));
    y = _mm512_fmadd_ps(y, s, broadcast(0.3942793905735016f));
    return _mm512_mul_ps(x, _mm512_fmadd_ps(y, z, broadcast(0.5f)));
}

// GELU, tanh approximation: x / (1 + exp(-2 sqrt(2 / pi) (x + 0.044715 x^3))).
INLINE __m512 gelu_tanh(__m512 x) {
    __m512 factor = _mm512_fmadd_ps(_mm512_mul_ps(x, x), broadcast(0.044715f), broadcast(1.0f));
    __m512 exponent =
        _mm512_mul_ps(_mm512_mul_ps(x, factor), broadcast(-1.5957691216057308f * LOG2_E));
    exponent = _mm512_min_ps(exponent, broadcast(126.0f));
    return _mm512_div_ps(x, _mm512_add_ps(broadcast(1.0f), exp2(exponent)));
}

INLINE __m512 relu(__m512 x) { return _mm512_max_ps(x, broadcast(0.0f)); }

// Transpose 16 rows of 16 lanes.
INLINE void transpose(__m512i (&x)[LANES]) {
    __m512i y[LANES];
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
