// Scratch memory of one thread.

#pragma once

#include <stddef.h>

#include "instructions.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace {

// One allocation, divided into arrays that are aligned to 64 bytes.
class Workspace {
  public:
    explicit Workspace(size_t bytes) : base((char *)_mm_malloc(round_up(bytes), 64)) {}
    ~Workspace() { _mm_free(base); }
    Workspace(const Workspace &) = delete;
    template <class T> T *allocate(size_t count) {
        T *array = (T *)(base + used);
        used += round_up(count * sizeof(T));
#if defined(__SANITIZE_ADDRESS__) // detects writes past the end of an array
        ASAN_POISON_MEMORY_REGION(base + used, 64);
        used += 64;
#endif
        return array;
    }
    static size_t round_up(size_t bytes) { return (bytes + 63) / 64 * 64; }
    bool failed() const { return base == nullptr; }

  private:
    char *base;
    size_t used = 0;
};

} // namespace
