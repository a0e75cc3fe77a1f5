// What must be known before a kernel runs: the features of the processor and the version of this
// library. Compiled without flags for vector instructions, so that every x86-64 processor can run
// it.

#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "abi.hpp"

#if defined(__AVX__)
#error "this file runs on every processor: compile it without flags for vector instructions"
#endif

#ifndef LIKEWISE_SOURCES // defined by the build
#define LIKEWISE_SOURCES 0
#endif

// The hash of the sources of this library; see sources.py.
EXPORT uint64_t likewise_sources() { return LIKEWISE_SOURCES; }

// The sizes of the structures in abi.hpp, in their order, for comparison with binding.py.
EXPORT void likewise_sizes(int32_t *to) {
    const int32_t sizes[] = {sizeof(Linear), sizeof(LayerNorm), sizeof(Layer), sizeof(Network),
                             sizeof(Job)};
    for (int32_t size : sizes) *to++ = size;
}

namespace {

// On Linux a process must request the use of tiles.
bool request_tiles() {
#if defined(__linux__)
    const long request = 0x1023, tile_data = 18; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    return syscall(SYS_arch_prctl, request, tile_data) == 0;
#else
    return false;
#endif
}

} // namespace

// The features of this processor with an instruction set, as bits: 1 int8, 2 bfloat16, 4 float32,
// 8 AMX tiles (int8 and bfloat16). Uses CPUID directly: __builtin_cpu_supports returns nothing in
// libraries built by zig.
EXPORT int likewise_features(int instructions) {
    unsigned a, b, c, d, low, high;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    if (!(c >> 27 & 1)) return 0; // OSXSAVE: the system saves the registers
    const unsigned needed = 1u << 12 | 1u << 28 | 1u << 29; // FMA, AVX and F16C
    if ((c & needed) != needed) return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    // registers of 128 and 256 bits; those of 512 bits, and masks
    const unsigned saved_state = instructions == AVX512 ? 0xe6 : 0x6;
    if ((low & saved_state) != saved_state || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
    if (instructions == AVX2) return b >> 5 & 1 ? 4 | 1 : 0;
    const unsigned base = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31; // AVX-512 F, DQ, BW, VL
    if ((b & base) != base) return 0;
    const unsigned amx = 1u << 22 | 1u << 24 | 1u << 25, tile_state = 1u << 17 | 1u << 18;
    const bool tiles = (d & amx) == amx && (low & tile_state) == tile_state && request_tiles();
    const int vnni = c >> 11 & 1;
    const int bf16 = a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d) ? a >> 5 & 1 : 0;
    return 4 | vnni | bf16 << 1 | (vnni && bf16 && tiles) << 3;
}
