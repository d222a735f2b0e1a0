// Drive: executes a workload with its reads through a rival and measures what comes after its preparation;
// the twin of bench/rivals/drive.ts.
//
// A rival has:
//   void Execute(const Record& record);     // or, if it likes batches:
//   void Execute(std::span<const Record> records);
//   void Show(uint32_t task, Text& text);   // appends /proc/[pid]/memtrack; nothing if it holds nothing
#ifndef MEMTRACK_BENCH_DRIVE_H_
#define MEMTRACK_BENCH_DRIVE_H_

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <span>

#include "snprintf_text.h"
#include "stopwatch.h"
#include "workload_file.h"

namespace memtrack::bench {

inline constexpr size_t kBatch = 4096;

template <typename Rival>
int Drive(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s WORKLOAD [--no-reads]\n", argv[0]);
    return 2;
  }
  Workload workload = ReadWorkload(argv[1]);
  if (argc > 2 && std::strcmp(argv[2], "--no-reads") == 0) workload.reads.clear();
  Rival rival;
  Text text;
  uint64_t text_bytes = 0;
  const auto execute = [&](size_t from, size_t to) {
    const auto records = std::span<const Record>(workload.records).subspan(from, to - from);
    if constexpr (requires { rival.Execute(records); }) {
      for (size_t i = 0; i < records.size(); i += kBatch) {
        rival.Execute(records.subspan(i, std::min(kBatch, records.size() - i)));
      }
    } else {
      for (const Record& record : records) rival.Execute(record);
    }
  };
  const size_t count = workload.records.size();
  size_t at = workload.timed_from;
  execute(0, at);
  Stopwatch watch;
  watch.Start();
  for (const Read& read : workload.reads) {
    execute(at, read.position);
    at = read.position;
    text.Clear();
    rival.Show(read.task, text);
    text_bytes += text.size();
  }
  execute(at, count);
  watch.Stop();
  uint32_t digest = 0;
  for (uint32_t task : workload.alive) {
    text.Clear();
    rival.Show(task, text);
    digest += text.Hash();
  }
  char more[80];
  std::snprintf(more, sizeof(more), ",\"textBytes\":%lu,\"digest\":%u", text_bytes, digest);
  watch.Report(count - workload.timed_from, more);
  return 0;
}

}  // namespace memtrack::bench

#endif  // MEMTRACK_BENCH_DRIVE_H_
