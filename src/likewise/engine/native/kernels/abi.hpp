// The structures that Python passes to the kernels: a network's weights, and the texts to run it
// on. binding.py mirrors them.

#pragma once

#include <stdint.h>

#define EXPORT extern "C" __attribute__((visibility("default")))

enum Instructions : int32_t { AVX2, AVX512 };
enum Format : int32_t { INT8, BFLOAT16, FLOAT32 };

// A linear layer. The weight is packed; see packing.hpp.
struct Linear {
    const void *weight;
    const float *scale; // int8: scale of each column
    const float *sum;   // int8: sum of each column's quantized values
    const float *bias;
    int32_t in_features, out_features;
};

struct LayerNorm {
    const float *weight, *bias;
};

struct Layer {
    Linear qkv; // query, key and value, concatenated along the columns
    Linear attention_output, intermediate, output;
    LayerNorm attention_norm, output_norm;
};

struct Network {
    const Layer *layers;
    const float *word_embeddings;     // [vocabulary, hidden_size]
    const float *position_embeddings; // [positions, hidden_size]
    LayerNorm embedding_norm;
    const float *position_bias; // [heads, 2 * max_positions + 16], added to scores; or null
    int32_t layer_count, hidden_size, heads, intermediate_size, max_positions;
    int32_t instructions;     // Instructions
    int32_t format;           // Format of the linear layers
    int32_t attention_format; // Format of attention: bfloat16 or float32
    int32_t activation;       // 0 GELU, 1 GELU (tanh approximation), 2 ReLU
    int32_t use_tiles;        // whether matrix products run on AMX tiles
    float epsilon;            // of layer normalization
};

enum Pooling : int32_t { MEAN, MEAN_SQRT_LEN, WEIGHTED_MEAN, CLS, LAST_TOKEN, MAX };

// A batch of texts, processed by several threads. Each thread claims the next texts atomically.
struct Job {
    const int32_t *token_ids;    // of all texts, concatenated
    const int64_t *text_offsets; // [text_count + 1], index of each text's first token
    int64_t text_count;
    int64_t next_text;      // the first text that no thread has claimed
    int64_t finished_texts; // number of texts
    int32_t stop;           // set by the caller: claim no more texts
    int32_t pooling_count;
    int32_t poolings[8];    // pooling modes; their vectors are concatenated
    int32_t skipped_tokens; // leading (prompt) tokens that pooling leaves out
    int32_t thread_count;
    float *vectors;      // [text_count, pooling_count * hidden_size], or null
    float *token_states; // [tokens, hidden_size], or null
};
