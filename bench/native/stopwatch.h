// Stopwatch: CPU time of the process, time on the clock, growth of the resident set.
#ifndef MEMTRACK_BENCH_STOPWATCH_H_
#define MEMTRACK_BENCH_STOPWATCH_H_

#include <time.h>

#include <cstdint>
#include <cstdio>

namespace memtrack::bench {

inline int64_t Nanoseconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

inline int64_t ResidentBytes() {
  constexpr int64_t kPage = 4096;
  int64_t size = 0;
  int64_t resident = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%ld %ld", &size, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return resident * kPage;
}

class Stopwatch {
 public:
  void Start() {
    resident_ = ResidentBytes();
    cpu_ = Nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    wall_ = Nanoseconds(CLOCK_MONOTONIC);
  }

  void Stop() {
    wall_ = Nanoseconds(CLOCK_MONOTONIC) - wall_;
    cpu_ = Nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_;
    resident_ = ResidentBytes() - resident_;
  }

  // Prints the line that bench/run.ts reads (bench/measurement.ts); `more` is further fields or empty.
  void Report(uint64_t units, const char* more) const {
    std::printf("{\"units\":%lu,\"cpuNs\":%ld,\"wallNs\":%ld,\"rssBytes\":%ld%s}\n", units, cpu_,
                wall_, resident_, more);
  }

 private:
  int64_t resident_ = 0;
  int64_t cpu_ = 0;
  int64_t wall_ = 0;
};

}  // namespace memtrack::bench

#endif  // MEMTRACK_BENCH_STOPWATCH_H_
