// The calls made one at a time and often: bare Node-API. Integers pass through four words of memory that both sides see
// instead of as arguments and result, each of which would cost a call into Node to unpack. lib/core/tracker.ts has checked
// that they are whole numbers below 2^32.
#include "bindings/addon.h"

namespace memtrack::node {

namespace {

using Call = Status (Tracker::*)(uint32_t, uint32_t);

// words: number, task, buffer -> status; -1 (EPERM, which the core never answers) means that the tracker is closed.
template <Call kCall>
napi_value call(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  const auto* addon = static_cast<const Addon*>(data);
  uint32_t* words = addon->words();
  Tracker* tracker = addon->find(words[0]);
  const Status status = tracker == nullptr ? -1 : (tracker->*kCall)(words[1], words[2]);
  words[3] = static_cast<uint32_t>(status);
  return nullptr;
}

}  // namespace

void register_scalar_calls(Napi::Env env, Napi::Object exports, Addon* addon) {
  constexpr size_t kWords = 4;
  auto words = Napi::Uint32Array::New(env, kWords);
  addon->share(words);
  exports.Set("words", words);
  const auto add = [&](const char* name, napi_callback function) {
    napi_value value;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, function, addon, &value);
    exports.Set(name, Napi::Value(env, value));
  };
  add("install", call<&Tracker::install>);
  add("uninstall", call<&Tracker::uninstall>);
}

}  // namespace memtrack::node
