// Line: one event line of ftrace text, cut into its fields.
//
//       player-910     (  905) [002] d..1.    61.200010: fd_install: (fd_install+0x0/0x110) fd=27
//   TASK-TID           (TGID)  [CPU] FLAGS SEC.FRACTION: EVENT:     ARGS
//
// The kernel right-aligns TASK in 16 columns (trace_print_context), so that a name that imitates the fields
// after it, such as "a-1 [001] 1: x:", cannot be taken for them: the '-' before the tid stands in column 16. Where a
// tool indents otherwise, the last place that can be read as the fields and is near enough for a name wins.
//
// The form is that of Linux' Documentation/trace/ftrace.rst and of trace-cmd-report(1).
#ifndef MEMTRACK_DECODE_FTRACE_LINE_H_
#define MEMTRACK_DECODE_FTRACE_LINE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace memtrack::ftrace {

enum class Shape : uint8_t {
  kColon,   // name: arguments
  kCall,    // sys_close(fd: 7), without a colon
  kReturn,  // sys_close -> 0x0
};

struct Line {
  std::string_view task;  // without the blanks around it
  uint32_t tid = 0;
  uint32_t tgid = 0;  // 0: not told
  uint32_t cpu = 0;
  uint64_t time = 0;   // nanoseconds, or ticks
  bool ticks = false;  // the time is an integer of a counting clock
  Shape shape = Shape::kColon;
  std::string_view event;
  std::string_view args;
};

// Whether [begin, end) is an event line; without its line end.
bool split_line(const char* begin, const char* end, Line& line);

// Finds event names where they stood in the line before, without reading the fields before them: most lines of a
// recording are of events that nobody asked for.
class NameFinder {
 public:
  // The name up to its ':' and nothing else; empty: look closely.
  std::string_view find(const char* begin, const char* end) const {
    const char* const name = begin + name_column_;
    if (name_column_ == 0 || end - begin <= name_column_ + 1) return {};
    if (begin[kDashColumn] != '-' || begin[cpu_column_] != '[' || begin[cpu_column_ + 4] != ']' ||
        name[-1] != ' ' || name[-2] != ':') {
      return {};
    }
    const char* p = name;
    while (p < end && *p != ':' && *p != ' ' && *p != '(') p++;
    if (p == end || *p != ':' || p == name) return {};
    return {name, static_cast<size_t>(p - name)};
  }

  // Where the fields of this line stood, if as the kernel prints them.
  void learn(const char* begin, const Line& line);

 private:
  static constexpr std::ptrdiff_t kDashColumn = 16;

  std::ptrdiff_t name_column_ = 0;  // 0: not known
  std::ptrdiff_t cpu_column_ = 0;
};

}  // namespace memtrack::ftrace

#endif  // MEMTRACK_DECODE_FTRACE_LINE_H_
