// What TypeScript mirrors, told by C++: the record's layout, its ops and flags, the counters.
#include "bindings/addon.h"

namespace memtrack::node {

void register_layout(Napi::Env env, Napi::Object exports) {
  Napi::Object ops = Napi::Object::New(env);
#define X(name, value) ops.Set(#name, value);
  MEMTRACK_COMMANDS(X)
  MEMTRACK_EVENTS(X)
#undef X
  Napi::Object offsets = Napi::Object::New(env);
  offsets.Set("time", offsetof(Record, time));
  offsets.Set("size", offsetof(Record, size));
  offsets.Set("task", offsetof(Record, task));
  offsets.Set("buffer", offsetof(Record, buffer));
  offsets.Set("aux", offsetof(Record, aux));
  offsets.Set("op", offsetof(Record, op));
  offsets.Set("flags", offsetof(Record, flags));
  Napi::Object layout = Napi::Object::New(env);
  layout.Set("recordBytes", sizeof(Record));
  layout.Set("offsets", offsets);
  layout.Set("ops", ops);
  exports.Set("layout", layout);

  constexpr const char* kSeverities[] = {"info", "error", "data-loss"};
  Napi::Array counters = Napi::Array::New(env, kCounterInfo.size());
  for (uint32_t i = 0; i < kCounterInfo.size(); i++) {
    Napi::Object counter = Napi::Object::New(env);
    counter.Set("name", std::string(kCounterInfo[i].name));
    counter.Set("severity", kSeverities[static_cast<size_t>(kCounterInfo[i].severity)]);
    counter.Set("meaning", std::string(kCounterInfo[i].meaning));
    counters[i] = counter;
  }
  exports.Set("counterInfo", counters);
}

}  // namespace memtrack::node
