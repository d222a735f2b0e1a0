// The core alone, without Node: what the bindings and JavaScript add is the difference to `memtrack` in the same table.
// tracker_bench WORKLOAD [--no-reads]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

#include "core/memtrack_text.h"
#include "core/tracker.h"
#include "drive.h"

namespace memtrack::bench {
namespace {

class Core {
 public:
  void Execute(std::span<const Record> records) {
    if (tracker_.apply(records, nullptr) != records.size()) {
      std::fprintf(stderr, "the core refused a command of the workload\n");
      std::exit(1);
    }
  }

  void Show(uint32_t task, Text& text) {
    for (;;) {
      const auto room = text.Room();
      const int64_t length = format_memtrack(tracker_, task, MemtrackForm::kSeries, room);
      if (length <= static_cast<int64_t>(room.size())) {
        text.Filled(length < 0 ? 0 : static_cast<size_t>(length));
        return;
      }
      text.Grow(static_cast<size_t>(length));
    }
  }

 private:
  Tracker tracker_{TrackerOptions{}};
};

}  // namespace
}  // namespace memtrack::bench

int main(int argc, char** argv) {
  return memtrack::bench::Drive<memtrack::bench::Core>(argc, argv);
}
