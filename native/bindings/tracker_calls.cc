// Opening, closing, batches, tags, text, counters.
#include "bindings/addon.h"
#include "bindings/arguments.h"
#include "bindings/registry.h"
#include "core/memtrack_text.h"

namespace memtrack::node {

namespace {

// open(name | '', posted, eager, maxHandles, maxVmas, maxTags, maxIds) -> number
Napi::Value open(const Napi::CallbackInfo& info) {
  const std::string name = string_argument(info[0], "name");
  TrackerOptions options;
  options.posted = info[1].ToBoolean();
  options.eager = info[2].ToBoolean();
  options.shared = !name.empty();
  options.max_handles = size_argument(info[3], "limits.handles", true);
  options.max_vmas = size_argument(info[4], "limits.vmas", true);
  options.max_tags = size_argument(info[5], "limits.tags", true);
  options.max_ids = uint32_argument(info, 6, "limits.ids", INT32_MAX);
  std::shared_ptr<Tracker> tracker =
      name.empty() ? std::make_shared<Tracker>(options) : Registry::instance().open(name, options);
  if (tracker == nullptr) {
    throw Napi::Error::New(info.Env(), "a tracker named '" + name + "' is open with other options");
  }
  return Napi::Number::New(info.Env(), Addon::of(info.Env()).add(std::move(tracker)));
}

// close(number)
void close(const Napi::CallbackInfo& info) {
  Addon::of(info.Env()).close(uint32_argument(info, 0, "tracker"));
}

// apply(number, words: Uint32Array, first, count, results: Int32Array | undefined) -> accepted
Napi::Value apply(const Napi::CallbackInfo& info) {
  Tracker& tracker = tracker_argument(info);
  const std::span<uint32_t> words = array_argument<uint32_t>(info[1], "words", alignof(Record));
  const size_t first = uint32_argument(info, 2, "first");
  const size_t count = uint32_argument(info, 3, "count");
  const size_t held = words.size() * sizeof(uint32_t) / sizeof(Record);
  if (first > held || count > held - first) {
    throw Napi::RangeError::New(info.Env(),
                                "count: words holds " + std::to_string(held) + " records");
  }
  Status* results = nullptr;
  if (!info[4].IsUndefined()) {
    const std::span<int32_t> given = array_argument<int32_t>(info[4], "results");
    if (given.size() < first + count) {
      throw Napi::RangeError::New(info.Env(), "results: shorter than the records to execute");
    }
    results = given.data() + first;
  }
  const auto* records = reinterpret_cast<const Record*>(words.data());
  return Napi::Number::New(info.Env(),
                           static_cast<double>(tracker.apply({records + first, count}, results)));
}

// reserve(number, tasks: boolean, n) -> first key
Napi::Value reserve(const Napi::CallbackInfo& info) {
  Tracker& tracker = tracker_argument(info);
  const uint32_t n = uint32_argument(info, 2, "n");
  if (n == 0) throw Napi::RangeError::New(info.Env(), "n: expected at least 1");
  const uint32_t first =
      info[1].ToBoolean() ? tracker.reserve_task_keys(n) : tracker.reserve_buffer_keys(n);
  if (first == 0) throw Napi::RangeError::New(info.Env(), "n: so many keys are not left");
  return Napi::Number::New(info.Env(), first);
}

// internTag(number, text) -> tag number
Napi::Value intern_tag(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(),
                           tracker_argument(info).intern_tag(string_argument(info[1], "tag")));
}

// tagText(number, tag number) -> string
Napi::Value tag_text(const Napi::CallbackInfo& info) {
  const Tracker& tracker = tracker_argument(info);
  const uint32_t number = uint32_argument(info, 1, "tag");
  if (!tracker.tag_known(number)) throw Napi::RangeError::New(info.Env(), "tag: no such number");
  const std::string_view text = tracker.tag_text(number);
  return Napi::String::New(info.Env(), text.data(), text.size());
}

MemtrackForm form_argument(const Napi::CallbackInfo& info, size_t i) {
  return uint32_argument(info, i, "form", 1) == 0 ? MemtrackForm::kPatch2 : MemtrackForm::kSeries;
}

// Text is ASCII unless a tag is not, and V8 makes one-byte strings much faster from bytes that are.
Napi::Value string_from(Napi::Env env, std::string_view text) {
  uint8_t seen = 0;
  for (const char c : text) seen |= static_cast<uint8_t>(c);
  napi_value value;
  if (seen < 0x80) {
    napi_create_string_latin1(env, text.data(), text.size(), &value);
  } else {
    napi_create_string_utf8(env, text.data(), text.size(), &value);
  }
  return Napi::Value(env, value);
}

// Calls format(span), which answers how much room it needs, until it has that: others may install meanwhile.
template <class F>
Napi::Value text_of(Napi::Env env, F&& format) {
  constexpr size_t kFirst = 16384;
  constexpr size_t kKept = 1 << 20;
  std::vector<char>& room = Addon::of(env).text();
  if (room.empty()) room.resize(kFirst);
  int64_t size = format(std::span<char>(room));
  while (size > static_cast<int64_t>(room.size())) {
    room.resize(static_cast<size_t>(size + size / 8));
    size = format(std::span<char>(room));
  }
  if (size < 0) return env.Null();
  const Napi::Value text = string_from(env, {room.data(), static_cast<size_t>(size)});
  if (room.size() > kKept) std::vector<char>().swap(room);
  return text;
}

// memtrackText(number, task, form) -> string | null
Napi::Value memtrack_text(const Napi::CallbackInfo& info) {
  Tracker& tracker = tracker_argument(info);
  const uint32_t task = uint32_argument(info, 1, "task");
  const MemtrackForm form = form_argument(info, 2);
  return text_of(info.Env(),
                 [&](std::span<char> out) { return format_memtrack(tracker, task, form, out); });
}

// memtrackInto(number, task, form, out: Uint8Array) -> bytes needed, or -1
Napi::Value memtrack_into(const Napi::CallbackInfo& info) {
  Tracker& tracker = tracker_argument(info);
  const uint32_t task = uint32_argument(info, 1, "task");
  const MemtrackForm form = form_argument(info, 2);
  const std::span<uint8_t> out = array_argument<uint8_t>(info[3], "out");
  const int64_t size =
      format_memtrack(tracker, task, form, {reinterpret_cast<char*>(out.data()), out.size()});
  return Napi::Number::New(info.Env(), static_cast<double>(size));
}

// debugfsText(number) -> string
Napi::Value debugfs_text(const Napi::CallbackInfo& info) {
  const Tracker& tracker = tracker_argument(info);
  return text_of(info.Env(), [&](std::span<char> out) {
    return static_cast<int64_t>(format_debugfs(tracker, out));
  });
}

// counters(number, values: Float64Array): one value for each of counterInfo
void counters(const Napi::CallbackInfo& info) {
  const Tracker& tracker = tracker_argument(info);
  const std::span<double> values = array_argument<double>(info[1], "values");
  if (values.size() < kCounterInfo.size())
    throw Napi::RangeError::New(info.Env(), "values: too short");
  for (size_t i = 0; i < kCounterInfo.size(); i++) {
    values[i] = static_cast<double>(tracker.counters().value(static_cast<Counter>(i)));
  }
}

// bytes(number) -> native memory
Napi::Value bytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(tracker_argument(info).bytes()));
}

