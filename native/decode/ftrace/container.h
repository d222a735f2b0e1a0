// Container: takes ftrace text out of what it came in, piece by piece.
//
//   plain      as it is
//   page       the pages of systrace (HTML): lines of <script class="trace-data"> blocks, or of a JavaScript string that
//              begins `var linuxPerfData = "\` and whose lines end `\n\`
//   object     Chrome's JSON: the string under the key "systemTraceEvents"
//
// Thread safety: none.
#ifndef MEMTRACK_DECODE_FTRACE_CONTAINER_H_
#define MEMTRACK_DECODE_FTRACE_CONTAINER_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace memtrack::ftrace {

class Container {
 public:
  enum class Form : uint8_t { kUnknown, kPlain, kPage, kObject };

  // The text in the next piece of the file; valid until the next call. Unchanged if there is no container.
  std::string_view unwrap(std::string_view piece);

  // A page's line that is not text of the trace is taken out here, so that the reader sees only lines of it. Returns
  // false for those; else `line` is what remains of it. REQUIRES: of_lines(). `line` stays valid until the next call.
  bool unwrap_line(std::string_view& line);

  bool of_lines() const { return form_ == Form::kPage; }
  Form form() const { return form_; }

  // The file ended: whether that was inside of what holds the text.
  bool open() const { return inside_; }

 private:
  enum class Block : uint8_t { kNone, kString, kUnread, kTrace, kOther };

  void read_object(std::string_view piece);
  size_t read_escape(std::string_view piece, size_t at);
  void append_code_unit(uint32_t unit);

  Form form_ = Form::kUnknown;
  std::string lead_;  // the blanks before the form was known, and the piece that told it
  std::string text_;
  // Page.
  Block block_ = Block::kNone;
  // Object.
  bool in_string_ = false;
  bool inside_ = false;   // in the string, or block, of the trace
  bool wanted_ = false;   // the last string was the key, and only blanks and ':' followed
  bool escaped_ = false;  // after a backslash
  int hex_digits_ = 0;    // of \uXXXX still to come
  uint32_t code_unit_ = 0;
  uint32_t high_surrogate_ = 0;
  std::string key_;  // the string being read, as far as it may be the key
};

}  // namespace memtrack::ftrace

#endif  // MEMTRACK_DECODE_FTRACE_CONTAINER_H_
