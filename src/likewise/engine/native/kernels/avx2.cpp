// The kernels for AVX2.

#include "forward.hpp"
#include "kernels.hpp"
#include "packing.hpp"

namespace {

int run(const Network &network, Job &job) {
    return network.format == INT8 ? forward<Int8, Float32>(network, job)
                                  : forward<Float32, Float32>(network, job);
}

void pack(Format format, bool, const float *weight, int out_features, int in_features, void *packed,
          float *scale, float *sum) {
    const auto pack_as = format == INT8 ? pack<Int8> : pack<Float32>;
    pack_as(false, weight, out_features, in_features, packed, scale, sum);
}

} // namespace

const Kernels avx2_kernels = {run, pack, sizeof(Int8Weight)};
