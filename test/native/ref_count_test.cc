#include "core/ref_count.h"

#include <doctest/doctest.h>

#include <array>
#include <thread>
#include <vector>

#include "seed.h"

namespace memtrack {
namespace {

using test::Random;

enum class Op { kAddNotZero, kAdd, kSubAndTest, kDec };

struct Outcome {
  int64_t count;
  bool answer = false;
  std::array<uint64_t, 5> warnings{};  // in the order of RefcountWarnings
};

// The table of refcount_t in exact integers, where nothing can wrap.
Outcome expected(Op op, int64_t old, int64_t n) {
  Outcome out{old, false, {}};
  const auto saturate = [&](size_t which) {
    out.count = kRefcountSaturated;
    out.warnings[which] = 1;
  };
  switch (op) {
    case Op::kAddNotZero:
      if (old == 0) return out;
      out.answer = true;
      out.count = old + n;
      if (old < 0 || n < 0 || out.count > kRefcountMax) saturate(0);
      return out;
    case Op::kAdd:
      out.count = old + n;
      if (old == 0) {
        saturate(2);
      } else if (old < 0 || n < 0 || out.count > kRefcountMax) {
        saturate(1);
      }
      return out;
    case Op::kSubAndTest:
      out.count = old - n;
      out.answer = out.count == 0 && old > 0;
      if (old <= 0 || n < 0 || out.count < 0) saturate(3);
      return out;
    case Op::kDec:
      out.count = old - 1;
      if (out.count <= 0) saturate(4);
      return out;
  }
  return out;
}

std::array<uint64_t, 5> counts(const RefcountWarnings& w) {
  return {w.add_not_zero_overflow, w.add_overflow, w.add_on_zero, w.sub_underflow, w.dec_hit_zero};
}

void check_both(Op op, int32_t old, int32_t n) {
  const Outcome want = expected(op, old, n);
  CAPTURE(static_cast<int>(op));
  CAPTURE(old);
  CAPTURE(n);
  {
    int32_t count = old;
    RefcountWarnings warnings;
    bool answer = false;
    if (op == Op::kAddNotZero) answer = refcount_add_not_zero(count, n, warnings);
    if (op == Op::kAdd) refcount_add(count, n, warnings);
    if (op == Op::kSubAndTest) answer = refcount_sub_and_test(count, n, warnings);
    if (op == Op::kDec) refcount_dec(count, warnings);
    REQUIRE(count == want.count);
    REQUIRE(answer == want.answer);
    REQUIRE(counts(warnings) == want.warnings);
  }
  {
    RefCount count(old);
    RefcountWarnings warnings;
    bool answer = false;
    if (op == Op::kAddNotZero) answer = count.add_not_zero(n, warnings);
    if (op == Op::kAdd) count.add(n, warnings);
    if (op == Op::kSubAndTest) answer = count.sub_and_test(n, warnings);
    if (op == Op::kDec) count.dec(warnings);
    REQUIRE(count.read() == want.count);
    REQUIRE(answer == want.answer);
    REQUIRE(counts(warnings) == want.warnings);
  }
}

TEST_CASE("every operation on every edge does what refcount_t's table says") {
  const std::array<int32_t, 13> edges = {INT_MIN,
                                         INT_MIN + 1,
                                         kRefcountSaturated - 1,
                                         kRefcountSaturated,
                                         kRefcountSaturated + 1,
                                         -2,
                                         -1,
                                         0,
                                         1,
                                         2,
                                         3,
                                         INT_MAX - 1,
                                         INT_MAX};
  for (const Op op : {Op::kAddNotZero, Op::kAdd, Op::kSubAndTest, Op::kDec}) {
    for (const int32_t old : edges) {
      for (const int32_t n : edges) check_both(op, old, n);
    }
  }
}

TEST_CASE("random counts and amounts") {
  Random random;
  for (int step = 0; step < 20000; ++step) {
    const Op op = static_cast<Op>(random.below(4));
    const int32_t old = static_cast<int32_t>(random.engine()());
    const int32_t n = static_cast<int32_t>(random.engine()());
    check_both(op, random.one_in(2) ? old : old >> 28, random.one_in(2) ? n : n & 7);
  }
}

TEST_CASE("a saturated count stays saturated and is never freed") {
  RefcountWarnings warnings;
  int32_t count = kRefcountMax;
  refcount_inc(count, warnings);
  CHECK(count == kRefcountSaturated);
  for (int n = 0; n < 1000; ++n) {
    CHECK_FALSE(refcount_dec_and_test(count, warnings));
    CHECK(refcount_inc_not_zero(count, warnings));
    refcount_dec(count, warnings);
  }
  CHECK(count == kRefcountSaturated);
  CHECK(warnings.sub_underflow == 1000);
  CHECK(warnings.add_not_zero_overflow == 1000);
  CHECK(warnings.dec_hit_zero == 1000);
  CHECK(warnings.total() == 3001);
}

TEST_CASE("the last of many threads, and only the last, frees") {
  constexpr int kThreads = 4;
  RefcountWarnings warnings;
  for (int round = 0; round < 50; ++round) {
    RefCount count(kThreads);
    std::atomic<int> frees{0};
    int shared = 0;  // the thread sanitizer checks that the last drop comes after this write
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int n = 0; n < 100; ++n) {
          count.inc(warnings);
          if (count.dec_and_test(warnings)) ++frees;
        }
        if (t == 0) shared = round + 1;
        if (count.dec_and_test(warnings)) {
          ++frees;
          if (shared != round + 1) ++frees;
        }
      });
    }
    threads.clear();
    CHECK(frees == 1);
    CHECK(count.read() == 0);
  }
  CHECK(warnings.total() == 0);
}

}  // namespace
}  // namespace memtrack
