#include "bindings/arguments.h"

#include <cmath>

namespace memtrack::node {

namespace {

[[noreturn]] void refuse(Napi::Env env, const std::string& message) {
  throw Napi::TypeError::New(env, message);
}

template <class T>
struct Kind;
template <>
struct Kind<uint8_t> {
  static constexpr napi_typedarray_type type = napi_uint8_array;
  static constexpr const char* name = "a Uint8Array";
};
template <>
struct Kind<uint32_t> {
  static constexpr napi_typedarray_type type = napi_uint32_array;
  static constexpr const char* name = "a Uint32Array";
};
template <>
struct Kind<int32_t> {
  static constexpr napi_typedarray_type type = napi_int32_array;
  static constexpr const char* name = "an Int32Array";
};
template <>
struct Kind<double> {
  static constexpr napi_typedarray_type type = napi_float64_array;
  static constexpr const char* name = "a Float64Array";
};

}  // namespace

uint32_t uint32_argument(const Napi::CallbackInfo& info, size_t i, const char* name, uint32_t max) {
  const Napi::Value value = info[i];
  if (value.IsNumber()) {
    const double number = value.As<Napi::Number>().DoubleValue();
    if (number >= 0 && number <= max && number == std::floor(number))
      return static_cast<uint32_t>(number);
  }
  refuse(info.Env(),
         std::string(name) + ": expected a whole number from 0 to " + std::to_string(max));
}

uint64_t size_argument(const Napi::Value& value, const char* name, bool infinite) {
  if (value.IsNumber()) {
    const double number = value.As<Napi::Number>().DoubleValue();
    if (infinite && std::isinf(number) && number > 0) return UINT64_MAX;
    if (number >= 0 && number <= 9007199254740991.0 && number == std::floor(number)) {
      return static_cast<uint64_t>(number);
    }
  }
  refuse(value.Env(), std::string(name) + ": expected a whole number from 0 to 2^53 - 1");
}

template <class T>
std::span<T> array_argument(const Napi::Value& value, const char* name, size_t alignment) {
  const napi_env env = value.Env();
  bool is_array = false;
  if (!value.IsEmpty()) napi_is_typedarray(env, value, &is_array);
  if (!is_array) refuse(env, std::string(name) + ": expected " + Kind<T>::name);
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  napi_value buffer;
  size_t offset = 0;
  if (napi_get_typedarray_info(env, value, &type, &length, &data, &buffer, &offset) != napi_ok) {
    refuse(env, std::string(name) + ": cannot be read");
  }
  if (type != Kind<T>::type) refuse(env, std::string(name) + ": expected " + Kind<T>::name);
  // Another thread could change a record between its check and its use.
  bool private_to_thread = false;
  napi_is_arraybuffer(env, buffer, &private_to_thread);
  if (!private_to_thread) refuse(env, std::string(name) + ": its buffer is shared between threads");
  bool detached = false;
  if (napi_is_detached_arraybuffer(env, buffer, &detached) == napi_ok && detached) {
    refuse(env, std::string(name) + ": its buffer is detached");
  }
  if (length != 0 && (data == nullptr || reinterpret_cast<uintptr_t>(data) % alignment != 0)) {
    refuse(env, std::string(name) + ": must begin at a multiple of " + std::to_string(alignment) +
                    " bytes");
  }
  return {static_cast<T*>(data), length};
}

template std::span<uint8_t> array_argument(const Napi::Value&, const char*, size_t);
template std::span<uint32_t> array_argument(const Napi::Value&, const char*, size_t);
template std::span<int32_t> array_argument(const Napi::Value&, const char*, size_t);
template std::span<double> array_argument(const Napi::Value&, const char*, size_t);

std::string string_argument(const Napi::Value& value, const char* name) {
  if (!value.IsString()) refuse(value.Env(), std::string(name) + ": expected a string");
  return value.As<Napi::String>().Utf8Value();
}

}  // namespace memtrack::node
