#pragma once
#include "bindings/napi_setup.h"
namespace memtrack::node {
inline void RegisterDecoder(Napi::Env, Napi::Object) {}
}  // namespace memtrack::node
