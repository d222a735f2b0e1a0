// Arguments: kind, range, length and alignment of what JavaScript passes, checked once, with an error that says what was
// expected. Every function here throws a JavaScript exception by way of Napi::Error.
#ifndef MEMTRACK_BINDINGS_ARGUMENTS_H_
#define MEMTRACK_BINDINGS_ARGUMENTS_H_

#include <cstdint>
#include <span>
#include <string>

#include "bindings/napi_setup.h"

namespace memtrack::node {

// A whole number in [0, max].
uint32_t uint32_argument(const Napi::CallbackInfo& info, size_t i, const char* name,
                         uint32_t max = UINT32_MAX);

// A whole number in [0, 2^53), or Infinity for UINT64_MAX where `infinite`.
uint64_t size_argument(const Napi::Value& value, const char* name, bool infinite = false);

// The elements of a typed array of exactly this kind, aligned to `alignment` bytes and not detached. Borrowed: valid
// until JavaScript runs again.
template <class T>
std::span<T> array_argument(const Napi::Value& value, const char* name,
                            size_t alignment = alignof(T));

std::string string_argument(const Napi::Value& value, const char* name);

}  // namespace memtrack::node

#endif  // MEMTRACK_BINDINGS_ARGUMENTS_H_
