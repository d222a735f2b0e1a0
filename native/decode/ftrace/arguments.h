// Arguments: the text after an event's name, read by key. Values may hold blanks and commas, so that a value is
// found by its own key and ends at the next one that the event is known to print.
#ifndef MEMTRACK_DECODE_FTRACE_ARGUMENTS_H_
#define MEMTRACK_DECODE_FTRACE_ARGUMENTS_H_

#include <cstdint>
#include <cstring>
#include <string_view>

namespace memtrack::ftrace {

// A number as events print it: decimal with a sign, or hexadecimal.
struct Number {
  uint64_t value = 0;
  bool negative = false;  // it had a sign; value is without it
  bool found = false;
  size_t length = 0;  // characters it was read from

  explicit operator bool() const { return found; }
  uint64_t signed_value() const { return negative ? ~value + 1 : value; }
};

// Decimal; with 0x, or if `hex`, hexadecimal. What follows the digits is not looked at.
inline Number parse_number(std::string_view text, bool hex = false) {
  Number number;
  size_t at = 0;
  if (at < text.size() && text[at] == '-') {
    number.negative = true;
    at++;
  }
  if (text.size() - at > 2 && text[at] == '0' && (text[at + 1] == 'x' || text[at + 1] == 'X')) {
    hex = true;
    at += 2;
  }
  const size_t begin = at;
  if (hex) {
    for (; at < text.size(); at++) {
      const char c = text[at];
      const char lower = static_cast<char>(c | 0x20);
      uint64_t digit;
      if (c >= '0' && c <= '9') {
        digit = static_cast<uint64_t>(c - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        digit = static_cast<uint64_t>(lower - 'a') + 10;
      } else {
        break;
      }
      if (number.value >> 60 != 0) return {};  // no kernel prints it
      number.value = number.value << 4 | digit;
    }
  } else {
    for (; at < text.size(); at++) {
      const auto digit = static_cast<uint64_t>(static_cast<unsigned char>(text[at])) - '0';
      if (digit > 9) break;
      if (at - begin >= 19 && number.value > (UINT64_MAX - digit) / 10) return {};
      number.value = number.value * 10 + digit;
    }
  }
  number.found = at != begin;
  number.length = at;
  return number;
}

class Arguments {
 public:
  explicit Arguments(std::string_view text) : text_(text) {}

  std::string_view text() const { return text_; }

  // What follows `key` (with its '=' or ": ") where that begins the text or follows a blank or a comma. The whole
  // rest of the line; empty if the key is not there.
  std::string_view after(std::string_view key) const {
    for (size_t at = text_.find(key); at != std::string_view::npos; at = text_.find(key, at + 1)) {
      if (at == 0 || text_[at - 1] == ' ' || text_[at - 1] == ',') {
        return text_.substr(at + key.size());
      }
    }
    return {};
  }

  // Quick where numbers are asked for in the order in which they stand.
  Number number(std::string_view key, bool hex = false) const {
    const std::string_view rest = text_.substr(next_);
    if (!rest.starts_with(key)) return parse_number(after(key), hex);
    const Number number = parse_number(rest.substr(key.size()), hex);
    const size_t blank = rest.find(' ', key.size() + number.length);
    next_ = blank == std::string_view::npos ? text_.size() : next_ + blank + 1;
    return number;
  }

  // Where a name that may imitate the key stands before it.
  Number last_number(std::string_view key) const {
    const size_t at = text_.rfind(key);
    return at == std::string_view::npos ? Number{} : parse_number(text_.substr(at + key.size()));
  }

  // The value from `key` to the last `next` after it; to the end of the line where `next` is not there.
  std::string_view text_until(std::string_view key, std::string_view next) const {
    const std::string_view rest = after(key);
    const size_t stop = rest.rfind(next);
    return stop == std::string_view::npos ? rest : rest.substr(0, stop);
  }

  // A value of one word: up to the next blank or comma.
  std::string_view word(std::string_view key) const {
    const std::string_view rest = after(key);
    return rest.substr(0, rest.find_first_of(" ,"));
  }

 private:
  std::string_view text_;
  mutable size_t next_ = 0;  // after the number read last
};

}  // namespace memtrack::ftrace

#endif  // MEMTRACK_DECODE_FTRACE_ARGUMENTS_H_
