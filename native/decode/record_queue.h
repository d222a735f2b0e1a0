// RecordQueue: decoded records on their way out, some of them held back.
//
// A call printed in two halves takes effect at the first, but whether it did is known only at the second.
// open_hold() begins such an effect: its records, and all that follow, wait. settle() keeps or drops the
// effect's records; whatever no unsettled hold precedes becomes ready().
//
// Invariants: (1) records leave in the order in which they were put; (2) with no hold open nothing waits;
// (3) a dropped record has op 0 until it is passed over; (4) a group is put whole, between two holds.
//
// Thread safety: none.
#ifndef MEMTRACK_DECODE_RECORD_QUEUE_H_
#define MEMTRACK_DECODE_RECORD_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "record/record.h"

namespace memtrack {

class RecordQueue {
 public:
  using HoldId = uint64_t;
  static constexpr HoldId kNoHold = 0;
  static constexpr uint64_t kGone = ~uint64_t{0};  // place of a record that is no longer held

  std::span<const Record> ready() const { return {ready_.data() + taken_, ready_.size() - taken_}; }
  void consume(size_t n);

  // Appends a record; `more` appends a tail to the record put last.
  Record& put(const Record& record);
  void more(const Tail& tail);

  // Begins an effect; the records put until close_hold() are its own. `at`: position in the input;
  // `assume`: whether to keep its records if it has to be settled before it is known.
  HoldId open_hold(uint64_t at, bool assume);
  void close_hold();

  // Settles it: its records are kept or dropped.
  void settle(HoldId hold, bool keep);

  HoldId oldest_hold() const { return holds_.front().id; }

  // Settles the oldest hold as assumed. REQUIRES: any_hold().
  void assume_oldest() { settle(holds_.front().id, holds_.front().assume); }

  // Whether the hold still waits (it may have been settled because it waited too long).
  bool waits(HoldId hold) const;
  bool any_hold() const { return !holds_.empty(); }
  uint64_t oldest_at() const { return holds_.front().at; }
  size_t held() const { return held_.size() - passed_; }

  // Records that wait, by place: where the next one goes (kGone if nothing is held), the record itself.
  uint64_t next_place() const { return holds_.empty() ? kGone : base_ + held_.size(); }
  Record* at_place(uint64_t place);
  // The records of a hold that waits.
  std::span<Record> of_hold(HoldId hold);

 private:
  struct Hold {
    HoldId id;
    uint64_t at;
    uint64_t first;  // places
    uint64_t last;
    bool assume;
    bool settled;
  };

  Hold* find(HoldId hold);
  void release();

  std::vector<Record> ready_;
  size_t taken_ = 0;          // of ready_, by the caller
  std::vector<Record> held_;  // from the oldest hold on
  size_t passed_ = 0;         // of held_, already moved to ready_
  uint64_t base_ = 0;         // place of held_[0]
  std::deque<Hold> holds_;    // by place; ids ascend by one from holds_.front().id
  HoldId next_hold_ = 1;
};

}  // namespace memtrack

#endif  // MEMTRACK_DECODE_RECORD_QUEUE_H_
