// The forward pass of a post-norm encoder (BERT, Devlin et al. 2019,
// https://arxiv.org/abs/1810.04805, and related architectures), without padding: linear layers
// process the tokens of many texts as one matrix, attention processes one text at a time.

#pragma once

#include <string.h>

#include "abi.hpp"
#include "attention.hpp"
#include "layer_norm.hpp"
#include "linear.hpp"
#include "pooling.hpp"
#include "quantize.hpp"
#include "workspace.hpp"

namespace {

constexpr int64_t BLOCK_TOKENS = 256;   // tokens that pass through the network together
constexpr int64_t SMALL_JOB_ROUNDS = 4; // blocks for each thread up to which a job is small

// One thread's forward pass over blocks of texts. Format: of the linear layers.
template <class Format, class AttentionFormat> class ForwardPass {
    using Element = typename Format::Element;
    using AttentionElement = typename AttentionFormat::Element;

  public:
    ForwardPass(const Network &network, Job &job, size_t tokens, int longest)
        : net(network), job(job), workspace(workspace_bytes(network, tokens, longest)) {
        if (workspace.failed()) return;
        tokens += TILE_ROWS; // tile loads read past the last row
        size_t hidden_size = net.hidden_size, head_size = hidden_size / net.heads;
        size_t intermediate_size = net.intermediate_size, padded = padded_tokens(longest);
        hidden_states = workspace.allocate<float>(tokens * hidden_size);
        input = workspace.allocate<Element>(tokens * hidden_size);
        qkv = workspace.allocate<AttentionElement>(tokens * 3 * hidden_size);
        context = workspace.allocate<float>(tokens * hidden_size);
        intermediate_fp16 =
            workspace.allocate<uint16_t>(Format::is_int8 ? tokens * intermediate_size : 0);
        intermediate = workspace.allocate<Element>(tokens * intermediate_size);
        row_max = workspace.allocate<float>(Format::is_int8 ? tokens * LANES : 0);
        row_scale = workspace.allocate<float>(tokens);
        row_offset = workspace.allocate<float>(tokens);
        attention.keys = workspace.allocate<Words>(padded / LANES * head_size);
        attention.values = workspace.allocate<Words>((padded + 1) * head_size / LANES);
        attention.scores = workspace.allocate<float>(padded * AttentionFormat::rows);
        attention.weights = workspace.allocate<AttentionElement>(padded * AttentionFormat::rows);
        attention.head_size = (int)head_size;
        attention.scale = LOG2_E / __builtin_sqrtf((float)head_size);
    }

    bool failed() const { return workspace.failed(); }

    // Claim and process texts until none is left.
    void run() {
        for (;;) {
            int64_t first = __atomic_load_n(&job.next_text, __ATOMIC_RELAXED), last;
            do {
                if (first >= job.text_count || __atomic_load_n(&job.stop, __ATOMIC_RELAXED)) return;
                last = block_end(first);
            } while (!__atomic_compare_exchange_n(&job.next_text, &first, last, false,
                                                  __ATOMIC_RELAXED, __ATOMIC_RELAXED));
            process_block(first, last);
            __atomic_fetch_add(&job.finished_texts, last - first, __ATOMIC_RELAXED);
        }
    }

  private:
    int tokens_between(int64_t first, int64_t last) const {
        return (int)(job.text_offsets[last] - job.text_offsets[first]);
    }

    // The end of the block of texts that begins at `first`. A large job has blocks that become
    // smaller towards its end, so that all threads finish at about the same time. A small one has
    // as few blocks as fit, of about equal size, since each block reads all weights.
    int64_t block_end(int64_t first) const {
        const int64_t *offsets = job.text_offsets;
        const int64_t total = offsets[job.text_count] ? offsets[job.text_count] : 1;
        const int64_t round = BLOCK_TOKENS * (int64_t)job.thread_count; // one block per thread
        int64_t last = first + 1, end;
        if (total <= SMALL_JOB_ROUNDS * round) {
            const int64_t blocks = (total + round - 1) / round * job.thread_count;
            const int64_t block = (offsets[first] * blocks + total / 2) / total;
            end = total * (block + 1) / blocks;
            while (last < job.text_count && offsets[last] + offsets[last + 1] <= 2 * end) last++;
        } else {
            end = (total - offsets[first]) / (2 * job.thread_count);
            end = offsets[first] + (end > BLOCK_TOKENS       ? BLOCK_TOKENS
                                    : end < BLOCK_TOKENS / 4 ? BLOCK_TOKENS / 4
                                                             : end);
            while (last < job.text_count && offsets[last + 1] <= end) last++;
        }
        return last;
    }

    void process_block(int64_t first, int64_t last) {
        int64_t begin = job.text_offsets[first];
        int tokens = tokens_between(first, last);
        for (int64_t text = first; text < last; text++) {
            embed(job.text_offsets[text], tokens_between(text, text + 1),
                  hidden_states + (job.text_offsets[text] - begin) * net.hidden_size);
        }
        convert_rows(hidden_states, tokens);
        for (int i = 0; i < net.layer_count; i++) {
            run_layer(net.layers[i], first, last, begin, tokens);
        }
        if (job.token_states) {
            memcpy(job.token_states + begin * net.hidden_size, hidden_states,
                   (size_t)tokens * net.hidden_size * sizeof(float));
        }
        if (!job.vectors) return;
        for (int64_t text = first; text < last; text++) {
            for (int i = 0; i < job.pooling_count; i++) {
                pool(job.poolings[i],
                     hidden_states + (job.text_offsets[text] - begin) * net.hidden_size,
                     tokens_between(text, text + 1), job.skipped_tokens, net.hidden_size,
                     job.vectors + (text * job.pooling_count + i) * net.hidden_size);
            }
        }
    }

    void embed(int64_t start, int tokens, float *to) {
        for (int position = 0; position < tokens; position++, to += net.hidden_size) {
            const float *word_embedding =
                net.word_embeddings + (size_t)job.token_ids[start + position] * net.hidden_size;
            const float *position_embedding =
                net.position_embeddings + (size_t)position * net.hidden_size;
            for (int c = 0; c < net.hidden_size; c += LANES) {
                store(to + c, load(word_embedding + c) + load(position_embedding + c));
            }
            layer_norm(to, net.hidden_size, net.embedding_norm, net.epsilon);
        }
    }

    // Convert rows of float32 to the input of the next linear layer.
    void convert_rows(const float *from, int rows) {
        for (int row = 0; row < rows; row++) convert_row(from + (size_t)row * net.hidden_size, row);
    }

    INLINE void convert_row(const float *from, int row) {
        const int width = net.hidden_size;
        auto address = [=, base = input](int column)
                           INLINED { return base + element_offset<Format>(width, row, column); };
        if constexpr (Format::is_int8) {
            quantize_row(from, width, row_scale[row], row_offset[row], address);
        } else {
            for (int c = 0; c < width; c += LANES) {
                Format::store(address(c), load(from + c));
            }
        }
    }

    Input input_of(const Element *data) const { return {data, row_scale, row_offset}; }

    void run_layer(const Layer &layer, int64_t first, int64_t last, int64_t begin, int tokens) {
        const int hidden_size = net.hidden_size;
        linear<Format>(input_of(input), layer.qkv, tokens,
                       [=, to = qkv](int row, int column, Floats y) INLINED {
                           AttentionFormat::store(to + (size_t)row * 3 * hidden_size + column, y);
                       });
        for (int64_t text = first; text < last; text++) {
            attend((int)(job.text_offsets[text] - begin), tokens_between(text, text + 1));
        }
        convert_rows(context, tokens);
        auto add_residual = [=, base = hidden_states](int row, int column, Floats y) INLINED {
            float *to = base + (size_t)row * hidden_size + column;
            store(to, load(to) + y);
        };
        linear<Format>(input_of(input), layer.attention_output, tokens, add_residual);
        normalize(layer.attention_norm, tokens);
        run_intermediate(layer.intermediate, tokens);
        linear<Format>(input_of(intermediate), layer.output, tokens, add_residual);
        normalize(layer.output_norm, tokens);
    }

    void normalize(const LayerNorm &norm, int tokens) {
        for (int row = 0; row < tokens; row++) {
            float *state = hidden_states + (size_t)row * net.hidden_size;
            layer_norm(state, net.hidden_size, norm, net.epsilon);
            convert_row(state, row);
        }
    }

    // Attention of one text, whose first token is row `start` of the block.
    void attend(int start, int tokens) {
        const size_t stride = 3 * (size_t)net.hidden_size;
        attention.tokens = tokens;
        for (int head = 0; head < net.heads; head++) {
            const AttentionElement *query = qkv + start * stride + head * attention.head_size;
            // relative position 0 is at index max_positions of a head's row
            const float *position_bias = net.position_bias
                                             ? net.position_bias +
                                                   (size_t)head * (2 * net.max_positions + LANES) +
                                                   net.max_positions
                                             : nullptr;
            attention.pack_keys(query + net.hidden_size, stride);
            attention.pack_values(query + 2 * net.hidden_size, stride);
            float *to = context + (size_t)start * net.hidden_size + head * attention.head_size;
            for (int row = 0; row < tokens; row += AttentionFormat::rows) {
                attention.attend(row, min(AttentionFormat::rows, tokens - row), query, stride,
                                 position_bias, [&](int row, int column, Floats y) INLINED {
                                     store(to + (size_t)row * net.hidden_size + column, y);
                                 });
            }
        }
    }

    // The intermediate (first feed-forward) layer and its activation.
    void run_intermediate(const Linear &layer, int tokens) {
        switch (net.activation) {
        case 0:
            return run_intermediate_with(layer, tokens, [](Floats y) INLINED {
                if constexpr (Format::is_int8) return gelu_int8(y);
                else if constexpr (Format::is_bfloat16) return gelu_bfloat16(y);
                else return gelu(y);
            });
        case 1:
            return run_intermediate_with(layer, tokens,
                                         [](Floats y) INLINED { return gelu_tanh(y); });
        default:
            return run_intermediate_with(layer, tokens, [](Floats y) INLINED { return relu(y); });
        }
    }

    template <class Activation>
    void run_intermediate_with(const Linear &layer, int tokens, Activation activation) {
        const int width = net.intermediate_size;
        if constexpr (!Format::is_int8) {
            linear<Format>(input_of(input), layer, tokens,
                           [=, to = intermediate](int row, int column, Floats y) INLINED {
                               Format::store(to + element_offset<Format>(width, row, column),
                                             activation(y));
                           });
            return;
        } else {
            // the lower bound of the activations: the minimum of GELU plus the error of gelu_int8
            const float minimum = net.activation == 2 ? 0.0f : -0.172f;
            for (int row = 0; row < tokens; row++) {
                store(row_max + row * LANES, broadcast(minimum));
            }
            linear<Format>(input_of(input), layer, tokens,
                           [=, to = intermediate_fp16, row_max = row_max](int row, int column,
                                                                          Floats y) INLINED {
                               y = activation(y);
                               float *maximum = row_max + row * LANES;
                               store(maximum, max(load(maximum), y));
                               store_float16(to + (size_t)row * width + column, y);
                           });
            for (int row = 0; row < tokens; row++) quantize_intermediate(row, minimum);
        }
    }

    // Quantize a row of `intermediate_fp16` over the range from `minimum` to `row_max`.
    INLINE void quantize_intermediate(int row, float minimum) {
        const int width = net.intermediate_size;
        float range = reduce_max(load(row_max + row * LANES)) - minimum;
        row_offset[row] = minimum;
        row_scale[row] = range / 255.0f;
        Floats inverse_scale = broadcast(inverse_scale_of(255.0f, range));
        const uint16_t *from = intermediate_fp16 + (size_t)row * width;
        for (int c = 0; c < width; c += LANES) {
            Floats y = load_float16(from + c);
            store_quantized(intermediate + element_offset<Format>(width, row, c), y,
                            broadcast(minimum), inverse_scale);
        }
    }

    // The size of attention's arrays: a multiple of two registers, as bfloat16 tiles need.
    static size_t padded_tokens(size_t tokens) {
        return (tokens + 2 * LANES - 1) & -(2 * (size_t)LANES);
    }

    static size_t workspace_bytes(const Network &net, size_t tokens, size_t longest) {
        size_t hidden_size = net.hidden_size, padded = padded_tokens(longest) + LANES;
        size_t per_token = hidden_size * (8 + sizeof(Element) + 3 * sizeof(AttentionElement)) +
                           net.intermediate_size * (sizeof(Element) + 2) + LANES * 4 + 8;
        size_t attention_bytes =
            padded * hidden_size / net.heads * 8 + padded * AttentionFormat::rows * 8;
        return (tokens + TILE_ROWS) * per_token + attention_bytes + 64 * 32;
    }

    const Network &net;
    Job &job;
    Workspace workspace;
    float *hidden_states = nullptr; // [tokens, hidden_size]
    float *context = nullptr;       // [tokens, hidden_size], the output of attention
    float *row_max = nullptr;       // [tokens, LANES], the maximum activation, by lane
    float *row_scale = nullptr, *row_offset = nullptr; // [tokens], of quantized rows
    Element *input = nullptr;                          // [tokens, hidden_size]
    Element *intermediate = nullptr;                   // [tokens, intermediate_size]
    AttentionElement *qkv = nullptr;                   // [tokens, 3 * hidden_size]
    uint16_t *intermediate_fp16 = nullptr;             // [tokens, intermediate_size]
    Attention<AttentionFormat> attention{};
};

// Process a job's texts in this thread. Returns 0, or 1 if memory cannot be allocated.
template <class Format, class AttentionFormat> int forward(const Network &net, Job &job) {
    int64_t longest = 1;
    for (int64_t i = 0; i < job.text_count; i++) {
        int64_t tokens = job.text_offsets[i + 1] - job.text_offsets[i];
        if (tokens > longest) longest = tokens;
    }
    int64_t total = job.text_offsets[job.text_count];
    int64_t limit = (longest > BLOCK_TOKENS ? longest : BLOCK_TOKENS) + longest; // of a block
    ForwardPass<Format, AttentionFormat> pass(net, job, (size_t)(total < limit ? total : limit),
                                              (int)longest);
    if (pass.failed()) return 1;
    if constexpr (Format::uses_tiles) {
        TileConfig tiles;
        pass.run();
    } else {
        pass.run();
    }
    return 0;
}

} // namespace
