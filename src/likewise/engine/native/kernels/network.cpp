// Texts through a network of layers that normalise after each sum (BERT, Devlin et al. 2019,
// https://arxiv.org/abs/1810.04805, and its relatives), token by token, without padding: linear
// layers see the tokens of many texts as one matrix, attention sees one text at a time.

#include <string.h>

#include "attention.hpp"
#include "network.hpp"
#include "packing.hpp"
#include "pooling.hpp"
#include "product.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace {

constexpr int64_t BLOCK = 256; // tokens that go through the network together

// Memory of one thread, for blocks of so many tokens.
class Workspace {
  public:
    explicit Workspace(size_t bytes) : base((char *)_mm_malloc(round(bytes), 64)) {}
    ~Workspace() { _mm_free(base); }
    Workspace(const Workspace &) = delete;
    template <class T> T *take(size_t count) {
        T *place = (T *)(base + used);
        used += round(count * sizeof(T));
#if defined(__SANITIZE_ADDRESS__) // what is written beyond its end is then found
        ASAN_POISON_MEMORY_REGION(base + used, 64);
        used += 64;
#endif
        return place;
    }
    static size_t round(size_t bytes) { return (bytes + 63) / 64 * 64; }
    bool failed() const { return base == nullptr; }

  private:
    char *base;
    size_t used = 0;
};

