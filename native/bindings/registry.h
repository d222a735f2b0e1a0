// Registry: the named trackers of this process, shared between its worker threads.
//
// One per process, made at first use and never destroyed: threads may still end after main() has. A tracker lives as
// long as somebody has it open, and its name is free again after the last one closed it.
//
// Thread safety: safe from any thread.
#ifndef MEMTRACK_BINDINGS_REGISTRY_H_
#define MEMTRACK_BINDINGS_REGISTRY_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/tracker.h"

namespace memtrack::node {

class Registry {
 public:
  static Registry& instance();

  // The tracker of this name, made with `options` if nobody has it open; null if somebody has, with other options.
  std::shared_ptr<Tracker> open(const std::string& name, const TrackerOptions& options);

 private:
  std::mutex mu_;
  std::map<std::string, std::weak_ptr<Tracker>> trackers_;
};

}  // namespace memtrack::node

#endif  // MEMTRACK_BINDINGS_REGISTRY_H_
