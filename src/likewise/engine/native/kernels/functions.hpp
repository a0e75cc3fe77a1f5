// Elementwise functions of 16 float32 values.

#pragma once

#include "instructions.hpp"

namespace {

// The inverse of a quantization scale: levels / range; 0 if the range is too small to divide by.
INLINE float inverse_scale_of(float levels, float range) {
    return range > 1e-36f ? levels / range : 0.0f;
}

// 2 to the power of x; underflows to 0. Relative error 3e-7.
INLINE Floats exp2(Floats x) {
    Floats integer = round(x);
    Floats fraction = x - integer;
    Floats y = broadcast(0.001327641773968935f);
    y = fmadd(y, fraction, broadcast(0.009675540961325169f));
    y = fmadd(y, fraction, broadcast(0.05550713464617729f));
    y = fmadd(y, fraction, broadcast(0.24022120237350464f));
    y = fmadd(y, fraction, broadcast(0.6931469440460205f));
    y = fmadd(y, fraction, broadcast(1.0000001192092896f));
    return scale_by_power(y, integer);
}

constexpr float LOG2_E = 1.4426950408889634f;

// The Gaussian error linear unit, Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415;
// the normal distribution by formula 7.1.26 of Abramowitz and Stegun, error 1.5e-7.
INLINE Floats gelu(Floats x) {
    Floats z = abs(x) * broadcast(0.7071067811865476f);
    Floats t = broadcast(1.0f) / fmadd(z, broadcast(0.3275911f), broadcast(1.0f));
    Floats y = broadcast(1.061405429f);
    y = fmadd(y, t, broadcast(-1.453152027f));
    y = fmadd(y, t, broadcast(1.421413741f));
    y = fmadd(y, t, broadcast(-0.284496736f));
    y = fmadd(y, t, broadcast(0.254829592f));
    y = y * t;
    y = y * exp2(z * z * broadcast(-LOG2_E));
    Floats tail = y * broadcast(0.5f) * x; // x times the smaller tail
    return where_positive(x, x - tail, tail);
}

// GELU by odd minimax polynomials (fitted by linear programming), for results that are rounded to
// bfloat16 (error 1.5e-4) or to 8 bits (error 1e-3). The rounding loses more than these errors.
INLINE Floats gelu_bfloat16(Floats x) {
    Floats z = min(max(x, broadcast(-3.9f)), broadcast(3.9f));
    Floats s = z * z;
    Floats y = broadcast(2.627152895229301e-08f);
    y = fmadd(y, s, broadcast(-1.7704966239762143e-06f));
    y = fmadd(y, s, broadcast(5.1237282605143264e-05f));
    y = fmadd(y, s, broadcast(-0.000844511785544455f));
    y = fmadd(y, s, broadcast(0.00891378428786993f));
    y = fmadd(y, s, broadcast(-0.0648694634437561f));
    y = fmadd(y, s, broadcast(0.3980855941772461f));
    return x * fmadd(y, z, broadcast(0.5f));
}

INLINE Floats gelu_int8(Floats x) {
    Floats z = min(max(x, broadcast(-3.4f)), broadcast(3.4f));
    Floats s = z * z;
    Floats y = broadcast(1.0556605047895573e-05f);
    y = fmadd(y, s, broadcast(-0.0004151418397668749f));
    y = fmadd(y, s, broadcast(0.006711931899189949f));
    y = fmadd(y, s, broadcast(-0.05980769544839859f));
    y = fmadd(y, s, broadcast(0.3942793905735016f));
    return x * fmadd(y, z, broadcast(0.5f));
}

// GELU, tanh approximation: x / (1 + exp(-2 sqrt(2 / pi) (x + 0.044715 x^3))).
INLINE Floats gelu_tanh(Floats x) {
    Floats factor = fmadd(x * x, broadcast(0.044715f), broadcast(1.0f));
    Floats exponent = x * factor * broadcast(-1.5957691216057308f * LOG2_E);
    exponent = min(exponent, broadcast(126.0f));
    return x / (broadcast(1.0f) + exp2(exponent));
}

INLINE Floats relu(Floats x) { return max(x, broadcast(0.0f)); }

} // namespace
