// Runs the kernels of every number format with every pooling on small random networks, to be built
// with sanitizers: `python scripts/kernels.py --check DIRECTORY`. All arrays have exactly the size
// that the kernels may read or write.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "network.hpp"

extern "C" {
int likewise_features();
uint64_t likewise_sources();
void likewise_sizes(int32_t *to);
void likewise_pack(int format, int tiles, const float *from, int outer, int inner, void *to,
                   float *scale, float *sum);
int likewise_run(const Network *net, Job *job);
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
    int hidden, heads, wide, layers, max_tokens;
    bool relative;
};

struct Formats {
    const char *name;
    int format, attention, tiles;
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

// A network of random weights, and the memory that it lies in.
class RandomNetwork {
  public:
    RandomNetwork(Shape shape, Formats formats, int activation) : shape(shape), formats(formats) {
        const int hidden = shape.hidden, reach = (shape.max_tokens + 15) / 16 * 16;
        for (int i = 0; i < shape.layers; i++) {
            layers.push_back({linear(hidden, 3 * hidden), linear(hidden, hidden),
                              linear(hidden, shape.wide), linear(shape.wide, hidden), norm(),
                              norm()});
        }
        network.layers = layers.data();
        network.words = keep(random_numbers((size_t)VOCABULARY * hidden, 1));
        network.places = keep(random_numbers((size_t)shape.max_tokens * hidden, 1));
        network.norm = norm();
        network.relative =
            shape.relative ? keep(random_numbers((size_t)shape.heads * (2 * reach + 16), 1))
                           : nullptr;
        network.layer_count = shape.layers;
        network.hidden = hidden;
        network.heads = shape.heads;
        network.wide = shape.wide;
        network.reach = reach;
        network.format = formats.format;
        network.attention = formats.attention;
        network.activation = activation;
        network.tiles = formats.tiles;
        network.epsilon = 1e-12f;
    }

    Network network{};
    const Shape shape;

  private:
    const float *keep(Floats numbers) {
        arrays.push_back(std::make_unique<Floats>(std::move(numbers)));
        return arrays.back()->data();
    }

    Norm norm() {
        return {keep(random_numbers(shape.hidden, 0.2f, 1.0f)),
                keep(random_numbers(shape.hidden, 0.2f))};
    }

    Linear linear(int inner, int outer) {
        const int sizes[] = {1, 2, 4};
        const size_t size = (size_t)outer * inner * sizes[formats.format];
        packed.emplace_back(aligned_alloc(64, size));
        Floats scale(outer), sum(outer);
        likewise_pack(formats.format, formats.tiles,
                      keep(random_numbers((size_t)outer * inner, 1.5f / sqrtf((float)inner))),
                      outer, inner, packed.back().get(), scale.data(), sum.data());
        return {packed.back().get(), keep(std::move(scale)), keep(std::move(sum)),
                keep(random_numbers(outer, 0.1f)), inner, outer};
    }

    Formats formats;
    std::vector<Layer> layers;
    std::vector<std::unique_ptr<Floats>> arrays;
    std::vector<std::unique_ptr<void, Free>> packed;
};

// Texts of random tokens, and room for what comes out.
struct Texts {
    Texts(const Shape &shape, const Lengths &lengths, int poolings = POOLINGS, int skipped = 0)
        : starts(1, 0) {
        for (int length : lengths) starts.push_back(starts.back() + length);
        for (int64_t i = 0; i < starts.back(); i++) {
            token_ids.push_back((int32_t)((i * 31 + i / 7) % VOCABULARY));
        }
        vectors.assign(lengths.size() * poolings * shape.hidden, -7.0f);
        states.assign(starts.back() * shape.hidden, -7.0f);
        job.token_ids = token_ids.data();
        job.starts = starts.data();
        job.texts = (int64_t)lengths.size();
        job.pooling = poolings;
        for (int i = 0; i < poolings; i++) job.poolings[i] = i;
        job.skipped = skipped;
        job.threads = 1;
        job.vectors = vectors.data();
        job.states = states.data();
    }

