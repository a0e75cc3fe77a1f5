// Pooling: one vector from the token states of a text.

#pragma once

#include <string.h>

#include "abi.hpp"
#include "functions.hpp"

namespace {

// Pool token states [tokens, hidden_size] into one vector. Every mode except LAST_TOKEN leaves out
// the first `skipped_tokens` tokens.
inline void pool(int mode, const float *token_states, int tokens, int skipped_tokens,
                 int hidden_size, float *vector) {
    int first = mode == LAST_TOKEN ? 0 : min(skipped_tokens, tokens);
    int count = tokens - first;
    if (mode == CLS || mode == LAST_TOKEN) {
        int position = mode == CLS ? first : tokens - 1;
        const size_t bytes = hidden_size * sizeof(float);
        if (count > 0) memcpy(vector, token_states + (size_t)position * hidden_size, bytes);
        else memset(vector, 0, bytes);
        return;
    }
    float total_weight = 0;
    for (int position = first; position < tokens; position++) {
        total_weight += mode == WEIGHTED_MEAN ? (float)(position + 1) : 1.0f;
    }
    float divisor = mode == MEAN_SQRT_LEN ? __builtin_sqrtf(total_weight) : total_weight;
    Floats factor = broadcast(1.0f / (divisor > 1e-9f ? divisor : 1e-9f));
    for (int c = 0; c < hidden_size; c += LANES) {
        Floats sum = broadcast(mode == MAX ? -1e9f : 0.0f);
        for (int position = first; position < tokens; position++) {
            Floats state = load(token_states + (size_t)position * hidden_size + c);
            if (mode == MAX) sum = max(sum, state);
            else if (mode == WEIGHTED_MEAN)
                sum = fmadd(state, broadcast((float)(position + 1)), sum);
            else sum = sum + state;
        }
        store(vector + c, mode == MAX ? sum : sum * factor);
    }
}

} // namespace
