// WorkloadFile: reads what bench/workload/workload-file.ts writes; the layout is documented there.
#ifndef MEMTRACK_BENCH_WORKLOAD_FILE_H_
#define MEMTRACK_BENCH_WORKLOAD_FILE_H_

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "record/record.h"

namespace memtrack::bench {

struct Read {
  uint32_t position;  // after so many records
  uint32_t task;      // the memtrack file of this task is read
};

struct Workload {
  std::vector<Record> records;
  std::vector<Read> reads;
  std::vector<uint32_t> alive;
  uint32_t timed_from = 0;
};

inline Workload ReadWorkload(const char* path) {
  constexpr uint32_t kMagic = 0x4c574d42;
  constexpr uint32_t kVersion = 1;
  std::FILE* file = std::fopen(path, "rb");
  uint32_t head[16] = {};
  if (file == nullptr || std::fread(head, sizeof(head), 1, file) != 1 || head[0] != kMagic ||
      head[1] != kVersion) {
    std::fprintf(stderr, "%s is not a workload of version %u\n", path, kVersion);
    std::exit(2);
  }
  Workload workload;
  workload.records.resize(head[2]);
  workload.reads.resize(head[3]);
  workload.alive.resize(head[4]);
  workload.timed_from = head[5];
  const auto fill = [&](auto& items) {
    return std::fread(items.data(), sizeof(items[0]), items.size(), file) == items.size();
  };
  if (!fill(workload.records) || !fill(workload.reads) || !fill(workload.alive)) {
    std::fprintf(stderr, "%s is shorter than its head says\n", path);
    std::exit(2);
  }
  std::fclose(file);
  return workload;
}

}  // namespace memtrack::bench

#endif  // MEMTRACK_BENCH_WORKLOAD_FILE_H_
