// What Python hands over: a network's weights, and the texts to run it on. Mirrored in binding.py.

#pragma once

#include <stdint.h>

#define EXPORT extern "C" __attribute__((visibility("default")))

// A linear layer. Weights lie in panels of columns; see `pack`.
struct Linear {
    const void *weight;
    const float *scale; // int8: of each column
    const float *sum;   // int8: of each column's numbers
    const float *bias;
    int32_t inner, outer;
};

struct Norm {
    const float *weight, *bias;
};

struct Layer {
    Linear stacked; // query, key and value side by side
    Linear attended, inner, outer;
    Norm attention_norm, output_norm;
};

struct Network {
    const Layer *layers;
    const float *words;    // [vocabulary, hidden]
    const float *places;   // [positions, hidden]
    Norm norm;             // of the embeddings
    const float *relative; // [heads, 2 * reach + 16], added to scores by distance; or null
    int32_t layer_count, hidden, heads, wide, reach;
    int32_t format;     // of products: 0 int8, 1 bfloat16, 2 float32
    int32_t attention;  // of attention: 1 bfloat16, 2 float32
    int32_t activation; // 0 gelu, 1 gelu by tanh, 2 relu
    int32_t tiles;      // whether products run on the processor's tiles
    float epsilon;
};

enum Pooling : int32_t { MEAN, MEAN_SQRT, WEIGHTED, FIRST, LAST, MAXIMUM };

// Texts that several threads share out among themselves.
struct Job {
    const int32_t *token_ids; // of all texts, one after the other
    const int64_t *starts;    // [texts + 1], where each begins
    int64_t texts;
    int64_t next;        // the first text that no thread has taken
    int64_t done;        // texts finished
    int32_t stop;        // set from outside: take no more
    int32_t pooling;     // how many poolings
    int32_t poolings[8]; // which, side by side
    int32_t skipped;     // tokens at the front that poolings leave out
    int32_t threads;     // that share the job
    float *vectors;      // [texts, pooling * hidden], or null
    float *states;       // [tokens, hidden], or null
};
