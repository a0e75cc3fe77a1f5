// Layer normalization, Ba et al. 2016, https://arxiv.org/abs/1607.06450.

#pragma once

#include "abi.hpp"
#include "functions.hpp"

// Normalize one row in place.
inline void layer_norm(float *row, int width, const LayerNorm &norm, float epsilon) {
    __m512 sum = broadcast(0), squares = broadcast(0);
    for (int c = 0; c < width; c += LANES) sum = _mm512_add_ps(sum, _mm512_loadu_ps(row + c));
    __m512 mean = broadcast(_mm512_reduce_add_ps(sum) / (float)width);
    for (int c = 0; c < width; c += LANES) {
        __m512 centered = _mm512_sub_ps(_mm512_loadu_ps(row + c), mean);
        squares = _mm512_fmadd_ps(centered, centered, squares);
    }
    float variance = _mm512_reduce_add_ps(squares) / (float)width;
    __m512 inverse_deviation = broadcast(1.0f / __builtin_sqrtf(variance + epsilon));
    for (int c = 0; c < width; c += LANES) {
        __m512 y = _mm512_mul_ps(_mm512_sub_ps(_mm512_loadu_ps(row + c), mean), inverse_deviation);
        y = _mm512_fmadd_ps(y, _mm512_loadu_ps(norm.weight + c), _mm512_loadu_ps(norm.bias + c));
        _mm512_storeu_ps(row + c, y);
    }
}