// One thread's pass over blocks of texts. Format: of products; Inner: of attention.
template <class Format, class Inner> class Pass {
    static constexpr bool scaled = Format::depth == 4;
    using Element = typename Format::Element;
    using Part = typename Inner::Element;

  public:
    Pass(const Network &network, Job &job, size_t tokens, int longest)
        : net(network), job(job), space(bytes(network, tokens, longest)) {
        if (space.failed()) return;
        tokens += SIDE; // tiles read beyond the last row
        size_t hidden = net.hidden, wide = net.wide, head = hidden / net.heads;
        size_t width = round(longest);
        x = space.take<float>(tokens * hidden);
        narrow = space.take<Element>(tokens * hidden);
        stacked = space.take<Part>(tokens * 3 * hidden);
        gathered = space.take<float>(tokens * hidden);
        half = space.take<uint16_t>(scaled ? tokens * wide : 0);
        inner = space.take<Element>(tokens * wide);
        highest = space.take<float>(scaled ? tokens * LANES : 0);
        scale = space.take<float>(tokens);
        low = space.take<float>(tokens);
        attention.keys = space.take<__m512i>(width / LANES * head);
        attention.values = space.take<__m512i>((width + 1) * head / LANES);
        attention.scores = space.take<float>(width * Inner::rows);
        attention.weights = space.take<Part>(width * Inner::rows);
        attention.head = (int)head;
        attention.scale = LOG2_E / __builtin_sqrtf((float)head);
    }

    bool failed() const { return space.failed(); }

    // Take texts as long as there are any.
    void run() {
        for (;;) {
            int64_t first = __atomic_load_n(&job.next, __ATOMIC_RELAXED), last;
            do {
                if (first >= job.texts || __atomic_load_n(&job.stop, __ATOMIC_RELAXED)) return;
                last = block_end(first);
            } while (!__atomic_compare_exchange_n(&job.next, &first, last, false, __ATOMIC_RELAXED,
                                                  __ATOMIC_RELAXED));
            block(first, last);
            __atomic_fetch_add(&job.done, last - first, __ATOMIC_RELAXED);
        }
    }

  private:
    // So many texts that they fill a block, and smaller blocks at the end, so that no thread waits.
    int64_t block_end(int64_t first) const {
        int64_t left = job.starts[job.texts] - job.starts[first];
        int64_t room = left / (2 * job.threads);
        room = room > BLOCK ? BLOCK : room < BLOCK / 4 ? BLOCK / 4 : room;
        int64_t last = first + 1;
        while (last < job.texts && job.starts[last + 1] - job.starts[first] <= room) last++;
        return last;
    }

    void block(int64_t first, int64_t last) {
        int64_t begin = job.starts[first];
        int tokens = (int)(job.starts[last] - begin);
        for (int64_t text = first; text < last; text++) {
            int64_t start = job.starts[text];
            embed(start, (int)(job.starts[text + 1] - start), x + (start - begin) * net.hidden);
        }
        narrow_all(x, tokens);
        for (int i = 0; i < net.layer_count; i++) layer(net.layers[i], first, last, begin, tokens);
        if (job.states) {
            memcpy(job.states + begin * net.hidden, x, (size_t)tokens * net.hidden * sizeof(float));
        }
        if (!job.vectors) return;
        for (int64_t text = first; text < last; text++) {
            for (int i = 0; i < job.pooling; i++) {
                pool(job.poolings[i], x + (job.starts[text] - begin) * net.hidden,
                     (int)(job.starts[text + 1] - job.starts[text]), job.skipped, net.hidden,
                     job.vectors + (text * job.pooling + i) * net.hidden);
            }
        }
    }

    void embed(int64_t start, int tokens, float *to) {
        for (int place = 0; place < tokens; place++, to += net.hidden) {
            const float *word = net.words + (size_t)job.token_ids[start + place] * net.hidden;
            const float *at = net.places + (size_t)place * net.hidden;
            for (int c = 0; c < net.hidden; c += LANES) {
                _mm512_storeu_ps(to + c,
                                 _mm512_add_ps(_mm512_loadu_ps(word + c), _mm512_loadu_ps(at + c)));
            }
            normalise_row(to, net.hidden, net.norm, net.epsilon);
        }
    }

    // Rows as products take them.
    void narrow_all(const float *from, int rows) {
        for (int row = 0; row < rows; row++) narrow_one(from + (size_t)row * net.hidden, row);
    }

    INLINE void narrow_one(const float *from, int row) {
        const int width = net.hidden;
        auto to = [=, base = narrow](int column)
                      INLINED { return base + place<Format>(width, row, column); };
        if constexpr (scaled) {
            narrow_row(from, width, scale[row], low[row], to);
        } else {
            for (int c = 0; c < width; c += LANES) {
                Format::store(to(c), _mm512_loadu_ps(from + c));
            }
        }
    }

    Rows rows_of(const Element *data) const { return {data, scale, low}; }

    void layer(const Layer &layer, int64_t first, int64_t last, int64_t begin, int tokens) {
        const int hidden = net.hidden;
        product<Format>(rows_of(narrow), layer.stacked, tokens,
                        [=, to = stacked](int row, int column, __m512 y)
                            INLINED { Inner::store(to + (size_t)row * 3 * hidden + column, y); });
        for (int64_t text = first; text < last; text++) {
            attend((int)(job.starts[text] - begin), (int)(job.starts[text + 1] - job.starts[text]));
        }
        narrow_all(gathered, tokens);
        auto join = [=, base = x](int row, int column, __m512 y) INLINED {
            float *to = base + (size_t)row * hidden + column;
            _mm512_storeu_ps(to, _mm512_add_ps(_mm512_loadu_ps(to), y));
        };
        product<Format>(rows_of(narrow), layer.attended, tokens, join);
        normalise(layer.attention_norm, tokens);
        widen(layer.inner, tokens);
        product<Format>(rows_of(inner), layer.outer, tokens, join);
        normalise(layer.output_norm, tokens);
    }

    void normalise(const Norm &norm, int tokens) {
        for (int row = 0; row < tokens; row++) {
            normalise_row(x + (size_t)row * net.hidden, net.hidden, norm, net.epsilon);
            narrow_one(x + (size_t)row * net.hidden, row);
        }
    }

    void attend(int start, int tokens) {
        const size_t stride = 3 * (size_t)net.hidden;
        attention.tokens = tokens;
        for (int head = 0; head < net.heads; head++) {
            const Part *from = stacked + start * stride + head * attention.head;
            const float *relative =
                net.relative ? net.relative + (size_t)head * (2 * net.reach + LANES) + net.reach
                             : nullptr;
            attention.take_keys(from + net.hidden, stride);
            attention.take_values(from + 2 * net.hidden, stride);
            float *to = gathered + (size_t)start * net.hidden + head * attention.head;
            for (int row = 0; row < tokens; row += Inner::rows) {
                attention.attend(row, least(Inner::rows, tokens - row), from, stride, relative,
                                 [&](int row, int column, __m512 y) INLINED {
                                     _mm512_storeu_ps(to + (size_t)row * net.hidden + column, y);
                                 });
            }
        }
    }

    // The wide inner layer and its activation.
    void widen(const Linear &by, int tokens) {
        switch (net.activation) {
        case 0:
            return widen_with(by, tokens, [](__m512 y) INLINED {
                if constexpr (Format::depth == 4) return gelu_int8(y);
                else if constexpr (Format::depth == 2) return gelu_bfloat16(y);
                else return gelu(y);
            });
        case 1: return widen_with(by, tokens, [](__m512 y) INLINED { return gelu_tanh(y); });
        default: return widen_with(by, tokens, [](__m512 y) INLINED { return relu(y); });
        }
    }

    template <class Activate> void widen_with(const Linear &by, int tokens, Activate activate) {
        const int wide = net.wide;
        if constexpr (!scaled) {
            product<Format>(rows_of(narrow), by, tokens,
                            [=, to = inner](int row, int column, __m512 y) INLINED {
                                Format::store(to + place<Format>(wide, row, column), activate(y));
                            });
            return;
        } else {
            // no activation here goes below this: GELU's least value, and its polynomial's error
            const float least_value = net.activation == 2 ? 0.0f : -0.172f;
            for (int row = 0; row < tokens; row++) {
                _mm512_store_ps(highest + row * LANES, all(least_value));
            }
            product<Format>(
                rows_of(narrow), by, tokens,
                [=, half = half, highest = highest](int row, int column, __m512 y) INLINED {
                    y = activate(y);
                    float *most = highest + row * LANES;
                    _mm512_store_ps(most, _mm512_max_ps(_mm512_load_ps(most), y));
                    _mm256_storeu_si256(
                        (__m256i *)(half + (size_t)row * wide + column),
                        _mm512_cvtps_ph(y, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
                });
            for (int row = 0; row < tokens; row++) {
                float range =
                    _mm512_reduce_max_ps(_mm512_load_ps(highest + row * LANES)) - least_value;
                low[row] = least_value;
                scale[row] = range / 255.0f;
                __m512 steps = all(steps_over(255.0f, range));
                const uint16_t *line = half + (size_t)row * wide;
                for (int c = 0; c < wide; c += LANES) {
                    __m512 y = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(line + c)));
                    store_int8((uint8_t *)inner + place<Format>(wide, row, c), y, all(least_value),
                               steps);
                }
            }
        }
    }

    // Tokens that attention fills up to: two registers, as tiles take bfloat16.
    static size_t round(size_t tokens) { return (tokens + 2 * LANES - 1) & -(2 * (size_t)LANES); }

    static size_t bytes(const Network &net, size_t tokens, size_t longest) {
        size_t hidden = net.hidden, wide = net.wide, width = round(longest) + LANES;
        size_t row = hidden * (8 + sizeof(Element) + 3 * sizeof(Part)) +
                     wide * (sizeof(Element) + 2) + LANES * 4 + 8;
        size_t once = width * hidden / net.heads * 8 + width * Inner::rows * 8;
        return (tokens + SIDE) * row + once + 64 * 32;
    }

    const Network &net;
    Job &job;
    Workspace space;
    float *x = nullptr, *gathered = nullptr, *highest = nullptr, *scale = nullptr, *low = nullptr;
    Element *narrow = nullptr, *inner = nullptr;
    Part *stacked = nullptr;
    uint16_t *half = nullptr;
    Attention<Inner> attention{};
};

