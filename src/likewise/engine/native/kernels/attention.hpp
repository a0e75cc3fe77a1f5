// Attention within one text. Vaswani et al. 2017, https://arxiv.org/abs/1706.03762.

#pragma once

#include "formats.hpp"
#include "functions.hpp"
#include "tiles.hpp"

namespace {

// The attention of one head of one text. Keys and values are packed like weights; see packing.hpp.
template <class Format> struct Attention {
    using Element = typename Format::Element;
    static constexpr int values_per_lane = Format::values_per_lane;
    static constexpr int token_multiple = Format::uses_tiles ? 2 * LANES : LANES;

    int tokens;    // of the text
    int head_size; // elements of a token in one head
    float scale;   // of the scores, times log2(e)
    Words *keys, *values;
    float *scores;    // [Format::rows, padded_tokens]
    Element *weights; // [Format::rows, padded_tokens]

    int padded_tokens() const {
        return (tokens + token_multiple - 1) / token_multiple * token_multiple;
    }
    int token_groups() const { return padded_tokens() / LANES; }
    int key_steps() const { return head_size / values_per_lane; }
    int value_steps() const {
        return Format::uses_tiles ? padded_tokens() / values_per_lane
                                  : (tokens + values_per_lane - 1) / values_per_lane;
    }

    // Pack the keys as the right side of a product: one column per token.
    void pack_keys(const Element *from, size_t stride) {
        for (int group = 0; group < token_groups(); group++) {
            for (int step = 0; step < key_steps(); step += LANES) {
                Words registers[LANES];
                for (int i = 0; i < LANES; i++) {
                    int token = group * LANES + i;
                    registers[i] = token < tokens
                                       ? load_words(from + token * stride + step * values_per_lane)
                                       : Words{};
                }
                transpose(registers);
                for (int i = 0; i < LANES; i++) keys[group * key_steps() + step + i] = registers[i];
            }
        }
    }

    // Pack the values as the right side of a product: each step holds `values_per_lane` tokens.
    void pack_values(const Element *from, size_t stride) {
        for (int group = 0; group < head_size / LANES; group++) {
            Words *to = values + (size_t)group * value_steps();
            for (int step = 0; step < value_steps(); step++) {
                const Element *row = from + (size_t)step * values_per_lane * stride + group * LANES;
                if constexpr (values_per_lane == 1) {
                    to[step] = load_words(row);
                } else {
                    const int token = step * values_per_lane;
                    Words even = token < tokens ? Format::lower_halves(row) : Words{};
                    Words odd = token + 1 < tokens ? Format::lower_halves(row + stride) : Words{};
                    to[step] = Format::join(even, odd);
                }
            }
        }
    }

    // Attention of `rows` queries, the first of which is token `first`. Calls
    // `store(row, column, x)` with 16 consecutive columns at a time.
    template <class Store>
    void attend(int first, int rows, const Element *queries, size_t stride,
                const float *position_bias, Store store) {
        compute_scores(rows, queries + first * stride, stride);
        float inverse_sums[Format::rows];
        for (int i = 0; i < rows; i++) {
            inverse_sums[i] =
                1.0f / softmax(i, position_bias ? position_bias - (first + i) : nullptr);
        }
        constexpr int groups = min(2, GROUP_BLOCK);
        for (int group = 0; group < head_size / LANES; group += groups) {
            RightMatrix right = {values + (size_t)group * value_steps(), (size_t)value_steps(), 1};
            const size_t bytes = padded_tokens() * sizeof(Element);
            multiply<Format, groups>(rows, {weights, bytes, TILE_ROW_BYTES, TILE_ROWS * bytes},
                                     right, value_steps(), [&](int i, int j, Floats sum) INLINED {
                                         store(first + i, (group + j) * LANES,
                                               sum * broadcast(inverse_sums[i]));
                                     });
        }
    }

    // The products of `rows` queries with all keys.
    INLINE void compute_scores(int rows, const Element *queries, size_t stride) {
        for (int group = 0; group < token_groups(); group += GROUP_BLOCK) {
            RightMatrix right = {keys + (size_t)group * key_steps(), (size_t)key_steps(), 1};
            float *to = scores + group * LANES;
            const int width = padded_tokens();
            auto store_score = [=](int i, int j, Floats sum)
                                   INLINED { store(to + i * width + j * LANES, sum); };
            const size_t bytes = stride * sizeof(Element);
            const LeftMatrix left = {queries, bytes, TILE_ROW_BYTES, TILE_ROWS * bytes};
            if constexpr (GROUP_BLOCK == 1) {
                multiply<Format, 1>(rows, left, right, key_steps(), store_score);
            } else {
                switch (min(GROUP_BLOCK, token_groups() - group)) {
                case 1: multiply<Format, 1>(rows, left, right, key_steps(), store_score); break;
                case 2: multiply<Format, 2>(rows, left, right, key_steps(), store_score); break;
                case 3: multiply<Format, 3>(rows, left, right, key_steps(), store_score); break;
                default: multiply<Format, 4>(rows, left, right, key_steps(), store_score);
                }
            }
        }
    }

    // Unnormalized softmax: writes exp(score - maximum) to `weights` and returns the sum.
    INLINE float softmax(int row, const float *position_bias) {
        float *row_scores = scores + row * padded_tokens();
        Floats lane_maximum = broadcast(-1e30f);
        for (int c = 0; c < padded_tokens(); c += LANES) {
            Floats x = load(row_scores + c);
            x = position_bias ? fmadd(x, broadcast(scale), load(position_bias + c))
                              : x * broadcast(scale);
            if (c + LANES > tokens) x = first_lanes(x, tokens - c, broadcast(-1e30f));
            lane_maximum = max(lane_maximum, x);
            store(row_scores + c, x);
        }
        Floats maximum = broadcast(reduce_max(lane_maximum)), sum = broadcast(0.0f);
        for (int c = 0; c < padded_tokens(); c += LANES) {
            Floats x = exp2(load(row_scores + c) - maximum);
            sum = sum + x;
            Format::store(weights + row * padded_tokens() + c, x);
        }
        return reduce_add(sum);
    }
};

} // namespace