    std::vector<int32_t> token_ids;
    std::vector<int64_t> starts;
    Floats vectors, states;
    Job job{};
};

void run(const RandomNetwork &network, Texts &texts, int threads = 1) {
    texts.job.threads = threads;
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

// Texts of these lengths; then each of them alone, which must give the same bits.
void check_lengths(const RandomNetwork &network, const Lengths &lengths, int skipped) {
    const size_t width = (size_t)POOLINGS * network.shape.hidden;
    Texts together(network.shape, lengths, POOLINGS, skipped);
    run(network, together);
    MUST(together.job.done == together.job.texts);
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

void check_what_is_asked_for(const RandomNetwork &network) {
    Texts both(network.shape, {3, 5}, 1), vectors(network.shape, {3, 5}, 1),
        states(network.shape, {3, 5}, 1);
    vectors.job.states = nullptr;
    states.job.vectors = nullptr;
    for (Texts *texts : {&both, &vectors, &states}) run(network, *texts);
    MUST(vectors.vectors == both.vectors && states.states == both.states);
    MUST(vectors.states[0] == -7.0f && states.vectors[0] == -7.0f);
}

void check_stop(const RandomNetwork &network) {
    Texts stopped(network.shape, {3, 5});
    stopped.job.stop = 1;
    run(network, stopped, 2);
    MUST(stopped.job.done == 0 && stopped.vectors[0] == -7.0f);

    Texts many(network.shape, Lengths(2000, 9));
    std::thread stopping([&] {
        while (!__atomic_load_n(&many.job.done, __ATOMIC_RELAXED)) std::this_thread::yield();
        __atomic_store_n(&many.job.stop, 1, __ATOMIC_RELAXED);
    });
    run(network, many, 2);
    stopping.join();
    MUST(many.job.done > 0 && many.job.done == many.job.next);
    const size_t width = (size_t)POOLINGS * network.shape.hidden;
    for (int64_t i = 0; i < many.job.texts; i++) {
        MUST((many.vectors[i * width] == -7.0f) == (i >= many.job.done));
    }
}

// Columns of zeros, and of numbers so small that the largest cannot be divided by.
void check_int8_of_tiny_weights() {
    const int outer = 64, inner = 64;
    for (float size : {0.0f, 1e-45f, 1e-39f, 1e-37f, 1e-30f, 3e38f}) {
        Floats weights(outer * inner, size), scale(outer), sum(outer);
        std::vector<int8_t> packed(outer * inner);
        weights[1] = -size;
        likewise_pack(0, 0, weights.data(), outer, inner, packed.data(), scale.data(), sum.data());
        must_be_finite(scale);
        for (int8_t number : packed) MUST(number >= -127);
        MUST(fabsf((float)packed[0] * scale[0] - size) <= fmaxf(size * 1e-5f, 1e-36f));
    }
}

void check(Formats formats) {
    const Shape shapes[] = {
        {64, 2, 64, 1, 70, true}, {128, 2, 192, 2, 33, false}, {192, 2, 128, 1, 300, true}};
    int networks = 0;
    for (const Shape &shape : shapes) {
        const int most = shape.max_tokens;
        const Lengths all_kinds[] = {{},        {0},       {0, 0, 0}, {1},
                                     {most},    {1, most}, {most, 0, 1, most, 2},
                                     {5, 6, 7}, {15, 16, 17, 31, 32, 33}};
        for (int activation = 0; activation < 3; activation++, networks++) {
            RandomNetwork network(shape, formats, activation);
            for (const Lengths &lengths : all_kinds) check_lengths(network, lengths, 0);
            check_lengths(network, {1, 2, 3, 4, 9}, 3); // a prompt that is longer than some texts
            check_what_is_asked_for(network);
        }
    }
    check_stop(RandomNetwork(shapes[0], formats, 0));
    printf("%s: %d networks\n", formats.name, networks);
}

} // namespace

int main() {
    int32_t sizes[5];
    likewise_sizes(sizes);
    MUST(sizes[3] == (int32_t)sizeof(Network) && sizes[4] == (int32_t)sizeof(Job));
    MUST(likewise_sources() != 0);
    const int features = likewise_features();
    if (!(features & 4)) {
        printf("this processor has no AVX-512: nothing was run\n");
        return 0;
    }
    check({"float32", 2, 2, 0});
    if (features & 1) check_int8_of_tiny_weights();
    if (features & 1) check({"int8, attention in float32", 0, 2, 0});
    if ((features & 3) == 3) check({"int8, attention in bfloat16", 0, 1, 0});
    if (features & 2) check({"bfloat16", 1, 1, 0});
    if (features & 8) {
        check({"int8 on tiles", 0, 1, 1});
        check({"bfloat16 on tiles", 1, 1, 1});
    }
    return 0;
}
