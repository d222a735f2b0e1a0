#include "bindings/registry.h"

#include <tuple>

namespace memtrack::node {

namespace {
auto as_tuple(const TrackerOptions& o) {
  return std::tie(o.posted, o.eager, o.shared, o.max_handles, o.max_vmas, o.max_tags, o.max_ids);
}
}  // namespace

Registry& Registry::instance() {
  static Registry* const registry = new Registry();
  return *registry;
}

std::shared_ptr<Tracker> Registry::open(const std::string& name, const TrackerOptions& options) {
  const std::lock_guard<std::mutex> guard(mu_);
  if (std::shared_ptr<Tracker> tracker = trackers_[name].lock()) {
    return as_tuple(tracker->options()) == as_tuple(options) ? tracker : nullptr;
  }
  for (auto entry = trackers_.begin(); entry != trackers_.end();) {
    entry = entry->second.expired() ? trackers_.erase(entry) : std::next(entry);
  }
  auto tracker = std::make_shared<Tracker>(options);
  trackers_[name] = tracker;
  return tracker;
}

}  // namespace memtrack::node
