// Lowest free id: frees a random live id and allocates one, with LIVE ids in use. lowest_free_id_bench WHICH LIVE PAIRS
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <queue>
#include <random>
#include <set>
#include <vector>

#include "core/id_allocator.h"
#include "id_heap.h"
#include "stopwatch.h"

namespace memtrack::bench {
namespace {

class OurIds {
 public:
  int Allocate() { return ids_.alloc(); }
  void Release(int id) { ids_.free_id(id); }

 private:
  IdAllocator ids_;
};

class SetIds {
 public:
  int Allocate() {
    if (freed_.empty()) return next_++;
    const int id = *freed_.begin();
    freed_.erase(freed_.begin());
    return id;
  }
  void Release(int id) { freed_.insert(id); }

 private:
  std::set<int> freed_;
  int next_ = 0;
};

// A tenth of the ids is free and scattered, so that the lowest one has to be found and not just remembered.
template <typename Ids>
int Measure(int live, uint64_t pairs) {
  Ids ids;
  std::mt19937 random(1);
  std::vector<int> held;
  const int all = live + live / 10;
  for (int i = 0; i < all; i++) held.push_back(ids.Allocate());
  while (static_cast<int>(held.size()) > live) {
    const size_t at = random() % held.size();
    ids.Release(held[at]);
    held[at] = held.back();
    held.pop_back();
  }
  // Which id to free is looked up in a list that no cache holds; it is fetched ahead, as the list is not what is measured.
  constexpr uint64_t kAhead = 16;
  std::vector<uint32_t> order(pairs + kAhead);
  for (uint32_t& at : order) at = random() % live;
  uint32_t sum = 0;
  Stopwatch watch;
  watch.Start();
  for (uint64_t i = 0; i < pairs; i++) {
    __builtin_prefetch(&held[order[i + kAhead]], 1);
    const uint32_t at = order[i];
    ids.Release(held[at]);
    held[at] = ids.Allocate();
    sum = sum * 31 + static_cast<uint32_t>(held[at]);
  }
  watch.Stop();
  char more[32];
  std::snprintf(more, sizeof(more), ",\"digest\":%u", sum);
  watch.Report(pairs, more);
  return 0;
}

int Main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s memtrack|std-set|heap LIVE PAIRS\n", argv[0]);
    return 2;
  }
  const int live = std::atoi(argv[2]);
  const uint64_t pairs = std::strtoull(argv[3], nullptr, 10);
  if (std::strcmp(argv[1], "memtrack") == 0) return Measure<OurIds>(live, pairs);
  if (std::strcmp(argv[1], "std-set") == 0) return Measure<SetIds>(live, pairs);
  return Measure<IdHeap>(live, pairs);
}

}  // namespace
}  // namespace memtrack::bench

int main(int argc, char** argv) { return memtrack::bench::Main(argc, argv); }
