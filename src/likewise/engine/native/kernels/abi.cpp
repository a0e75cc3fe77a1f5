// The functions that Python calls.

#include "abi.hpp"
#include "forward.hpp"
#include "packing.hpp"

// Process a job's texts until none is left; several threads may call this for one job.
// Returns 0, or 1 if memory cannot be allocated.
EXPORT int likewise_run(const Network *network, Job *job) {
    const bool int8 = network->format == 0, bfloat16 = network->format == 1;
    if (network->use_tiles && int8) return forward<TiledInt8, TiledBFloat16>(*network, *job);
    if (network->use_tiles && bfloat16)
        return forward<TiledBFloat16, TiledBFloat16>(*network, *job);
    if (int8) {
        return network->attention_format == 1 ? forward<Int8, BFloat16>(*network, *job)
                                              : forward<Int8, Float32>(*network, *job);
    }
    return bfloat16 ? forward<BFloat16, BFloat16>(*network, *job)
                    : forward<Float32, Float32>(*network, *job);
}

// Pack a weight matrix; see packing.hpp.
EXPORT void likewise_pack(int format, int use_tiles, const float *weight, int out_features,
                          int in_features, void *packed, float *scale, float *sum) {
    pack(format, use_tiles && format < 2, weight, out_features, in_features, packed, scale, sum);
}
