// Dynamic quantization of activations: each row to 8 bits over its own range.

#pragma once

#include "functions.hpp"

// 16 values to 8 bits: round((x - offset) * inverse_scale), saturated to [0, 255].
INLINE void store_quantized(uint8_t *to, __m512 x, __m512 offset, __m512 inverse_scale) {
    __m512i rounded = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_sub_ps(x, offset), inverse_scale));
    _mm_storeu_si128((__m128i *)to, _mm512_cvtusepi32_epi8(rounded));
}

// Quantize one row: x = scale * q + offset. 16 values are written at `address(column)`.
template <class Address>
INLINE void quantize_row(const float *from, int width, float &scale, float &offset,
                         Address address) {
    __m512 minimum = _mm512_loadu_ps(from), maximum = minimum;
    for (int c = LANES; c < width; c += LANES) {
        __m512 x = _mm512_loadu_ps(from + c);
        minimum = _mm512_min_ps(minimum, x);
        maximum = _mm512_max_ps(maximum, x);
    }
    offset = _mm512_reduce_min_ps(minimum);
    float range = _mm512_reduce_max_ps(maximum) - offset;
    scale = range / 255.0f;
    __m512 inverse_scale = broadcast(inverse_scale_of(255.0f, range));
    for (int c = 0; c < width; c += LANES) {
        store_quantized(address(c), _mm512_loadu_ps(from + c), broadcast(offset), inverse_scale);
    }
}
