// Dynamic quantization of activations: each row to 8 bits over its own range.

#pragma once

#include "functions.hpp"

namespace {

// 16 values to 8 bits: round((x - offset) * inverse_scale), saturated to [0, 255].
INLINE void store_quantized(Int8Input *to, Floats x, Floats offset, Floats inverse_scale) {
    store_int8_input(to, round_to_words((x - offset) * inverse_scale));
}

// Quantize one row: x = scale * q + offset. 16 values are written at `address(column)`.
template <class Address>
INLINE void quantize_row(const float *from, int width, float &scale, float &offset,
                         Address address) {
    Floats minimum = load(from), maximum = minimum;
    for (int c = LANES; c < width; c += LANES) {
        Floats x = load(from + c);
        minimum = min(minimum, x);
        maximum = max(maximum, x);
    }
    offset = reduce_min(minimum);
    float range = reduce_max(maximum) - offset;
    scale = range / 255.0f;
    Floats inverse_scale = broadcast(inverse_scale_of(255.0f, range));
    for (int c = 0; c < width; c += LANES) {
        store_quantized(address(c), load(from + c), broadcast(offset), inverse_scale);
    }
}

} // namespace
