// Addon: what one environment (the main thread, or a worker) has open. JavaScript names a tracker by a number, which is
// cheaper to pass than an object and cannot be forged into a pointer.
//
// Thread safety: belongs to its environment's thread. Destroyed with the environment, which closes everything.
#ifndef MEMTRACK_BINDINGS_ADDON_H_
#define MEMTRACK_BINDINGS_ADDON_H_

#include <memory>
#include <vector>

#include "bindings/napi_setup.h"
#include "core/tracker.h"

namespace memtrack::node {

class Addon {
 public:
  // The environment's own.
  static Addon& of(Napi::Env env) { return *env.GetInstanceData<Addon>(); }

  uint32_t add(std::shared_ptr<Tracker> tracker) {
    trackers_.push_back(std::move(tracker));
    return static_cast<uint32_t>(trackers_.size() - 1);
  }
  // Null if it was closed or never opened.
  Tracker* find(uint32_t number) const {
    return number < trackers_.size() ? trackers_[number].get() : nullptr;
  }
  void close(uint32_t number) {
    if (number < trackers_.size()) trackers_[number].reset();
  }

  // The memory through which scalar calls pass their integers; kept alive with the environment.
  void share(Napi::Uint32Array words) {
    words_ = words.Data();
    words_kept_ = Napi::Persistent(words);
    words_kept_.SuppressDestruct();  // goes with the environment
  }
  uint32_t* words() const { return words_; }

  // Room to format text in; grows to what is asked for, so that a file that was read once is next formatted once.
  std::vector<char>& text() { return text_; }

 private:
  std::vector<std::shared_ptr<Tracker>> trackers_;  // a number is never used again
  uint32_t* words_ = nullptr;
  Napi::Reference<Napi::Uint32Array> words_kept_;
  std::vector<char> text_;
};

// Each adds its functions to the exports.
void register_tracker(Napi::Env env, Napi::Object exports);
void register_scalar_calls(Napi::Env env, Napi::Object exports, Addon* addon);
void register_columns(Napi::Env env, Napi::Object exports);
void register_layout(Napi::Env env, Napi::Object exports);

// The open tracker that argument 0 names; throws if it was closed.
Tracker& tracker_argument(const Napi::CallbackInfo& info);

}  // namespace memtrack::node

#endif  // MEMTRACK_BINDINGS_ADDON_H_
