#include "decode/record_queue.h"

#include <bit>
#include <cstring>

namespace memtrack {

void RecordQueue::consume(size_t n) {
  taken_ += n;
  if (taken_ >= ready_.size()) {
    ready_.clear();
    taken_ = 0;
  } else if (taken_ > 4096 && taken_ > ready_.size() / 2) {
    ready_.erase(ready_.begin(), ready_.begin() + static_cast<ptrdiff_t>(taken_));
    taken_ = 0;
  }
}

Record& RecordQueue::put(const Record& record) {
  std::vector<Record>& to = holds_.empty() ? ready_ : held_;
  to.push_back(record);
  return to.back();
}

void RecordQueue::more(const Tail& tail) {
  std::vector<Record>& to = holds_.empty() ? ready_ : held_;
  to.back().flags |= kMore;
  to.push_back(std::bit_cast<Record>(tail));
}

RecordQueue::HoldId RecordQueue::open_hold(uint64_t at, bool assume) {
  const uint64_t place = base_ + held_.size();
  holds_.push_back({next_hold_, at, place, place, assume, false});
  return next_hold_++;
}

void RecordQueue::close_hold() { holds_.back().last = base_ + held_.size(); }

RecordQueue::Hold* RecordQueue::find(HoldId hold) {
  if (hold == kNoHold || holds_.empty() || hold < holds_.front().id || hold >= next_hold_) {
    return nullptr;
  }
  return &holds_[static_cast<size_t>(hold - holds_.front().id)];
}

bool RecordQueue::waits(HoldId hold) const {
  const Hold* found = const_cast<RecordQueue*>(this)->find(hold);
  return found != nullptr && !found->settled;
}

Record* RecordQueue::at_place(uint64_t place) {
  if (place == kGone || place < base_ + passed_ || place >= base_ + held_.size()) return nullptr;
  return &held_[static_cast<size_t>(place - base_)];
}

std::span<Record> RecordQueue::of_hold(HoldId hold) {
  const Hold* found = find(hold);
  if (found == nullptr) return {};
  return {held_.data() + (found->first - base_), static_cast<size_t>(found->last - found->first)};
}

void RecordQueue::settle(HoldId hold, bool keep) {
  Hold* found = find(hold);
  if (found == nullptr || found->settled) return;
  found->settled = true;
  if (!keep) {
    for (Record& record : of_hold(hold)) record.op = 0;
  }
  if (found == &holds_.front()) release();
}

void RecordQueue::release() {
  while (!holds_.empty() && holds_.front().settled) holds_.pop_front();
  const size_t end =
      holds_.empty() ? held_.size() : static_cast<size_t>(holds_.front().first - base_);
  for (; passed_ < end; passed_++) {
    if (held_[passed_].op != 0) ready_.push_back(held_[passed_]);
  }
  if (holds_.empty()) {
    base_ += held_.size();
    held_.clear();
    passed_ = 0;
  } else if (passed_ > 4096 && passed_ > held_.size() / 2) {
    held_.erase(held_.begin(), held_.begin() + static_cast<ptrdiff_t>(passed_));
    base_ += passed_;
    passed_ = 0;
  }
}

}  // namespace memtrack
