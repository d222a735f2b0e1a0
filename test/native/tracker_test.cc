// The tracker's invariants under random commands, and under threads. What each command should answer is compared with
// the oracle in test/core.
#include "core/tracker.h"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "core/memtrack_text.h"
#include "random_records.h"
#include "seed.h"
#include "tracker_text.h"

namespace memtrack::test {
namespace {

TrackerOptions options_of(bool posted, bool limited) {
  TrackerOptions options;
  options.posted = posted;
  if (limited) {
    options.max_handles = 60;
    options.max_vmas = 40;
    options.max_tags = 10;
    options.max_ids = 50;
  }
  return options;
}

constexpr Status kNone = INT32_MIN;  // no command answers it

void intern_tags(Tracker* tracker) {
  for (const char* tag : {"CAMERA", "", "video"}) tracker->intern_tag(tag);
}

// Three trackers that differ in what must make no difference.
void run_in_step(bool posted, bool limited, size_t commands) {
  TrackerOptions deferred = options_of(posted, limited);
  TrackerOptions eager = deferred;
  eager.eager = true;
  TrackerOptions shared = deferred;
  shared.shared = true;
  Tracker trackers[] = {Tracker(deferred), Tracker(eager), Tracker(shared)};
  for (Tracker& tracker : trackers) intern_tags(&tracker);
  Random random;
  RandomRecords records(seed());
  std::vector<Record> batch;
  for (size_t done = 0; done < commands;) {
    const size_t n = 1 + random.below(300);
    done += n;
    batch.clear();
    records.append(n, &batch);
    std::vector<Status> expected;
    std::string text;
    for (Tracker& tracker : trackers) {
      std::vector<Status> results(batch.size(), kNone);
      size_t accepted = tracker.apply(batch, results.data());
      CHECK(std::count(results.begin(), results.end(), kNone) == 0);
      CHECK(accepted <= n);
      const char* broken = tracker.check();
      REQUIRE_MESSAGE(broken == nullptr, std::string(broken == nullptr ? "" : broken));
      if (&tracker == &trackers[0]) {
        expected = results;
        text = tracker_text(tracker);
      } else {
        REQUIRE(results == expected);
        REQUIRE(tracker_text(tracker) == text);
      }
    }
  }
}

}  // namespace

TEST_CASE("linking, locks and batches make no difference, and invariants hold") {
  SUBCASE("intended") { run_in_step(false, false, 20000); }
  SUBCASE("posted") { run_in_step(true, false, 20000); }
  SUBCASE("intended, at the limits") {
    for (int life = 0; life < 10; life++) run_in_step(false, true, 2000);
  }
  SUBCASE("posted, at the limits") {
    for (int life = 0; life < 10; life++) run_in_step(true, true, 1000);
  }
}

TEST_CASE("everything can be ended, and then nothing is held") {
  for (const bool posted : {false, true}) {
    Tracker tracker(options_of(posted, false));
    intern_tags(&tracker);
    RandomRecords records(seed());
    std::vector<Record> batch;
    records.append(10000, &batch);
    tracker.apply(batch, nullptr);
    std::vector<Record> ends;
    for (uint32_t key = 1; key < 10000; key++) {
      ends.push_back({0, 0, key, 0, 0, static_cast<uint16_t>(Op::kExit), 0});
    }
    tracker.apply(ends, nullptr);
    CHECK(tracker.check() == nullptr);
    if (posted) continue;  // there, trees of the dead keep what was installed into them
    tracker.for_each_buffer(
        [](const Tracker::BufferRow& row) { CHECK(row.userspace_handles == 0); });
    size_t leaders = 0;
    tracker.for_each_leader([&](const Tracker::LeaderRow&) { leaders++; },
                            [](const Tracker::HandleRow&) {}, [](const Vma&) {});
    CHECK(leaders == 0);
  }
}

TEST_CASE("threads: invariants hold whatever they do to each other") {
  for (const bool posted : {false, true}) {
    TrackerOptions options = options_of(posted, false);
    options.shared = true;
    Tracker tracker(options);
    intern_tags(&tracker);
    constexpr size_t kWriters = 3;
    std::atomic<size_t> writing{kWriters};
    std::vector<std::thread> threads;
    for (size_t writer = 0; writer < kWriters; writer++) {
      threads.emplace_back([&tracker, &writing, writer] {
        // The same keys for all, in other orders: most tasks and buffers are somebody else's.
        RandomRecords records(seed() + writer);
        std::vector<Record> batch;
        for (int round = 0; round < 40; round++) {
          batch.clear();
          records.append(100, &batch);
          std::vector<Status> results(batch.size());
          tracker.apply(batch, results.data());
          tracker.install(1 + static_cast<uint32_t>(round), 1);
          tracker.uninstall(1 + static_cast<uint32_t>(round), 1);
        }
        writing.fetch_sub(1);
      });
    }
    threads.emplace_back([&tracker, &writing] {
      std::vector<char> out(1 << 16);
      std::vector<uint32_t> keys;
      while (writing.load() != 0) {
        size_t rows = 0;
        uint32_t last = 0;
        tracker.for_each_leader([&](const Tracker::LeaderRow&) { rows = 0; },
                                [&](const Tracker::HandleRow& row) {
                                  CHECK((rows == 0 || row.buffer > last));
                                  last = row.buffer;
                                  rows++;
                                },
                                [](const Vma&) {});
        tracker.for_each_buffer([](const Tracker::BufferRow&) {});
        for (uint32_t key = 1; key < 30; key++) {
          tracker.holders(key, &keys);
          format_memtrack(tracker, key, MemtrackForm::kSeries, out);
        }
        format_debugfs(tracker, out);
        tracker.bytes();
      }
    });
    for (std::thread& thread : threads) thread.join();
    const char* broken = tracker.check();
    CHECK_MESSAGE(broken == nullptr, std::string(broken == nullptr ? "" : broken));
  }
}

TEST_CASE("threads: what is installed while its id changes hands is held, or was refused") {
  for (const bool posted : {false, true}) {
    TrackerOptions options = options_of(posted, false);
    options.shared = true;
    Tracker tracker(options);
    const Record spawn{0, 0, 1, 0, 100, static_cast<uint16_t>(Op::kSpawn), 0};
    tracker.apply({&spawn, 1}, nullptr);
    constexpr uint32_t kBuffers = 20000;
    std::atomic<uint32_t> newest{0};
    std::thread owner([&] {
      for (uint32_t key = 1; key <= kBuffers; key++) {
        const Record init{0, 1, 0, key, 0, static_cast<uint16_t>(Op::kInit), 0};
        const Record remove{0, 0, 0, key, 0, static_cast<uint16_t>(Op::kRemove), 0};
        tracker.apply({&init, 1}, nullptr);
        newest.store(key);
        tracker.apply({&remove, 1}, nullptr);
      }
    });
    size_t wrong = 0;
    std::vector<uint32_t> keys;
    for (uint32_t key = newest.load(); key != kBuffers; key = newest.load()) {
      if (key == 0) continue;
      if (tracker.install(1, key) != kOk) continue;
      // Held, it cannot be removed; in posted it can, but its id stays its own.
      if (!posted && tracker.holders(key, &keys) != 1) wrong++;
      if (!posted && tracker.uninstall(1, key) != kOk) wrong++;
    }
    owner.join();
    CHECK(wrong == 0);
    const char* broken = tracker.check();
    CHECK_MESSAGE(broken == nullptr, std::string(broken == nullptr ? "" : broken));
    tracker.for_each_buffer([&](const Tracker::BufferRow& row) {
      if (row.key != 0) CHECK(row.userspace_handles == 0);
    });
  }
}

}  // namespace memtrack::test
