// Line: what stands before the call on a line of strace's output: `[PID ][TIME ]`, in all its spellings.
//   4211 1700000000.000100 close(…      -f -ttt -o file (PID padded to 5)
//   [pid  4211] 10:20:30.123456 close(…  -f -tt on a terminal; the only process has no [pid …]
//        0.000123 close(…                -r
//   4211 [00007f0000001000] [   3] close(…   -i, -n
//   4211<cat> 10:20:30 (+     0.000021) close(…   --decode-pids=comm, -t with -r
#ifndef MEMTRACK_DECODE_STRACE_LINE_H_
#define MEMTRACK_DECODE_STRACE_LINE_H_

#include <cstdint>
#include <string_view>

namespace memtrack::strace {

enum class TimeForm : uint8_t { kNone, kDay, kEpoch, kRelative };

struct Line {
  const char* text = nullptr;  // after PID and TIME
  const char* end = nullptr;
  uint64_t time = 0;  // ns: of the day, of the epoch, or since the line before
  uint32_t tid = 0;
  bool has_tid = false;
  TimeForm form = TimeForm::kNone;
  std::string_view comm;  // -Y
  std::string_view call;  // up to '('; empty if text begins no call
};

// Splits a line without its line end. False: not a line of strace's.
bool split_line(const char* begin, const char* end, Line& line);

// The name of the call that begins at `text`: up to '('. Empty if none does.
std::string_view call_name(const char* text, const char* end);

}  // namespace memtrack::strace

#endif  // MEMTRACK_DECODE_STRACE_LINE_H_
