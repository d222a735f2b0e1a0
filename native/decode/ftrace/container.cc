#include "decode/ftrace/container.h"

#include <algorithm>

namespace memtrack::ftrace {
namespace {

constexpr std::string_view kKey = "systemTraceEvents";
constexpr std::string_view kOldBegin = "var linuxPerfData = \"\\";

std::string_view without_blanks(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

std::string_view without_end(std::string_view text) {
  while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

bool contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

// `<script class="trace-data" type="application/text">` at the start of a line: the viewer's own script has the
// same words inside its strings.
bool begins_block(std::string_view text) {
  return text.starts_with("<script") && contains(text, "trace-data") && contains(text, ">");
}

// Unknown: nothing yet but blanks and a byte order mark. A line may begin with '<', too: "<idle>-0", "<...>-612".
Container::Form form_of(std::string_view begin) {
  const size_t first = begin.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (first == std::string_view::npos) return Container::Form::kUnknown;
  if (begin[first] == '{') return Container::Form::kObject;
  if (begin[first] != '<') return Container::Form::kPlain;
  if (first + 1 == begin.size()) return Container::Form::kUnknown;
  const char next = begin[first + 1];
  return next == '!' || next == 'h' || next == 'H' ? Container::Form::kPage
                                                   : Container::Form::kPlain;
}

}  // namespace

std::string_view Container::unwrap(std::string_view piece) {
  if (form_ == Form::kUnknown) {
    lead_ += piece;
    form_ = form_of(lead_);
    if (form_ == Form::kUnknown) return {};
    piece = lead_;
  }
  if (form_ != Form::kObject) return piece;
  text_.clear();
  read_object(piece);
  return text_;
}

bool Container::unwrap_line(std::string_view& line) {
  switch (block_) {
    case Block::kNone: {
      const std::string_view text = without_blanks(line);
      if (begins_block(text)) {
        block_ = Block::kUnread;
        line = text.substr(text.find('>') + 1);
        inside_ = true;
        return !without_blanks(line).empty() && unwrap_line(line);
      }
      if (without_end(text).ends_with(kOldBegin)) {
        block_ = Block::kString;
        inside_ = true;
      }
      return false;
    }
    case Block::kString: {
      std::string_view text = without_end(line);
      if (text.starts_with("\";") || text.ends_with("\";")) {
        block_ = Block::kNone;
        inside_ = false;
        text.remove_suffix(2);
        if (text.ends_with("\\n")) text.remove_suffix(2);
        if (text.empty() || text.front() == '"') return false;
      } else {
        if (text.ends_with("\\")) text.remove_suffix(1);
        if (text.ends_with("\\n")) text.remove_suffix(2);
      }
      text_.clear();
      for (size_t at = 0; at < text.size(); at++) {
        if (text[at] == '\\' && at + 1 < text.size()) at++;
        text_ += text[at];
      }
      line = text_;
      return true;
    }
    case Block::kUnread:
    case Block::kTrace:
    case Block::kOther: {
      const size_t stop = line.find("</script>");
      if (stop != std::string_view::npos) line = line.substr(0, stop);
      const std::string_view text = without_blanks(line);
      // Of JSON, which stands in a block of its own, a line may look like anything.
      if (block_ == Block::kUnread && !text.empty()) {
        block_ = text.front() == '{' || text.front() == '[' ? Block::kOther : Block::kTrace;
      }
      const bool read = block_ == Block::kTrace;
      if (stop != std::string_view::npos) {
        block_ = Block::kNone;
        inside_ = false;
      }
      if (!read || text.empty()) return false;
      // Blocks are indented by two blanks; the columns of the lines are then two further on.
      if (line.starts_with("  ")) line.remove_prefix(2);
      return true;
    }
  }
  return false;
}

// A scanner, no parser: strings are told apart, the rest only as far as needed to know a key from a value.
void Container::read_object(std::string_view piece) {
  for (size_t at = 0; at < piece.size();) {
    const char c = piece[at];
    if (!in_string_) {
      if (c == '"') {
        in_string_ = true;
        inside_ = wanted_ && key_ == ":";
        key_.clear();
        wanted_ = false;
      } else if (wanted_) {
        if (c == ':' && key_.empty()) {
          key_ = ":";
        } else if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
          wanted_ = false;
          key_.clear();
        }
      }
      at++;
      continue;
    }
    if (escaped_ || hex_digits_ > 0) {
      at = read_escape(piece, at);
      continue;
    }
    if (c == '\\') {
      escaped_ = true;
      at++;
      continue;
    }
    if (c == '"') {
      in_string_ = false;
      wanted_ = !inside_ && key_ == kKey;
      key_.clear();
      if (inside_) text_ += '\n';
      inside_ = false;
      at++;
      continue;
    }
    // To the next backslash or quote.
    size_t stop = at + 1;
    while (stop < piece.size() && piece[stop] != '\\' && piece[stop] != '"') stop++;
    if (inside_) {
      text_.append(piece, at, stop - at);
    } else if (key_.size() <= kKey.size()) {
      key_.append(piece, at, std::min(stop - at, kKey.size() + 1));
    }
    at = stop;
  }
}

size_t Container::read_escape(std::string_view piece, size_t at) {
  const char c = piece[at];
  if (hex_digits_ > 0) {
    const char lower = static_cast<char>(c | 0x20);
    uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<uint32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      digit = static_cast<uint32_t>(lower - 'a') + 10;
    } else {
      hex_digits_ = 0;  // damaged; the character counts as itself
      return at;
    }
    code_unit_ = code_unit_ << 4 | digit;
    if (--hex_digits_ == 0) append_code_unit(code_unit_);
    return at + 1;
  }
  escaped_ = false;
  if (c == 'u') {
    hex_digits_ = 4;
    code_unit_ = 0;
    return at + 1;
  }
  if (inside_) {
    switch (c) {
      case 'n':
        text_ += '\n';
        break;
      case 't':
        text_ += '\t';
        break;
      case 'r':
        text_ += '\r';
        break;
      case 'b':
      case 'f':
        text_ += ' ';
        break;
      default:
        text_ += c;
    }
  }
  return at + 1;
}

// UTF-16 to UTF-8; half of a pair alone becomes U+FFFD.
void Container::append_code_unit(uint32_t unit) {
  if (!inside_) return;
  if (unit >= 0xd800 && unit < 0xdc00) {
    high_surrogate_ = unit;
    return;
  }
  uint32_t point = unit;
  if (unit >= 0xdc00 && unit < 0xe000) {
    point = high_surrogate_ == 0 ? 0xfffd
                                 : 0x10000 + ((high_surrogate_ - 0xd800) << 10) + (unit - 0xdc00);
  }
  high_surrogate_ = 0;
  const auto byte = [this](uint32_t value) { text_ += static_cast<char>(value); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xc0 | point >> 6);
    byte(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    byte(0xe0 | point >> 12);
    byte(0x80 | (point >> 6 & 0x3f));
    byte(0x80 | (point & 0x3f));
  } else {
    byte(0xf0 | point >> 18);
    byte(0x80 | (point >> 12 & 0x3f));
    byte(0x80 | (point >> 6 & 0x3f));
    byte(0x80 | (point & 0x3f));
  }
}

}  // namespace memtrack::ftrace
