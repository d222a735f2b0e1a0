// RandomRecords: command records, most of them sensible, some not, for tests of the tracker's own invariants. What the
// answers should be is the oracle's business (test/oracle.ts).
#ifndef MEMTRACK_TEST_NATIVE_RANDOM_RECORDS_H_
#define MEMTRACK_TEST_NATIVE_RANDOM_RECORDS_H_

#include <algorithm>
#include <bit>
#include <cstdint>
#include <random>
#include <vector>

#include "record/record.h"

namespace memtrack::test {

class RandomRecords {
 public:
  // Keys are first_key + 0, 1, 2, …, so that several threads may each have their own or share them.
  explicit RandomRecords(uint64_t seed, uint32_t first_key = 1)
      : engine_(seed), next_task_(first_key), next_buffer_(first_key) {}

  // Appends n commands, with their tails.
  void append(size_t n, std::vector<Record>* to) {
    for (size_t i = 0; i < n; i++) command(to);
  }

 private:
  static constexpr uint32_t kWindow = 24;  // how many of the newest keys are used
  static constexpr uint64_t kPage = 4096;

  uint32_t below(uint32_t n) { return std::uniform_int_distribution<uint32_t>(0, n - 1)(engine_); }
  bool one_in(uint32_t n) { return below(n) == 0; }
  uint32_t recent(uint32_t next) {
    if (one_in(100)) return below(next + 2);
    return next - 1 - below(std::min(next, kWindow));
  }
  uint32_t fresh(uint32_t* next) { return one_in(40) ? below(*next + 1) : (*next)++; }
  uint64_t address() { return kPage * (one_in(8) ? below(8) : 0x7f0000000 + below(40)); }

  static void put(std::vector<Record>* to, Op op, uint32_t task, uint32_t buffer, uint32_t aux,
                  uint64_t size, uint32_t flags) {
    to->push_back(
        {0, size, task, buffer, aux, static_cast<uint16_t>(op), static_cast<uint16_t>(flags)});
  }
  void put_tail(std::vector<Record>* to, uint64_t end, uint64_t start) {
    const Tail tail{end,
                    kPage * below(4),
                    static_cast<uint32_t>(start),
                    static_cast<uint32_t>(start >> 32),
                    0,
                    static_cast<uint16_t>(Op::kTail),
                    0};
    to->push_back(std::bit_cast<Record>(tail));
  }

  void command(std::vector<Record>* to) {
    const uint32_t task = recent(next_task_);
    const uint32_t buffer = recent(next_buffer_);
    const uint64_t start = address();
    const uint64_t end = start + kPage * below(4);
    const uint32_t kind = below(200);
    if (kind < 4) return put(to, Op::kSpawn, fresh(&next_task_), 0, below(32768), 0, 0);
    if (kind < 14) return put(to, Op::kFork, task, 0, fresh(&next_task_), below(32768), below(8));
    if (kind < 18) return put(to, Op::kExec, task, 0, 0, 0, 0);
    if (kind < 25) return put(to, Op::kExit, task, 0, 0, 0, below(2));
    if (kind < 29) return put(to, Op::kUnshare, task, 0, 0, 0, 0);
    if (kind < 40)
      return put(to, Op::kInit, one_in(3) ? 0 : task, fresh(&next_buffer_), below(4), start, 0);
    if (kind < 48) return put(to, Op::kRemove, 0, buffer, 0, 0, 0);
    if (kind < 52) return put(to, Op::kSetTag, 0, buffer, below(4), 0, 0);
    if (kind < 55) return put(to, Op::kResize, 0, buffer, 0, start, 0);
    if (kind < 105) return put(to, Op::kInstall, task, buffer, 0, 0, 0);
    if (kind < 140) return put(to, Op::kUninstall, task, buffer, 0, 0, 0);
    if (kind < 175) {
      put(to, Op::kVmOpen, task, buffer, below(64), start, kMore);
      return put_tail(to, end, 0);
    }
    if (kind < 190) return put(to, Op::kVmClose, task, buffer, 0, start, 0);
    if (kind < 199) {
      const uint64_t new_start = one_in(2) ? start : address();
      put(to, Op::kVmAdjust, task, buffer, below(64), start, kMore);
      return put_tail(to, new_start + kPage * below(4), new_start);
    }
    // No command, or a tail that is missing, surplus or alone.
    put(to, static_cast<Op>(below(20)), task, buffer, 0, start, one_in(2) ? kMore : 0);
    if (one_in(2)) put_tail(to, end, start);
  }

  std::mt19937_64 engine_;
  uint32_t next_task_;
  uint32_t next_buffer_;
};

}  // namespace memtrack::test

#endif  // MEMTRACK_TEST_NATIVE_RANDOM_RECORDS_H_
