// The kernels of each instruction set. Each is compiled with flags of its own.

#pragma once

#include "abi.hpp"

struct Kernels {
    int (*run)(const Network &network, Job &job);
    void (*pack)(Format format, bool use_tiles, const float *weight, int out_features,
                 int in_features, void *packed, float *scale, float *sum);
    int int8_bytes; // of a weight in int8
};

extern const Kernels avx2_kernels, avx512_kernels;
