#include "decode/ftrace/line.h"

#include <cstring>

namespace memtrack::ftrace {
namespace {

constexpr std::ptrdiff_t kDashColumn = 16;
constexpr std::ptrdiff_t kLongestName = 16;  // TASK_COMM_LEN; "<...>" and "<idle>" are shorter
constexpr std::ptrdiff_t kFarthestTid =
    512;  // names of files and instances may stand before the line
constexpr uint64_t kMostSeconds = 9'000'000'000;
constexpr int kNanoDigits = 9;

bool digit(char c) { return c >= '0' && c <= '9'; }
bool name_character(char c) {
  return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

const char* blanks(const char* p, const char* end) {
  while (p < end && *p == ' ') p++;
  return p;
}

// Digits from p on; false if there are none or too many.
bool number(const char*& p, const char* end, uint64_t& value) {
  constexpr std::ptrdiff_t kMostDigits = 19;
  const char* const begin = p;
  value = 0;
  while (p < end && digit(*p)) value = value * 10 + static_cast<uint64_t>(*p++ - '0');
  return p != begin && p - begin <= kMostDigits;
}

// "(  310)", "(-----)", "(       )"
bool read_tgid(const char*& p, const char* end, uint32_t& tgid) {
  p++;
  p = blanks(p, end);
  uint64_t value = 0;
  if (p < end && digit(*p)) {
    if (!number(p, end, value) || value > INT32_MAX) return false;
  } else {
    while (p < end && *p == '-') p++;
  }
  p = blanks(p, end);
  if (p == end || *p != ')') return false;
  p = blanks(p + 1, end);
  tgid = static_cast<uint32_t>(value);
  return true;
}

// "812.400117:", "812.400117005:", "36481732:"
bool read_time(const char*& p, const char* end, Line& line) {
  uint64_t whole = 0;
  if (!number(p, end, whole) || p == end) return false;
  if (*p == '.') {
    if (whole > kMostSeconds) return false;
    p++;
    uint64_t fraction = 0;
    int digits = 0;
    while (p < end && digit(*p) && digits < kNanoDigits) {
      fraction = fraction * 10 + static_cast<uint64_t>(*p++ - '0');
      digits++;
    }
    if (digits == 0) return false;
    for (; digits < kNanoDigits; digits++) fraction *= 10;
    line.time = whole * 1'000'000'000 + fraction;
    line.ticks = false;
  } else {
    if (whole >> 63 != 0) return false;
    line.time = whole;
    line.ticks = true;
  }
  if (p == end || *p != ':') return false;
  p++;
  return true;
}

bool read_event(const char* p, const char* end, Line& line) {
  const char* const name = p;
  while (p < end && name_character(*p)) p++;
  if (p == name || p == end) return false;
  line.event = {name, static_cast<size_t>(p - name)};
  if (*p == ':') {
    line.shape = Shape::kColon;
    p = blanks(p + 1, end);
  } else if (*p == '(') {
    line.shape = Shape::kCall;
    p++;
    if (end > p && end[-1] == ')') end--;
  } else if (end - p >= 4 && std::memcmp(p, " -> ", 4) == 0) {
    line.shape = Shape::kReturn;
    p += 4;
  } else {
    return false;
  }
  line.args = {p, static_cast<size_t>(end - p)};
  return true;
}

// The fields from the '-' before the tid on.
bool read_fields(const char* begin, const char* dash, const char* end, Line& line) {
  const char* p = dash + 1;
  uint64_t tid = 0, cpu = 0;
  if (!number(p, end, tid) || tid > UINT32_MAX) return false;
  line.tid = tid > INT32_MAX ? 0 : static_cast<uint32_t>(tid);
  if (p == end || *p != ' ') return false;
  p = blanks(p, end);
  line.tgid = 0;
  if (p < end && *p == '(' && !read_tgid(p, end, line.tgid)) return false;
  if (p == end || *p != '[') return false;
  const char* const cpu_begin = ++p;
  if (!number(p, end, cpu) || cpu > UINT32_MAX || p - cpu_begin < 3) return false;
  line.cpu = static_cast<uint32_t>(cpu);
  if (end - p < 2 || *p != ']' || p[1] != ' ') return false;
  p = blanks(p + 1, end);
  if (p < end && !digit(*p)) {  // flags
    while (p < end && *p != ' ') p++;
    p = blanks(p, end);
    if (p < end && !digit(*p) && std::strchr("!+#*@$", *p) != nullptr) {  // delay mark
      p = blanks(p + 1, end);
    }
  }
  if (!read_time(p, end, line)) return false;
  p = blanks(p, end);
  if (!read_event(p, end, line)) return false;
  const char* task = blanks(begin, dash);
  line.task = {task, static_cast<size_t>(dash - task)};
  return true;
}

}  // namespace

bool split_line(const char* begin, const char* end, Line& line) {
  if (end - begin > kDashColumn && begin[kDashColumn] == '-' &&
      read_fields(begin, begin + kDashColumn, end, line)) {
    return true;
  }
  // Elsewhere: the first place that can be read so, and then whether a later one is still within a name's length.
  const char* limit = end - begin > kFarthestTid ? begin + kFarthestTid : end;
  bool found = false;
  for (const char* p = begin; p < limit; p++) {
    p = static_cast<const char*>(std::memchr(p, '-', static_cast<size_t>(limit - p)));
    if (p == nullptr) break;
    if (end - p < 2 || !digit(p[1])) continue;
    Line candidate;
    if (!read_fields(begin, p, end, candidate)) continue;
    line = candidate;
    if (!found && limit - p > kLongestName) limit = p + kLongestName + 1;
    found = true;
  }
  return found;
}

void NameFinder::learn(const char* begin, const Line& line) {
  name_column_ = 0;
  if (line.shape != Shape::kColon || line.ticks) return;
  if (line.task.data() + line.task.size() - begin != kDashColumn) return;
  const std::ptrdiff_t name = line.event.data() - begin;
  for (std::ptrdiff_t at = kDashColumn; at + 5 < name; at++) {
    if (begin[at] == '[' && begin[at + 4] == ']') {
      cpu_column_ = at;
      name_column_ = name;
      return;
    }
  }
}

}  // namespace memtrack::ftrace
