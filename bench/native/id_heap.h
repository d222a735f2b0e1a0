// IdHeap: lowest free id by a binary heap of freed ids: what most people would write.
#ifndef MEMTRACK_BENCH_ID_HEAP_H_
#define MEMTRACK_BENCH_ID_HEAP_H_

#include <functional>
#include <queue>
#include <vector>

namespace memtrack::bench {

class IdHeap {
 public:
  int Allocate() {
    if (freed_.empty()) return next_++;
    const int id = freed_.top();
    freed_.pop();
    return id;
  }

  void Release(int id) { freed_.push(id); }

 private:
  std::priority_queue<int, std::vector<int>, std::greater<int>> freed_;
  int next_ = 0;
};

}  // namespace memtrack::bench

#endif  // MEMTRACK_BENCH_ID_HEAP_H_
