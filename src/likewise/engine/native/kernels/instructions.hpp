// The instruction set of a translation unit, chosen by its compiler flags. The kernels are written
// once, on the operations that avx512.hpp and avx2.hpp define: on `Floats` and `Words`, vectors of
// 16 lanes of 32 bits.
//
// Everything that is compiled for an instruction set is in an anonymous namespace. Otherwise the
// linker would keep one copy of an inline function that two units contain, and it might be that of
// the other instruction set.

#pragma once

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push // GCC's intrinsics leave registers undefined on purpose
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#else
#include <immintrin.h>
#endif

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 16")
#endif
#define INLINE inline __attribute__((always_inline))
#define INLINED __attribute__((always_inline))

namespace {

constexpr int LANES = 16; // of a vector

constexpr INLINE int min(int a, int b) { return a < b ? a : b; }

} // namespace

#if defined(__AVX512F__)
#include "avx512.hpp"
#else
#include "avx2.hpp"
#endif
