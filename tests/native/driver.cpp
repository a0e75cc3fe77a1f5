// Runs the kernels of every number format with every pooling on small random networks, under
// sanitizers: `python scripts/kernels.py --check DIRECTORY`. All arrays have exactly the size that
// the kernels may read or write.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "abi.hpp"

extern "C" {
int likewise_features(int instructions);
uint64_t likewise_sources();
void likewise_sizes(int32_t *to);
int likewise_element_size(int instructions, int format);
void likewise_pack(int instructions, int format, int use_tiles, const float *weight,
                   int out_features, int in_features, void *packed, float *scale, float *sum);
int likewise_run(const Network *network, Job *job);
}

namespace {

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

using Floats = std::vector<float>;
using Lengths = std::vector<int>;

constexpr int VOCABULARY = 50;
constexpr int POOLINGS = 6;

struct Shape {
    int hidden_size, heads, intermediate_size, layers, max_tokens;
    bool position_bias;
};

struct Formats {
    const char *name;
    int instructions, format, attention, tiles;
};

uint32_t state = 7;

float random_number(float size) {
    state = state * 1664525u + 1013904223u;
    return ((float)(state >> 8) / (float)(1 << 23) - 1.0f) * size;
}

Floats random_numbers(size_t count, float size, float middle = 0.0f) {
    Floats numbers(count);
    for (float &number : numbers) number = middle + random_number(size);
    return numbers;
}

struct Free {
    void operator()(void *memory) const { free(memory); }
};

// A network of random weights, with the memory of its arrays.
class RandomNetwork {
  public:
    RandomNetwork(Shape shape, Formats formats, int activation) : shape(shape), formats(formats) {
        const int hidden_size = shape.hidden_size,
                  max_positions = (shape.max_tokens + 15) / 16 * 16;
        for (int i = 0; i < shape.layers; i++) {
            layers.push_back({linear(hidden_size, 3 * hidden_size),
                              linear(hidden_size, hidden_size),
                              linear(hidden_size, shape.intermediate_size),
                              linear(shape.intermediate_size, hidden_size), norm(), norm()});
        }
        network.layers = layers.data();
        network.word_embeddings = store(random_numbers((size_t)VOCABULARY * hidden_size, 1));
        network.position_embeddings =
            store(random_numbers((size_t)shape.max_tokens * hidden_size, 1));
        network.embedding_norm = norm();
        network.position_bias =
            shape.position_bias
                ? store(random_numbers((size_t)shape.heads * (2 * max_positions + 16), 1))
                : nullptr;
        network.layer_count = shape.layers;
        network.hidden_size = hidden_size;
        network.heads = shape.heads;
        network.intermediate_size = shape.intermediate_size;
        network.max_positions = max_positions;
        network.instructions = formats.instructions;
        network.format = formats.format;
        network.attention_format = formats.attention;
        network.activation = activation;
        network.use_tiles = formats.tiles;
        network.epsilon = 1e-12f;
    }

    Network network{};
    const Shape shape;

  private:
    const float *store(Floats numbers) {
        arrays.push_back(std::make_unique<Floats>(std::move(numbers)));
        return arrays.back()->data();
    }

    LayerNorm norm() {
        return {store(random_numbers(shape.hidden_size, 0.2f, 1.0f)),
                store(random_numbers(shape.hidden_size, 0.2f))};
    }

    Linear linear(int in_features, int out_features) {
        const size_t size = (size_t)out_features * in_features *
                            likewise_element_size(formats.instructions, formats.format);
        packed.emplace_back(aligned_alloc(64, size));
        Floats scale(out_features), sum(out_features);
        likewise_pack(formats.instructions, formats.format, formats.tiles,
                      store(random_numbers((size_t)out_features * in_features,
                                           1.5f / sqrtf((float)in_features))),
                      out_features, in_features, packed.back().get(), scale.data(), sum.data());
        return {packed.back().get(),   store(std::move(scale)),
                store(std::move(sum)), store(random_numbers(out_features, 0.1f)),
                in_features,           out_features};
    }

