#include "bindings/addon.h"

#include "bindings/arguments.h"
#include "bindings/decoder_wrap.h"

namespace memtrack::node {

Tracker& tracker_argument(const Napi::CallbackInfo& info) {
  const uint32_t number = uint32_argument(info, 0, "tracker");
  Tracker* tracker = Addon::of(info.Env()).find(number);
  if (tracker == nullptr) throw Napi::Error::New(info.Env(), "the tracker is closed");
  return *tracker;
}

static Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto* addon = new Addon();
  env.SetInstanceData(addon);
  register_tracker(env, exports);
  register_scalar_calls(env, exports, addon);
  register_columns(env, exports);
  register_layout(env, exports);
  RegisterDecoder(env, exports);
  return exports;
}

NODE_API_MODULE(memtrack, init)

}  // namespace memtrack::node
