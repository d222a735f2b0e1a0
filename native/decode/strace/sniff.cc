// Telling strace's output from other text.
#include <algorithm>
#include <cstring>

#include "decode/strace/line.h"
#include "decode/strace/strace_decoder.h"

namespace memtrack {
namespace {

constexpr int kMostLines = 64;

bool contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

}  // namespace

// Other text has lines like calls, too: at least one must also end like one of strace's.
bool looks_like_strace(std::span<const uint8_t> head) {
  const char* p = reinterpret_cast<const char*>(head.data());
  const char* const end = p + head.size();
  if (head.size() >= 3 && std::memcmp(p, "\xef\xbb\xbf", 3) == 0) p += 3;
  int lines = 0, alike = 0, certain = 0;
  for (; p < end && lines < kMostLines; lines++) {
    const char* stop = std::find(p, end, '\n');
    const bool whole = stop != end;
    const char* const next = whole ? stop + 1 : end;
    if (stop > p && stop[-1] == '\r') stop--;
    const std::string_view text(p, static_cast<size_t>(stop - p));
    p = next;
    if (text.empty() || text.starts_with(" > ") || (!whole && lines > 0)) {
      lines--;
      if (!whole) break;
      continue;
    }
    strace::Line line;
    if (text.starts_with("strace: ")) {
      alike++;
    } else if (strace::split_line(text.data(), text.data() + text.size(), line)) {
      alike++;
      const std::string_view rest(line.text, static_cast<size_t>(line.end - line.text));
      if (rest.ends_with(" <unfinished ...>") || rest.ends_with(" +++") ||
          rest.starts_with("<... ") || contains(rest, ") = ") || contains(rest, ")  ")) {
        certain++;
      }
    }
  }
  return certain > 0 && alike * 2 >= lines;
}

}  // namespace memtrack