// check(number) -> null, or which invariant is broken
Napi::Value check(const Napi::CallbackInfo& info) {
  const char* broken = tracker_argument(info).check();
  return broken == nullptr ? info.Env().Null() : Napi::String::New(info.Env(), broken);
}

}  // namespace

void register_tracker(Napi::Env env, Napi::Object exports) {
  exports.Set("open", Napi::Function::New<open>(env, "open"));
  exports.Set("close", Napi::Function::New<close>(env, "close"));
  exports.Set("apply", Napi::Function::New<apply>(env, "apply"));
  exports.Set("reserve", Napi::Function::New<reserve>(env, "reserve"));
  exports.Set("internTag", Napi::Function::New<intern_tag>(env, "internTag"));
  exports.Set("tagText", Napi::Function::New<tag_text>(env, "tagText"));
  exports.Set("memtrackText", Napi::Function::New<memtrack_text>(env, "memtrackText"));
  exports.Set("memtrackInto", Napi::Function::New<memtrack_into>(env, "memtrackInto"));
  exports.Set("debugfsText", Napi::Function::New<debugfs_text>(env, "debugfsText"));
  exports.Set("counters", Napi::Function::New<counters>(env, "counters"));
  exports.Set("bytes", Napi::Function::New<bytes>(env, "bytes"));
  exports.Set("check", Napi::Function::New<check>(env, "check"));
}

}  // namespace memtrack::node
