// What must be known before a kernel runs: what the processor has, and which sources this is. Built
// without flags for vector instructions, so that any processor of this kind can run it.

#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "network.hpp"

#if defined(__AVX__)
#error "this file is for any processor: build it without flags for vector instructions"
#endif

#ifndef LIKEWISE_SOURCES // the build gives it
#define LIKEWISE_SOURCES 0
#endif

// A hash of the sources that the library was built from: sources.py computes it.
EXPORT uint64_t likewise_sources() { return LIKEWISE_SOURCES; }

// Bytes of the structures in network.hpp, in their order, for comparison with those of binding.py.
EXPORT void likewise_sizes(int32_t *to) {
    const int32_t sizes[] = {sizeof(Linear), sizeof(Norm), sizeof(Layer), sizeof(Network),
                             sizeof(Job)};
    for (int32_t size : sizes) *to++ = size;
}

namespace {

// Linux gives a process tiles when it asks for them.
bool tiles_given() {
#if defined(__linux__)
    const long request = 0x1023, tile_data = 18; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    return syscall(SYS_arch_prctl, request, tile_data) == 0;
#else
    return false;
#endif
}

} // namespace

// What this processor has, in bits: 1 int8 products, 2 bfloat16, 4 float32, 8 tiles of both (AMX).
// Asked by hand, since the compiler's own answer is empty in libraries that zig has made.
EXPORT int likewise_features() {
    unsigned a, b, c, d, low, high;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c >> 27 & 1)) return 0; // registers are saved: XSAVE
    const unsigned needed = 1u << 12 | 1u << 28 | 1u << 29; // FMA, AVX and conversions to half
    if ((c & needed) != needed) return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    const unsigned saved = 0xe6; // of 128, 256 and 512 bits, and the masks
    if ((low & saved) != saved || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
    const unsigned base = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31; // AVX-512 F, DQ, BW, VL
    if ((b & base) != base) return 0;
    const unsigned amx = 1u << 22 | 1u << 24 | 1u << 25, kept = 1u << 17 | 1u << 18;
    const bool tiles = (d & amx) == amx && (low & kept) == kept && tiles_given();
    const int vnni = c >> 11 & 1;
    const int bf16 = a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d) ? a >> 5 & 1 : 0;
    return 4 | vnni | bf16 << 1 | (vnni && bf16 && tiles) << 3;
}