    Formats formats;
    std::vector<Layer> layers;
    std::vector<std::unique_ptr<Floats>> arrays;
    std::vector<std::unique_ptr<void, Free>> packed;
};

// Texts of random tokens, with the arrays of the results.
struct Texts {
    Texts(const Shape &shape, const Lengths &lengths, int poolings = POOLINGS, int skipped = 0)
        : starts(1, 0) {
        for (int length : lengths) starts.push_back(starts.back() + length);
        for (int64_t i = 0; i < starts.back(); i++) {
            token_ids.push_back((int32_t)((i * 31 + i / 7) % VOCABULARY));
        }
        vectors.assign(lengths.size() * poolings * shape.hidden_size, -7.0f);
        states.assign(starts.back() * shape.hidden_size, -7.0f);
        job.token_ids = token_ids.data();
        job.text_offsets = starts.data();
        job.text_count = (int64_t)lengths.size();
        job.pooling_count = poolings;
        for (int i = 0; i < poolings; i++) job.poolings[i] = i;
        job.skipped_tokens = skipped;
        job.thread_count = 1;
        job.vectors = vectors.data();
        job.token_states = states.data();
    }

    std::vector<int32_t> token_ids;
    std::vector<int64_t> starts;
    Floats vectors, states;
    Job job{};
};

void run(const RandomNetwork &network, Texts &texts, int threads = 1) {
    texts.job.thread_count = threads;
    std::vector<std::thread> running;
    for (int i = 1; i < threads; i++) {
        running.emplace_back([&] { MUST(likewise_run(&network.network, &texts.job) == 0); });
    }
    MUST(likewise_run(&network.network, &texts.job) == 0);
    for (std::thread &thread : running) thread.join();
}

void must_be_finite(const Floats &numbers) {
    for (float number : numbers) MUST(isfinite(number));
}

// Texts of these lengths in one job; then each text alone must give the same bits.
void check_lengths(const RandomNetwork &network, const Lengths &lengths, int skipped) {
    const size_t width = (size_t)POOLINGS * network.shape.hidden_size;
    Texts together(network.shape, lengths, POOLINGS, skipped);
    run(network, together);
    MUST(together.job.finished_texts == together.job.text_count);
    must_be_finite(together.vectors);
    must_be_finite(together.states);
    Texts shared(network.shape, lengths, POOLINGS, skipped);
    run(network, shared, 3);
    MUST(shared.vectors == together.vectors && shared.states == together.states);
    for (size_t i = 0; i < lengths.size(); i++) {
        Texts alone(network.shape, {lengths[i]}, POOLINGS, skipped);
        std::copy_n(together.token_ids.begin() + together.starts[i], lengths[i],
                    alone.token_ids.begin());
        run(network, alone);
        MUST(!memcmp(alone.vectors.data(), together.vectors.data() + i * width,
                     width * sizeof(float)));
    }
}

void check_optional_outputs(const RandomNetwork &network) {
    Texts both(network.shape, {3, 5}, 1), vectors(network.shape, {3, 5}, 1),
        states(network.shape, {3, 5}, 1);
    vectors.job.token_states = nullptr;
    states.job.vectors = nullptr;
    for (Texts *texts : {&both, &vectors, &states}) run(network, *texts);
    MUST(vectors.vectors == both.vectors && states.states == both.states);
    MUST(vectors.states[0] == -7.0f && states.vectors[0] == -7.0f);
}

void check_stop(const RandomNetwork &network) {
    Texts stopped(network.shape, {3, 5});
    stopped.job.stop = 1;
    run(network, stopped, 2);
    MUST(stopped.job.finished_texts == 0 && stopped.vectors[0] == -7.0f);

    Texts many(network.shape, Lengths(2000, 9));
    std::thread stopping([&] {
        while (!__atomic_load_n(&many.job.finished_texts, __ATOMIC_RELAXED))
            std::this_thread::yield();
        __atomic_store_n(&many.job.stop, 1, __ATOMIC_RELAXED);
    });
    run(network, many, 2);
    stopping.join();
    MUST(many.job.finished_texts > 0 && many.job.finished_texts == many.job.next_text);
    const size_t width = (size_t)POOLINGS * network.shape.hidden_size;
    for (int64_t i = 0; i < many.job.text_count; i++) {
        MUST((many.vectors[i * width] == -7.0f) == (i >= many.job.finished_texts));
    }
}

// Columns of zeros, and of values too small to divide by.
void check_int8_of_tiny_weights(int instructions) {
    const int out_features = 64, in_features = 64;
    for (float size : {0.0f, 1e-45f, 1e-39f, 1e-37f, 1e-30f, 3e38f}) {
        Floats weights(out_features * in_features, size), scale(out_features), sum(out_features);
        const bool wide = likewise_element_size(instructions, INT8) == 2;
        std::vector<int8_t> narrow_packed(wide ? 0 : out_features * in_features);
        std::vector<int16_t> wide_packed(wide ? out_features * in_features : 0);
        weights[1] = -size;
        likewise_pack(instructions, INT8, 0, weights.data(), out_features, in_features,
                      wide ? (void *)wide_packed.data() : (void *)narrow_packed.data(),
                      scale.data(), sum.data());
        must_be_finite(scale);
        for (int number : narrow_packed) MUST(number >= -127);
        for (int number : wide_packed) MUST(number >= -127 && number <= 127);
        const int first = wide ? wide_packed[0] : narrow_packed[0];
        MUST(fabsf((float)first * scale[0] - size) <= fmaxf(size * 1e-5f, 1e-36f));
    }
}

void check(Formats formats) {
    const Shape shapes[] = {
        {64, 2, 64, 1, 70, true}, {128, 2, 192, 2, 33, false}, {192, 2, 128, 1, 300, true}};
    int networks = 0;
    for (const Shape &shape : shapes) {
        const int most = shape.max_tokens;
        const Lengths all_kinds[] = {{},
                                     {0},
                                     {0, 0, 0},
                                     {1},
                                     {most},
                                     {1, most},
                                     {most, 0, 1, most, 2},
                                     {5, 6, 7},
                                     {15, 16, 17, 31, 32, 33}};
        for (int activation = 0; activation < 3; activation++, networks++) {
            RandomNetwork network(shape, formats, activation);
            for (const Lengths &lengths : all_kinds) check_lengths(network, lengths, 0);
            check_lengths(network, {1, 2, 3, 4, 9}, 3); // a prompt that is longer than some texts
            check_optional_outputs(network);
        }
    }
    check_stop(RandomNetwork(shapes[0], formats, 0));
    printf("%s: %d networks\n", formats.name, networks);
}

void check_all(int instructions) {
    const int features = likewise_features(instructions);
    if (!(features & 4)) {
        printf("this processor lacks it: no kernel was run\n");
        return;
    }
    check({"float32", instructions, FLOAT32, FLOAT32, 0});
    if (features & 1) check_int8_of_tiny_weights(instructions);
    if (features & 1) check({"int8, attention in float32", instructions, INT8, FLOAT32, 0});
    if ((features & 3) == 3) {
        check({"int8, attention in bfloat16", instructions, INT8, BFLOAT16, 0});
    }
    if (features & 2) check({"bfloat16", instructions, BFLOAT16, BFLOAT16, 0});
    if (features & 8) {
        check({"int8 on tiles", instructions, INT8, BFLOAT16, 1});
        check({"bfloat16 on tiles", instructions, BFLOAT16, BFLOAT16, 1});
    }
}

// Both instruction sets give nearly the same vectors, where the processor has them. The order of
// operations is the same; in int8, the last bit of a float may still round to another integer.
void check_close(int format, const char *name) {
    const int bits = format == INT8 ? 1 : 4;
    if (!(likewise_features(AVX2) & likewise_features(AVX512) & bits)) return;
    const Shape shape = {192, 2, 128, 2, 300, true};
    const Lengths lengths = {0, 1, 5, 6, 7, 16, 17, 33, 300};
    const float limit = format == INT8 ? 0.5f : 1e-4f;
    float largest = 0;
    for (int activation = 0; activation < 3; activation++) {
        Floats vectors[2];
        for (int instructions : {AVX2, AVX512}) {
            state = 7; // the same weights
            RandomNetwork network(shape, {name, instructions, format, FLOAT32, 0}, activation);
            Texts texts(shape, lengths);
            run(network, texts);
            vectors[instructions] = texts.vectors;
        }
        for (size_t i = 0; i < vectors[AVX2].size(); i++) {
            const float difference = fabsf(vectors[AVX2][i] - vectors[AVX512][i]);
            MUST(difference <= limit);
            largest = std::max(largest, difference);
        }
    }
    printf("%s: the instruction sets differ by at most %g\n", name, largest);
}

} // namespace

int main() {
    int32_t sizes[5];
    likewise_sizes(sizes);
    MUST(sizes[3] == (int32_t)sizeof(Network) && sizes[4] == (int32_t)sizeof(Job));
    MUST(likewise_sources() != 0);
    printf("AVX2\n");
    check_all(AVX2);
    printf("AVX-512\n");
    check_all(AVX512);
    check_close(FLOAT32, "float32");
    check_close(INT8, "int8");
    return 0;
}