template <class Format, class Inner> int pass(const Network &net, Job &job) {
    int64_t longest = 1;
    for (int64_t i = 0; i < job.texts; i++) {
        int64_t tokens = job.starts[i + 1] - job.starts[i];
        if (tokens > longest) longest = tokens;
    }
    int64_t all = job.starts[job.texts], room = longest > BLOCK ? longest : BLOCK;
    Pass<Format, Inner> pass(net, job, (size_t)(all < room ? all : room), (int)longest);
    if (pass.failed()) return 1;
    if constexpr (tiled<Format>) {
        Tiles tiles;
        pass.run();
    } else {
        pass.run();
    }
    return 0;
}

} // namespace

// Work on a job until no text is left; several threads may be at it. 0, or 1 without memory.
EXPORT int likewise_run(const Network *net, Job *job) {
    if (net->tiles && net->format < 2) {
        return net->format == 0 ? pass<TiledInt8, TiledBFloat16>(*net, *job)
                                : pass<TiledBFloat16, TiledBFloat16>(*net, *job);
    }
    if (net->format == 0) {
        return net->attention == 1 ? pass<Int8, BFloat16>(*net, *job)
                                   : pass<Int8, Float32>(*net, *job);
    }
    return net->format == 1 ? pass<BFloat16, BFloat16>(*net, *job)
                            : pass<Float32, Float32>(*net, *job);
}

// See `pack`.
EXPORT void likewise_pack(int format, int tiles, const float *from, int outer, int inner, void *to,
                          float *scale, float *sum) {
    pack(format, tiles && format < 2, from, outer, inner, to, scale, sum);
}
