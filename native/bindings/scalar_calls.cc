// The calls made one at a time and often: bare Node-API, integers in and out. lib/core/tracker.ts has checked that its
// arguments are whole numbers below 2^32; -1 (EPERM, which the core never answers) means that the tracker is closed.
#include "bindings/addon.h"

namespace memtrack::node {

namespace {

using Call = Status (Tracker::*)(uint32_t, uint32_t);

template <Call kCall>
napi_value call(napi_env env, napi_callback_info info) {
  size_t argc = 3;
  napi_value argv[3];
  void* data = nullptr;
  napi_get_cb_info(env, info, &argc, argv, nullptr, &data);
  uint32_t number[3] = {UINT32_MAX, 0, 0};
  for (size_t i = 0; i < 3; i++) napi_get_value_uint32(env, argv[i], &number[i]);
  Tracker* tracker = static_cast<Addon*>(data)->find(number[0]);
  const Status status = tracker == nullptr ? -1 : (tracker->*kCall)(number[1], number[2]);
  napi_value result;
  napi_create_int32(env, status, &result);
  return result;
}

}  // namespace

void register_scalar_calls(Napi::Env env, Napi::Object exports, Addon* addon) {
  const auto add = [&](const char* name, napi_callback function) {
    napi_value value;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, function, addon, &value);
    exports.Set(name, Napi::Value(env, value));
  };
  add("install", call<&Tracker::install>);
  add("uninstall", call<&Tracker::uninstall>);
}

}  // namespace memtrack::node
