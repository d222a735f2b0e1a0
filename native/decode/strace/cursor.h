// Cursor: reads the arguments of one printed call from left to right. Every reader either succeeds and moves on,
// or sets bad() and stays; nothing reads past the line. Text is hostile: a quoted string may contain
// anything that looks like an argument, so strings, annotations and comments are always skipped as units.
//
// Thread safety: none.
#ifndef MEMTRACK_DECODE_STRACE_CURSOR_H_
#define MEMTRACK_DECODE_STRACE_CURSOR_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace memtrack::strace {

// A descriptor as printed: `5</memfd:frame>(deleted)`.
struct FdText {
  int64_t fd = -1;
  std::string_view name;  // between < and >; empty if not annotated
  bool annotated = false;
  bool deleted = false;  // "(deleted)" follows the annotation
};

// A string as printed: the bytes between the quotes, escapes not yet decoded.
struct QuotedText {
  std::string_view raw;
  bool null = false;      // NULL or an address: not a string
  bool cut = false;       // followed by "..."
  bool abstract = false;  // preceded by @
};

class Cursor {
 public:
  Cursor(const char* at, const char* end) : at_(at), end_(end) {}

  bool bad() const { return bad_; }
  const char* at() const { return at_; }
  const char* end() const { return end_; }
  char peek() const { return at_ < end_ ? *at_ : '\0'; }

  void blanks() {
    while (at_ < end_ && *at_ == ' ') at_++;
  }
  bool eat(char c) {
    if (at_ >= end_ || *at_ != c) return false;
    at_++;
    return true;
  }
  bool eat(std::string_view word) {
    if (static_cast<size_t>(end_ - at_) < word.size()) return false;
    if (std::memcmp(at_, word.data(), word.size()) != 0) return false;
    at_ += word.size();
    return true;
  }

  // ", " between arguments.
  void comma() {
    if (!eat(',')) bad_ = true;
    blanks();
  }

  // Decimal, 0x…, 0… (octal) or NULL; a sign; a comment after it. Wraps like the kernel's unsigned long.
  uint64_t number();
  FdText fd();
  QuotedText quoted();
  // One argument of any kind, up to its ',' ')' ']' or '}'. The text it had.
  std::string_view skip();

  // Just after the next `word` that is not inside a string or an annotation; false: none, nothing moved.
  bool seek(std::string_view word);

 private:
  void annotation();  // at '<'
  void string();      // at '"'
  void comment();     // at "/*"

  const char* at_;
  const char* end_;
  bool bad_ = false;
};

// Appends the bytes that `raw` stands for: octal (\76), hexadecimal (\x3e) and C escapes decoded.
void append_unescaped(std::string_view raw, std::string& out);

// Symbolic or numeric flags: the sum of the values of the names that `value_of` knows.
template <typename ValueOf>
uint64_t read_flags(std::string_view text, ValueOf value_of) {
  uint64_t flags = 0;
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p < end) {
    if (*p >= '0' && *p <= '9') {
      Cursor number(p, end);
      flags |= number.number();
      if (number.at() == p) return flags;
      p = number.at();
    } else {
      const char* word = p;
      while (p < end && *p != '|' && *p != ' ') p++;
      flags |= value_of(std::string_view(word, static_cast<size_t>(p - word)));
    }
    while (p < end && (*p == '|' || *p == ' ')) p++;
  }
  return flags;
}

}  // namespace memtrack::strace

#endif  // MEMTRACK_DECODE_STRACE_CURSOR_H_
