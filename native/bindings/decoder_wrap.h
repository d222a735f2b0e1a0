// The class `Decoder` of the add-on: new Decoder('strace').
//   push(bytes: Uint8Array)          more of the recording, cut anywhere
//   finish()                         it ends here
//   pending(): number                records that can be taken
//   take(out: Uint32Array): number   copies records, 8 words each, whole groups; how many
//   strings(from: number)            { bytes: Uint8Array, lengths: Uint32Array } of numbers from `from` on
//   counters(): Float64Array         by the order of decodeCounterInfo
//   close()                          frees it; anything but close() then throws
// Exports decodeCounterInfo: { name, severity, meaning }[] too.
//
// Thread safety: an object belongs to its environment's thread.
#ifndef MEMTRACK_BINDINGS_DECODER_WRAP_H_
#define MEMTRACK_BINDINGS_DECODER_WRAP_H_

#include <memory>

#include "bindings/napi_setup.h"
#include "decode/decoder.h"

namespace memtrack::node {

class DecoderWrap : public Napi::ObjectWrap<DecoderWrap> {
 public:
  explicit DecoderWrap(const Napi::CallbackInfo& info);

  static Napi::Function define(Napi::Env env);

 private:
  // Throws once closed.
  Decoder& open(const Napi::CallbackInfo& info);

  void push(const Napi::CallbackInfo& info);
  void finish(const Napi::CallbackInfo& info);
  Napi::Value pending(const Napi::CallbackInfo& info);
  Napi::Value take(const Napi::CallbackInfo& info);
  Napi::Value strings(const Napi::CallbackInfo& info);
  Napi::Value counters(const Napi::CallbackInfo& info);
  Napi::Value places(const Napi::CallbackInfo& info);
  Napi::Value events(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);

  std::unique_ptr<Decoder> decoder_;  // null: closed
  bool finished_ = false;
};

void RegisterDecoder(Napi::Env env, Napi::Object exports);

}  // namespace memtrack::node

#endif  // MEMTRACK_BINDINGS_DECODER_WRAP_H_
