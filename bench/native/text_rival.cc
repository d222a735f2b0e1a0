// Rival for the text alone: snprintf of rows that are already in order. Prints the time per line.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "snprintf_text.h"
#include "stopwatch.h"

namespace memtrack::bench {
namespace {

struct Row {
  int holders;
  int id;
  size_t size;
};

int Main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s ROWS TIMES\n", argv[0]);
    return 2;
  }
  const int count = std::atoi(argv[1]);
  const int times = std::atoi(argv[2]);
  std::vector<Row> rows;
  for (int i = 0; i < count; i++)
    rows.push_back({1, i, static_cast<size_t>(4096) * (i % 3600 + 1)});
  Text text;
  uint64_t bytes = 0;
  Stopwatch watch;
  watch.Start();
  for (int i = 0; i < times; i++) {
    text.Clear();
    text.Header(4242);
    for (const Row& row : rows) text.Row(row.holders, row.id, row.size);
    bytes += text.size();
  }
  watch.Stop();
  char more[80];
  std::snprintf(more, sizeof(more), ",\"textBytes\":%lu,\"digest\":%u", bytes, text.Hash());
  watch.Report(static_cast<uint64_t>(count) * times, more);
  return 0;
}

}  // namespace
}  // namespace memtrack::bench

int main(int argc, char** argv) { return memtrack::bench::Main(argc, argv); }
