// Clock: the times of a recording's lines on one line of nanoseconds that never runs backwards.
//   -t, -tt    time of day; a step back of more than an hour is midnight: 24 h are added
//   -ttt       since 1970
//   -r         since the line before; the first line is 0
//   none       always 0
// Any other step back is clamped to the latest time and counted.
#ifndef MEMTRACK_DECODE_STRACE_CLOCK_H_
#define MEMTRACK_DECODE_STRACE_CLOCK_H_

#include "decode/decode_counters.h"
#include "decode/strace/line.h"

namespace memtrack::strace {

class Clock {
 public:
  uint64_t stamp(const Line& line, DecodeCounters& counters) {
    uint64_t time = line.time;
    switch (line.form) {
      case TimeForm::kNone:
        return latest_;
      case TimeForm::kRelative:
        if (time > kMost - latest_) time = 0;
        time += latest_;
        break;
      case TimeForm::kDay:
        time += midnights_;
        if (latest_ > kHour && time < latest_ - kHour && midnights_ < kMost - kDay * 2) {
          midnights_ += kDay;
          time += kDay;
        }
        break;
      case TimeForm::kEpoch:
        break;
    }
    if (time < latest_) {
      counters.add(DecodeCounter::kTimeWentBack);
      time = latest_;
    }
    return latest_ = time;
  }

 private:
  static constexpr uint64_t kHour = 3'600'000'000'000;
  static constexpr uint64_t kDay = 24 * kHour;
  static constexpr uint64_t kMost = uint64_t{1} << 63;

  uint64_t latest_ = 0;
  uint64_t midnights_ = 0;
};

}  // namespace memtrack::strace

#endif  // MEMTRACK_DECODE_STRACE_CLOCK_H_
