// The kernels for AVX-512.

#include "bfloat16.hpp"
#include "forward.hpp"
#include "kernels.hpp"
#include "packing.hpp"

namespace {

int run(const Network &network, Job &job) {
    const bool int8 = network.format == INT8, bfloat16 = network.format == BFLOAT16;
    if (network.use_tiles && int8) return forward<TiledInt8, TiledBFloat16>(network, job);
    if (network.use_tiles && bfloat16) return forward<TiledBFloat16, TiledBFloat16>(network, job);
    if (int8) {
        return network.attention_format == BFLOAT16 ? forward<Int8, BFloat16>(network, job)
                                                    : forward<Int8, Float32>(network, job);
    }
    return bfloat16 ? forward<BFloat16, BFloat16>(network, job)
                    : forward<Float32, Float32>(network, job);
}

void pack(Format format, bool use_tiles, const float *weight, int out_features, int in_features,
          void *packed, float *scale, float *sum) {
    const auto pack_as = format == INT8       ? pack<Int8>
                         : format == BFLOAT16 ? pack<BFloat16>
                                              : pack<Float32>;
    use_tiles = use_tiles && format != FLOAT32;
    pack_as(use_tiles, weight, out_features, in_features, packed, scale, sum);
}

} // namespace

const Kernels avx512_kernels = {run, pack, sizeof(Int8Weight)};
