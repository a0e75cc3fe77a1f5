// Attention inside one text. Vaswani et al. 2017, https://arxiv.org/abs/1706.03762.

#pragma once

#include "formats.hpp"
#include "functions.hpp"
#include "tiles.hpp"

// One text's query, key and value, row by row, and what is made of them; one head at a time.
template <class Format> struct Attention {
    using Element = typename Format::Element;
    static constexpr int depth = Format::depth;
    static constexpr int whole = tiled<Format> ? 2 * LANES : LANES; // tokens are filled up to

    int tokens, head; // of the text; numbers a token in one head
    float scale;      // of scores, times log2(e)
    __m512i *keys, *values;
    float *scores;    // [Format::rows, width]
    Element *weights; // [Format::rows, width]

    int width() const { return (tokens + whole - 1) / whole * whole; }
    int groups() const { return width() / LANES; }
    int key_steps() const { return head / depth; }
    int value_steps() const {
        return tiled<Format> ? width() / depth : (tokens + depth - 1) / depth;
    }

    // Keys as the right side of a product: a column a token.
    void take_keys(const Element *from, size_t stride) {
        for (int group = 0; group < groups(); group++) {
            for (int step = 0; step < key_steps(); step += LANES) {
                __m512i lines[LANES];
                for (int i = 0; i < LANES; i++) {
                    int token = group * LANES + i;
                    lines[i] = token < tokens
                                   ? _mm512_loadu_si512(from + token * stride + step * depth)
                                   : _mm512_setzero_si512();
                }
                transpose(lines);
                for (int i = 0; i < LANES; i++) keys[group * key_steps() + step + i] = lines[i];
            }
        }
    }

    // Values as the right side of a product: a step is `depth` tokens.
    void take_values(const Element *from, size_t stride) {
        for (int group = 0; group < head / LANES; group++) {
            __m512i *to = values + (size_t)group * value_steps();
            for (int step = 0; step < value_steps(); step++) {
                const Element *row = from + (size_t)step * depth * stride + group * LANES;
                if constexpr (depth == 1) {
                    to[step] = _mm512_loadu_si512(row);
                } else {
                    const int token = step * depth;
                    __m512i even = token < tokens ? half(row) : _mm512_setzero_si512();
                    __m512i odd = token + 1 < tokens ? half(row + stride) : _mm512_setzero_si512();
                    to[step] = _mm512_or_si512(even, _mm512_slli_epi32(odd, 16));
                }
            }
        }
    }

    static INLINE __m512i half(const Element *row) {
        return _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)row));
    }

    // What `rows` queries from `first` on gather: `store(row, column, x)`.
    template <class Store>
    void attend(int first, int rows, const Element *queries, size_t stride, const float *relative,
                Store store) {
        const Element *from = queries + first * stride;
        for (int group = 0; group < groups(); group += GROUPS_AT_ONCE) {
            Columns columns = {keys + (size_t)group * key_steps(), (size_t)key_steps(), 1};
            float *line = scores + group * LANES;
            const int across = width();
            auto keep = [=](int i, int j, __m512 sum)
                            INLINED { _mm512_storeu_ps(line + i * across + j * LANES, sum); };
            const size_t bytes = stride * sizeof(Element);
            const Left left = {from, bytes, 64, SIDE * bytes};
            switch (least(GROUPS_AT_ONCE, groups() - group)) {
            case 1: multiply<Format, 1>(rows, left, columns, key_steps(), keep); break;
            case 2: multiply<Format, 2>(rows, left, columns, key_steps(), keep); break;
            case 3: multiply<Format, 3>(rows, left, columns, key_steps(), keep); break;
            default: multiply<Format, 4>(rows, left, columns, key_steps(), keep);
            }
        }
        float inverse[Format::rows];
        for (int i = 0; i < rows; i++) {
            inverse[i] = 1.0f / softmax(i, relative ? relative - (first + i) : nullptr);
        }
        for (int group = 0; group < head / LANES; group += 2) {
            Columns columns = {values + (size_t)group * value_steps(), (size_t)value_steps(), 1};
            const size_t bytes = width() * sizeof(Element);
            multiply<Format, 2>(rows, {weights, bytes, 64, SIDE * bytes}, columns, value_steps(),
                                [&](int i, int j, __m512 sum) INLINED {
                                    store(first + i, (group + j) * LANES,
                                          _mm512_mul_ps(sum, all(inverse[i])));
                                });
        }
    }

    // Scores of one query to weights; gives their sum.
    INLINE float softmax(int row, const float *relative) {
        float *line = scores + row * width();
        __m512 highest = all(-1e30f);
        for (int c = 0; c < width(); c += LANES) {
            __m512 x = _mm512_mul_ps(_mm512_loadu_ps(line + c), all(scale));
            if (relative) x = _mm512_add_ps(x, _mm512_loadu_ps(relative + c));
            if (c + LANES > tokens) {
                __mmask16 outside = (__mmask16)(0xffffu << (tokens > c ? tokens - c : 0));
                x = _mm512_mask_mov_ps(x, outside, all(-1e30f));
            }
            highest = _mm512_max_ps(highest, x);
            _mm512_storeu_ps(line + c, x);
        }
        __m512 most = all(_mm512_reduce_max_ps(highest)), sum = all(0.0f);
        for (int c = 0; c < width(); c += LANES) {
            __m512 x = power_of_two(_mm512_sub_ps(_mm512_loadu_ps(line + c), most));
            sum = _mm512_add_ps(sum, x);
            Format::store(weights + row * width() + c, x);
        }
        return _mm512_reduce_add_ps(sum);
    }
};
