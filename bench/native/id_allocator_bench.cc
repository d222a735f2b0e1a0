// What it costs to free one id and allocate the lowest free one, beside a std::set of the free ids.
//
//   id_allocator_bench [live ...]     default: 20000 1000000 10000000
//
// For each number of live ids: a tenth more are allocated and the tenth freed again at random, so
// that there are holes; then a random live id is freed and an id allocated, again and again. The
// same sequence (fixed seed) for both. One JSON object per line, times of a pair in ns of this
// thread's CPU; the choice of the id to free is part of them and also measured alone ("none").
#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <set>
#include <vector>

#include "core/id_allocator.h"

namespace {

constexpr uint64_t kSeed = 20'161'012;
constexpr int kPairs = 1'000'000;
constexpr int kRounds = 7;

// xorshift64*: cheap enough not to hide what is measured.
class Random {
 public:
  uint32_t below(uint32_t bound) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<uint32_t>((state_ * 0x2545f4914f6cdd1dULL >> 32) * bound >> 32);
  }

 private:
  uint64_t state_ = kSeed;
};

struct Bitmap {
  static constexpr const char* kName = "IdAllocator";
  memtrack::IdAllocator ids;
  int32_t alloc() { return ids.alloc(); }
  void free_id(int32_t id) { ids.free_id(id); }
};

struct FreeSet {
  static constexpr const char* kName = "std::set";
  std::set<int32_t> free_ids;
  int32_t next = 0;  // all from here on are free
  int32_t alloc() {
    if (free_ids.empty()) return next++;
    const int32_t id = *free_ids.begin();
    free_ids.erase(free_ids.begin());
    return id;
  }
  void free_id(int32_t id) { free_ids.insert(id); }
};

// Gives out the id freed the time before.
struct None {
  static constexpr const char* kName = "none";
  int32_t next = 0;
  int32_t before = 0;
  bool dense = true;
  int32_t alloc() { return dense ? next++ : before; }
  void free_id(int32_t id) {
    before = next;
    next = id;
    dense = false;
  }
};

double cpu_ns() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

template <class Ids>
void run(uint32_t live) {
  auto ids = std::make_unique<Ids>();
  Random random;
  std::vector<int32_t> held(live + live / 10);
  for (int32_t& id : held) id = ids->alloc();
  while (held.size() > live) {
    std::swap(held[random.below(static_cast<uint32_t>(held.size()))], held.back());
    ids->free_id(held.back());
    held.pop_back();
  }
  std::array<double, kRounds> ns;
  for (double& round : ns) {
    const double start = cpu_ns();
    for (int n = 0; n < kPairs; ++n) {
      int32_t& id = held[random.below(live)];
      ids->free_id(id);
      id = ids->alloc();
    }
    round = (cpu_ns() - start) / kPairs;
  }
  std::sort(ns.begin(), ns.end());
  uint64_t sum = 0;
  for (const int32_t id : held) sum += static_cast<uint64_t>(id);
  std::printf(
      "{\"bench\":\"id-allocator\",\"ids\":\"%s\",\"live\":%u,\"pairs\":%d,\"rounds\":%d,"
      "\"nsMin\":%.2f,\"nsMedian\":%.2f,\"nsMax\":%.2f,\"sum\":%" PRIu64 "}\n",
      Ids::kName, live, kPairs, kRounds, ns.front(), ns[kRounds / 2], ns.back(), sum);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<uint32_t> sizes = {20'000, 1'000'000, 10'000'000};
  if (argc > 1) sizes.clear();
  for (int n = 1; n < argc; ++n) {
    const unsigned long live = std::strtoul(argv[n], nullptr, 10);
    if (live == 0 || live > 1'000'000'000) {
      std::fprintf(stderr, "id_allocator_bench: '%s' is not a number of ids\n", argv[n]);
      return 2;
    }
    sizes.push_back(static_cast<uint32_t>(live));
  }
  for (const uint32_t live : sizes) {
    run<None>(live);
    run<Bitmap>(live);
    run<FreeSet>(live);
  }
  return 0;
}
