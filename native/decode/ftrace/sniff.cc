// Telling ftrace text from other text.
#include <algorithm>

#include "decode/ftrace/ftrace_decoder.h"
#include "decode/ftrace/line.h"

namespace memtrack {
namespace {

constexpr int kMostLines = 256;

bool contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

bool begins_like(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) {
           return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b + 0x20) : b);
         });
}

}  // namespace

bool looks_like_ftrace(std::span<const uint8_t> head) {
  std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return false;
  const std::string_view begin = text.substr(first);
  if (begins_like(begin, "<!doctype html") || begins_like(begin, "<html")) return true;
  if (begin.front() == '{') {
    return contains(begin, "\"systemTraceEvents\"") || contains(begin, "\"traceEvents\"");
  }
  int lines = 0, alike = 0;
  while (!text.empty() && lines < kMostLines) {
    const size_t stop = text.find('\n');
    std::string_view line = text.substr(0, stop);
    text = stop == std::string_view::npos ? std::string_view() : text.substr(stop + 1);
    if (line.ends_with("\r")) line.remove_suffix(1);
    if (line.empty()) continue;
    if (line.starts_with("# tracer: ") ||
        line.starts_with("# entries-in-buffer/entries-written:")) {
      return true;
    }
    lines++;
    ftrace::Line split;
    if (ftrace::split_line(line.data(), line.data() + line.size(), split)) alike++;
    if (lines == 1 && (line.starts_with("version = ") || line.starts_with("cpus="))) alike++;
  }
  return alike > 0 && alike * 2 >= lines;
}

}  // namespace memtrack
