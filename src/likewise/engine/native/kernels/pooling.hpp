// Token states to one vector a text.

#pragma once

#include <string.h>

#include "formats.hpp"
#include "functions.hpp"
#include "network.hpp"

// One vector of a text's states [tokens, hidden]; all but the last token's leave out `skipped`
// tokens.
inline void pool(int mode, const float *states, int tokens, int skipped, int hidden, float *to) {
    int from = mode == LAST ? 0 : least(skipped, tokens);
    int count = tokens - from;
    if (mode == FIRST || mode == LAST) {
        int place = mode == FIRST ? from : tokens - 1;
        if (count > 0) memcpy(to, states + (size_t)place * hidden, hidden * sizeof(float));
        else memset(to, 0, hidden * sizeof(float));
        return;
    }
    float total = 0;
    for (int place = from; place < tokens; place++) {
        total += mode == WEIGHTED ? (float)(place + 1) : 1.0f;
    }
    float by = mode == MEAN_SQRT ? __builtin_sqrtf(total) : total;
    __m512 part = all(1.0f / (by > 1e-9f ? by : 1e-9f));
    for (int c = 0; c < hidden; c += LANES) {
        __m512 sum = all(mode == MAXIMUM ? -1e9f : 0.0f);
        for (int place = from; place < tokens; place++) {
            __m512 state = _mm512_loadu_ps(states + (size_t)place * hidden + c);
            if (mode == MAXIMUM) sum = _mm512_max_ps(sum, state);
            else if (mode == WEIGHTED) sum = _mm512_fmadd_ps(state, all((float)(place + 1)), sum);
            else sum = _mm512_add_ps(sum, state);
        }
        _mm512_storeu_ps(to + c, mode == MAXIMUM ? sum : _mm512_mul_ps(sum, part));
    }
}
