// Layer normalization, Ba et al. 2016, https://arxiv.org/abs/1607.06450.

#pragma once

#include "abi.hpp"
#include "functions.hpp"

namespace {

// Normalize one row in place.
inline void layer_norm(float *row, int width, const LayerNorm &norm, float epsilon) {
    Floats sum = broadcast(0), squares = broadcast(0);
    for (int c = 0; c < width; c += LANES) sum = sum + load(row + c);
    Floats mean = broadcast(reduce_add(sum) / (float)width);
    for (int c = 0; c < width; c += LANES) {
        Floats centered = load(row + c) - mean;
        squares = fmadd(centered, centered, squares);
    }
    float variance = reduce_add(squares) / (float)width;
    Floats inverse_deviation = broadcast(1.0f / __builtin_sqrtf(variance + epsilon));
    for (int c = 0; c < width; c += LANES) {
        Floats y = (load(row + c) - mean) * inverse_deviation;
        y = fmadd(y, load(norm.weight + c), load(norm.bias + c));
        store(row + c, y);
    }
}

} // namespace
