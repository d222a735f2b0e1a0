#include "bindings/decoder_wrap.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "bindings/arguments.h"
#include "decode/decode_counters.h"
#include "decode/ftrace/ftrace_decoder.h"
#include "decode/strace/strace_decoder.h"

namespace memtrack::node {

namespace {

// A group, the most that must fit: one record and a tail for each descriptor of a message.
constexpr size_t kLargestGroup = StraceDecoder::kMostFds + 1;

std::unique_ptr<Decoder> decoder_for(Napi::Env env, const std::string& format) {
  if (format == "strace") return std::make_unique<StraceDecoder>();
  if (format == "ftrace") return std::make_unique<FtraceDecoder>();
  throw Napi::TypeError::New(env, "format: '" + format + "' is not known; one of: strace, ftrace");
}

const char* word_for(DecodeSeverity severity) {
  switch (severity) {
    case DecodeSeverity::kInfo:
      return "info";
    case DecodeSeverity::kError:
      return "error";
    case DecodeSeverity::kDataLoss:
      return "data-loss";
  }
  return "";
}

// looksLikeStrace(head: Uint8Array): boolean
template <bool (*looks_like)(std::span<const uint8_t>)>
Napi::Value looks(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), looks_like(array_argument<uint8_t>(info[0], "head")));
}

}  // namespace

DecoderWrap::DecoderWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<DecoderWrap>(info) {
  decoder_ = decoder_for(info.Env(), string_argument(info[0], "format"));
}

Decoder& DecoderWrap::open(const Napi::CallbackInfo& info) {
  if (decoder_ == nullptr) throw Napi::Error::New(info.Env(), "the decoder is closed");
  return *decoder_;
}

void DecoderWrap::push(const Napi::CallbackInfo& info) {
  Decoder& decoder = open(info);
  const std::span<uint8_t> bytes = array_argument<uint8_t>(info[0], "bytes");
  if (finished_) throw Napi::Error::New(info.Env(), "push: after finish()");
  try {
    decoder.push(bytes);
  } catch (const std::bad_alloc&) {
    decoder_.reset();  // half of a line may be done
    throw Napi::RangeError::New(info.Env(), "push: out of memory; the decoder is closed");
  }
}

void DecoderWrap::finish(const Napi::CallbackInfo& info) {
  open(info).finish();
  finished_ = true;
}

Napi::Value DecoderWrap::pending(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(open(info).records().size()));
}

Napi::Value DecoderWrap::take(const Napi::CallbackInfo& info) {
  Decoder& decoder = open(info);
  const std::span<uint32_t> out = array_argument<uint32_t>(info[0], "out", alignof(Record));
  const size_t room = out.size() * sizeof(uint32_t) / sizeof(Record);
  if (room < kLargestGroup) {
    throw Napi::RangeError::New(
        info.Env(), "out: must hold at least " + std::to_string(kLargestGroup) + " records");
  }
  const std::span<const Record> records = decoder.records();
  size_t n = std::min(room, records.size());
  while (n > 0 && (records[n - 1].flags & kMore) != 0) n--;  // not into a group
  if (n != 0) std::memcpy(out.data(), records.data(), n * sizeof(Record));
  decoder.consume(n);
  return Napi::Number::New(info.Env(), static_cast<double>(n));
}

Napi::Value DecoderWrap::strings(const Napi::CallbackInfo& info) {
  const StringTable& strings = open(info).strings();
  const uint32_t from = uint32_argument(info, 0, "from", strings.size());
  size_t bytes = 0;
  for (uint32_t number = from; number < strings.size(); number++) {
    bytes += strings.get(number).size();
  }
  const Napi::Env env = info.Env();
  auto joined = Napi::Uint8Array::New(env, bytes);
  auto lengths = Napi::Uint32Array::New(env, strings.size() - from);
  uint8_t* at = joined.Data();
  for (uint32_t number = from; number < strings.size(); number++) {
    const std::string_view text = strings.get(number);
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    at += text.size();
    lengths.Data()[number - from] = static_cast<uint32_t>(text.size());
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("bytes", joined);
  result.Set("lengths", lengths);
  return result;
}

Napi::Value DecoderWrap::counters(const Napi::CallbackInfo& info) {
  const DecodeCounters& counters = open(info).counters();
  auto values = Napi::Float64Array::New(info.Env(), kDecodeCounterCount);
  for (size_t i = 0; i < kDecodeCounterCount; i++) {
    values.Data()[i] = static_cast<double>(counters.get(static_cast<DecodeCounter>(i)));
  }
  return values;
}

// Byte positions of the first of each, by counter; NaN where that is not known.
Napi::Value DecoderWrap::places(const Napi::CallbackInfo& info) {
  const DecodeCounters& counters = open(info).counters();
  auto values = Napi::Float64Array::New(info.Env(), kDecodeCounterCount);
  for (size_t i = 0; i < kDecodeCounterCount; i++) {
    const uint64_t place = counters.place_of(static_cast<DecodeCounter>(i));
    values.Data()[i] =
        place == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(place - 1);
  }
  return values;
}

Napi::Value DecoderWrap::events(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::vector<EventCount> counts = open(info).events();
  const Napi::Array result = Napi::Array::New(env, counts.size());
  for (size_t i = 0; i < counts.size(); i++) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("name", std::string(counts[i].name));
    entry.Set("count", static_cast<double>(counts[i].count));
    entry.Set("understood", counts[i].understood);
    result.Set(static_cast<uint32_t>(i), entry);
  }
  return result;
}

void DecoderWrap::close(const Napi::CallbackInfo&) { decoder_.reset(); }

Napi::Function DecoderWrap::define(Napi::Env env) {
  return DefineClass(
      env, "Decoder",
      {InstanceMethod<&DecoderWrap::push>("push"), InstanceMethod<&DecoderWrap::finish>("finish"),
       InstanceMethod<&DecoderWrap::pending>("pending"), InstanceMethod<&DecoderWrap::take>("take"),
       InstanceMethod<&DecoderWrap::strings>("strings"),
       InstanceMethod<&DecoderWrap::counters>("counters"),
       InstanceMethod<&DecoderWrap::places>("places"),
       InstanceMethod<&DecoderWrap::events>("events"),
       InstanceMethod<&DecoderWrap::close>("close")});
}

void RegisterDecoder(Napi::Env env, Napi::Object exports) {
  exports.Set("Decoder", DecoderWrap::define(env));
  exports.Set("looksLikeStrace",
              Napi::Function::New(env, looks<looks_like_strace>, "looksLikeStrace"));
  exports.Set("looksLikeFtrace",
              Napi::Function::New(env, looks<looks_like_ftrace>, "looksLikeFtrace"));
  const Napi::Array infos = Napi::Array::New(env, kDecodeCounterCount);
  for (uint32_t i = 0; i < kDecodeCounterCount; i++) {
    const DecodeCounterInfo& counter = decode_counter_info(static_cast<DecodeCounter>(i));
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("name", counter.name);
    entry.Set("severity", word_for(counter.severity));
    entry.Set("meaning", counter.sentence);
    infos.Set(i, entry);
  }
  exports.Set("decodeCounterInfo", infos);
}

}  // namespace memtrack::node
