#include "decode/strace/cursor.h"

#include <array>

namespace memtrack::strace {
namespace {

// What skip() must look at; everything else is passed over.
constexpr std::array<bool, 256> kSpecial = [] {
  std::array<bool, 256> table{};
  for (const char c : {'"', '(', ')', '[', ']', '{', '}', ',', '<', '/', '\''}) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

uint64_t Cursor::number() {
  const char* p = at_;
  const bool minus = p < end_ && *p == '-';
  if (minus) p++;
  uint64_t value = 0;
  if (end_ - p > 2 && p[0] == '0' && p[1] == 'x' && hex_value(p[2]) >= 0) {
    for (p += 2; p < end_ && hex_value(*p) >= 0; p++) {
      value = value << 4 | static_cast<uint64_t>(hex_value(*p));
    }
  } else if (p < end_ && *p == '0') {
    for (; p < end_ && *p >= '0' && *p <= '7'; p++) {
      value = value << 3 | static_cast<uint64_t>(*p - '0');
    }
  } else if (p < end_ && is_digit(*p)) {
    for (; p < end_ && is_digit(*p); p++) value = value * 10 + static_cast<uint64_t>(*p - '0');
  } else if (!minus && eat("NULL")) {
    return 0;
  } else {
    bad_ = true;
    return 0;
  }
  at_ = p;
  if (end_ - at_ > 3 && at_[0] == ' ' && at_[1] == '/' && at_[2] == '*') {
    at_++;
    comment();
  }
  return minus ? 0 - value : value;
}

FdText Cursor::fd() {
  FdText fd;
  if (at_ < end_ && *at_ == 'A') {  // AT_FDCWD</dir>
    fd.fd = -100;
    if (!eat("AT_FDCWD")) bad_ = true;
  } else {
    fd.fd = static_cast<int32_t>(number());
  }
  if (bad_ || at_ >= end_ || *at_ != '<') return fd;
  const char* open = at_ + 1;
  annotation();
  if (bad_) return fd;
  fd.annotated = true;
  fd.name = {open, static_cast<size_t>(at_ - 1 - open)};
  fd.deleted = eat("(deleted)");
  return fd;
}

// A path escapes < and > inside, so the first of them ends it or opens the device's numbers. Other
// kinds are not escaped, but the only '>' they contain is that of "->".
void Cursor::annotation() {
  const char* p = at_ + 1;
  const bool path = p < end_ && *p == '/';
  if (path) {
    const auto* close =
        static_cast<const char*>(std::memchr(p, '>', static_cast<size_t>(end_ - p)));
    if (close != nullptr && (close + 1 >= end_ || close[1] != '>')) {
      at_ = close + 1;
      return;
    }
  }
  int depth = 1;
  for (; p < end_; p++) {
    if (*p == '<') {
      depth++;
    } else if (*p == '>') {
      if (!path && p[-1] == '-') continue;
      if (--depth == 0) {
        at_ = p + 1;
        return;
      }
    }
  }
  bad_ = true;
}

void Cursor::string() {
  const char* p = at_ + 1;
  while (p < end_) {
    const auto* quote =
        static_cast<const char*>(std::memchr(p, '"', static_cast<size_t>(end_ - p)));
    if (quote == nullptr) break;
    const char* back = quote;
    while (back > p && back[-1] == '\\') back--;
    p = quote + 1;
    if ((quote - back) % 2 == 0) {
      at_ = p;
      return;
    }
  }
  bad_ = true;
}

void Cursor::comment() {
  for (const char* p = at_ + 2; p + 1 < end_; p++) {
    if (p[0] == '*' && p[1] == '/') {
      at_ = p + 2;
      return;
    }
  }
  bad_ = true;
}

QuotedText Cursor::quoted() {
  QuotedText text;
  if (at_ < end_ && *at_ == '@' && at_ + 1 < end_ && at_[1] == '"') {
    text.abstract = true;
    at_++;
  }
  if (at_ >= end_ || *at_ != '"') {
    text.null = true;
    skip();
    return text;
  }
  const char* open = at_ + 1;
  string();
  if (bad_) return text;
  text.raw = {open, static_cast<size_t>(at_ - 1 - open)};
  text.cut = eat("...");
  return text;
}

std::string_view Cursor::skip() {
  const char* const from = at_;
  int depth = 0;
  while (!bad_) {
    while (at_ < end_ && !kSpecial[static_cast<unsigned char>(*at_)]) at_++;
    if (at_ >= end_) {
      bad_ = true;
      break;
    }
    switch (*at_) {
      case '"':
        string();
        break;
      case '<':
        if (at_ > from && (is_digit(at_[-1]) || at_[-1] == 'D') && at_ + 1 < end_ &&
            at_[1] != '<') {
          annotation();
        } else {
          at_++;
        }
        break;
      case '/':
        if (at_ + 1 < end_ && at_[1] == '*') {
          comment();
        } else {
          at_++;
        }
        break;
      case '\'':
        at_ += at_ + 2 < end_ && at_[2] == '\'' ? 3 : 1;
        break;
      case '(':
      case '[':
      case '{':
        depth++;
        at_++;
        break;
      case ',':
        if (depth == 0) return {from, static_cast<size_t>(at_ - from)};
        at_++;
        break;
      default:
        if (depth-- == 0) return {from, static_cast<size_t>(at_ - from)};
        at_++;
    }
  }
  return {from, static_cast<size_t>(at_ - from)};
}

bool Cursor::seek(std::string_view word) {
  const char* const from = at_;
  for (const char* p = at_; p < end_; p++) {
    if (*p == '"' || (*p == '<' && p > from && (is_digit(p[-1]) || p[-1] == 'D'))) {
      at_ = p;
      *p == '"' ? string() : annotation();
      if (bad_) break;
      p = at_ - 1;
    } else if (*p == word.front() && static_cast<size_t>(end_ - p) >= word.size() &&
               std::memcmp(p, word.data(), word.size()) == 0) {
      at_ = p + word.size();
      return true;
    }
  }
  at_ = from;
  bad_ = false;
  return false;
}

void append_unescaped(std::string_view raw, std::string& out) {
  const char* p = raw.data();
  const char* const end = p + raw.size();
  while (p < end) {
    if (*p != '\\' || p + 1 == end) {
      out.push_back(*p++);
      continue;
    }
    p++;
    if (*p >= '0' && *p <= '7') {
      unsigned value = 0;
      for (int i = 0; i < 3 && p < end && *p >= '0' && *p <= '7'; i++) {
        value = value * 8 + static_cast<unsigned>(*p++ - '0');
      }
      out.push_back(static_cast<char>(value));
      continue;
    }
    if (*p == 'x' && p + 1 < end && hex_value(p[1]) >= 0) {
      int value = hex_value(p[1]);
      p += 2;
      if (p < end && hex_value(*p) >= 0) value = value * 16 + hex_value(*p++);
      out.push_back(static_cast<char>(value));
      continue;
    }
    switch (*p) {
      case 'a':
        out.push_back('\a');
        break;
      case 'b':
        out.push_back('\b');
        break;
      case 'e':
        out.push_back('\033');
        break;
      case 'f':
        out.push_back('\f');
        break;
      case 'n':
        out.push_back('\n');
        break;
      case 'r':
        out.push_back('\r');
        break;
      case 't':
        out.push_back('\t');
        break;
      case 'v':
        out.push_back('\v');
        break;
      default:
        out.push_back(*p);
    }
    p++;
  }
}

}  // namespace memtrack::strace
