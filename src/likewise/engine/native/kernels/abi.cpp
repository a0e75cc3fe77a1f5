// The functions that Python calls to run the kernels of an instruction set. Like cpu.cpp, compiled
// without flags for vector instructions.

#include "kernels.hpp"

namespace {

const Kernels &kernels_of(int instructions) {
    return instructions == AVX512 ? avx512_kernels : avx2_kernels;
}

} // namespace

// Process a job's texts until none is left; several threads may call this for one job.
// Returns 0, or 1 if memory cannot be allocated.
EXPORT int likewise_run(const Network *network, Job *job) {
    return kernels_of(network->instructions).run(*network, *job);
}

// The size of a packed weight's element in bytes.
EXPORT int likewise_element_size(int instructions, int format) {
    return format == INT8 ? kernels_of(instructions).int8_bytes : format == BFLOAT16 ? 2 : 4;
}

// Pack a weight matrix; see packing.hpp.
EXPORT void likewise_pack(int instructions, int format, int use_tiles, const float *weight,
                          int out_features, int in_features, void *packed, float *scale,
                          float *sum) {
    kernels_of(instructions)
        .pack((Format)format, use_tiles, weight, out_features, in_features, packed, scale, sum);
}
