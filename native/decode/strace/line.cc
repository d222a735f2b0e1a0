#include "decode/strace/line.h"

#include <array>
#include <cstddef>
#include <cstring>

namespace memtrack::strace {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kHighestPid = 1u << 22;  // PID_MAX_LIMIT

bool is_digit(char c) { return c >= '0' && c <= '9'; }

const char* blanks(const char* p, const char* end) {
  while (p < end && *p == ' ') p++;
  return p;
}

// At most 18 digits; more is not a number here.
const char* digits(const char* p, const char* end, uint64_t& value) {
  value = 0;
  const char* const from = p;
  for (; p < end && is_digit(*p); p++) {
    if (p - from == 18) return from;
    value = value * 10 + static_cast<uint64_t>(*p - '0');
  }
  return p;
}

// ".123456" in nanoseconds; without a point: 0.
const char* fraction(const char* p, const char* end, uint64_t& ns) {
  ns = 0;
  if (p >= end || *p != '.') return p;
  uint64_t scale = kSecond / 10;
  for (p++; p < end && is_digit(*p); p++) {
    ns += static_cast<uint64_t>(*p - '0') * scale;
    scale /= 10;
  }
  return p;
}

// TIME at p; `padded`: blanks stand before it that pad a relative time. Returns p if there is none.
const char* read_time(const char* p, const char* end, bool padded, Line& line) {
  uint64_t seconds = 0, ns = 0;
  const char* after = digits(p, end, seconds);
  if (after == p || after >= end) return p;
  if (*after == ':') {
    uint64_t minutes = 0, rest = 0;
    const char* q = digits(after + 1, end, minutes);
    if (q == after + 1 || q >= end || *q != ':') return p;
    const char* s = digits(q + 1, end, rest);
    if (s == q + 1 || seconds > 24 || minutes > 59 || rest > 60) return p;
    s = fraction(s, end, ns);
    if (s >= end || *s != ' ') return p;
    line.form = TimeForm::kDay;
    line.time = ((seconds * 60 + minutes) * 60 + rest) * kSecond + ns;
    return s + 1;
  }
  const bool whole = *after != '.';
  after = fraction(after, end, ns);
  if (after >= end || *after != ' ' || seconds > ~uint64_t{0} / kSecond - 1) return p;
  line.form = padded && !whole && seconds < 1'000'000 ? TimeForm::kRelative : TimeForm::kEpoch;
  line.time = seconds * kSecond + ns;
  return after + 1;
}

constexpr std::array<bool, 256> kName = [] {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; c++) {
    table[static_cast<size_t>(c)] =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }
  return table;
}();

// 1700000000.000100 as -ttt prints it until 2286, without a loop. False: it is something else.
bool read_epoch(const char* p, const char* end, Line& line) {
  constexpr ptrdiff_t kSeconds = 10, kMicros = 6;
  if (end - p <= kSeconds + 1 + kMicros || p[kSeconds] != '.' || p[kSeconds + 1 + kMicros] != ' ') {
    return false;
  }
  uint64_t seconds = 0, micros = 0;
  bool wrong = false;
  for (ptrdiff_t i = 0; i < kSeconds; i++) {
    const unsigned digit = static_cast<unsigned char>(p[i]) - unsigned{'0'};
    wrong |= digit > 9;
    seconds = seconds * 10 + digit;
  }
  for (ptrdiff_t i = kSeconds + 1; i <= kSeconds + kMicros; i++) {
    const unsigned digit = static_cast<unsigned char>(p[i]) - unsigned{'0'};
    wrong |= digit > 9;
    micros = micros * 10 + digit;
  }
  if (wrong) return false;
  line.form = TimeForm::kEpoch;
  line.time = seconds * kSecond + micros * 1000;
  return true;
}

// Whether what follows PID and TIME can be strace's.
bool begins_like_strace(Line& line) {
  const char* const p = line.text;
  const ptrdiff_t length = line.end - p;
  if (length <= 0) return false;
  switch (*p) {
    case '<':
      return length > 5 && std::memcmp(p, "<... ", 5) == 0;
    case '+':
      return length > 4 && std::memcmp(p, "+++ ", 4) == 0;
    case '-':
      return length > 4 && std::memcmp(p, "--- ", 4) == 0;
    case '?':
      return length > 2 && std::memcmp(p, "???", 3) == 0;
    default:
      line.call = call_name(p, line.end);
      return !line.call.empty();
  }
}

}  // namespace

std::string_view call_name(const char* text, const char* end) {
  const char* p = text;
  while (p < end && kName[static_cast<unsigned char>(*p)]) p++;
  if (p == text || p >= end || *p != '(' || is_digit(*text)) return {};
  return {text, static_cast<size_t>(p - text)};
}

bool split_line(const char* begin, const char* end, Line& line) {
  line = Line{};
  line.end = end;
  const char* p = begin;
  const char* field_end = begin;  // where a time would begin without padding
  if (end - p >= 7 && std::memcmp(p, "[pid ", 5) == 0) {
    p = blanks(p + 5, end);
    uint64_t tid = 0;
    const char* after = digits(p, end, tid);
    if (after == p || tid == 0 || tid > UINT32_MAX) return false;
    p = after;
    line.tid = static_cast<uint32_t>(tid);
    line.has_tid = true;
    if (p < end && *p == '<') {
      const auto* bracket =
          static_cast<const char*>(std::memchr(p, ']', static_cast<size_t>(end - p)));
      if (bracket == nullptr || bracket[-1] != '>') return false;
      line.comm = {p + 1, static_cast<size_t>(bracket - p - 2)};
      p = bracket;
    }
    if (p + 1 >= end || p[0] != ']' || p[1] != ' ') return false;
    p += 2;
    field_end = p;
  } else if (p < end && is_digit(*p)) {
    uint64_t tid = 0;
    const char* after = digits(p, end, tid);
    if (after < end && (*after == ' ' || *after == '<') && tid != 0 && tid <= kHighestPid) {
      line.tid = static_cast<uint32_t>(tid);
      line.has_tid = true;
      field_end = p + 6;
      p = after;
      if (*p == '<') {
        const auto* close =
            static_cast<const char*>(std::memchr(p, '>', static_cast<size_t>(end - p)));
        if (close == nullptr || close + 1 >= end || close[1] != ' ') return false;
        line.comm = {p + 1, static_cast<size_t>(close - p - 1)};
        p = close + 1;
      }
      p++;
      if (field_end < p) field_end = p;
    }
  }
  const char* const time = blanks(p, end);
  if (read_epoch(time, end, line)) {
    p = time + 18;
  } else {
    p = read_time(time, end, time > field_end, line);
  }
  if (p < end && *p == '(' && end - p > 2 && p[1] == '+') {  // "(+     0.000021) "
    const auto* close = static_cast<const char*>(std::memchr(p, ')', static_cast<size_t>(end - p)));
    if (close == nullptr) return false;
    p = blanks(close + 1, end);
  }
  while (p < end && *p == '[') {  // -i "[00007f1234567890] ", -n "[ 257] "
    const auto* close = static_cast<const char*>(std::memchr(p, ']', static_cast<size_t>(end - p)));
    if (close == nullptr || close - p > 20) return false;
    p = blanks(close + 1, end);
  }
  line.text = p;
  return begins_like_strace(line);
}

}  // namespace memtrack::strace
