// Pages and documents that hold ftrace text, and bytes that are damaged.
#include <doctest/doctest.h>

#include <random>
#include <string>

#include "decode/ftrace/ftrace_decoder.h"
#include "decoded_text.h"
#include "seed.h"

using memtrack::FtraceDecoder;
using memtrack::test::decode_as;
using memtrack::test::Decoded;

namespace {

const std::string kText =
    "# tracer: nop\n#\n"
    "          \"a\" \\b-7     (    4) [000] .....     1.500000: dma_heap_stat: inode=9 len=4096B "
    "total_allocated=8192B\n"
    "               c-8     (    4) [001] .....     1.600000: dma_heap_stat: inode=9 len=-4096B "
    "total_allocated=4096B\n";

const std::string kEvents =
    "task 1 tid=7 tgid=4\ncomm 1 \"\"a\" \\b\"\nalloc 1 space=1 4096 id=9 total=8192\n"
    "task 2 tid=8 tgid=4\ncomm 2 \"c\"\nfree 2 space=1 4096 id=9 total=4096\n";

const std::string kViewer =
    "<!DOCTYPE HTML>\n<html>\n<head>\n<script>\n"
    "var x = '<script class=\"trace-data\" type=\"application/text\">';\n"
    "    y('x-9 [000] 1.5: dma_heap_stat: inode=1 len=1B total_allocated=1B');\n"
    "x-9 [000] 1.5: dma_heap_stat: inode=1 len=1B total_allocated=1B\n"
    "</script>\n</head>\n<body>\n";

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string old_page() {
  std::string data = replace_all(replace_all(kText, "\\", "\\\\"), "\"", "\\\"");
  return kViewer + "  <script>\n  var linuxPerfData = \"\\\n" + replace_all(data, "\n", "\\n\\\n") +
         "\\n\";\n  </script>\n</body>\n</html>\n";
}

std::string indented(const std::string& text) { return "  " + replace_all(text, "\n", "\n  "); }

std::string new_page() {
  return kViewer + "  <script class=\"trace-data\" type=\"application/text\">\n" +
         indented(
             "PROCESS DUMP\n"
             "USER            PID   PPID     VSZ    RSS WCHAN  PC S NAME                 COMM\n"
             "system            4      1  912340   8120 0       0 S camera.provider      x\n"
             "USER            PID   TID CMD\n"
             "system            4      8 my thread\n") +
         "\n</script>\n<script class=\"trace-data\" type=\"application/text\">\n" +
         indented(replace_all(kText, "(    4)", "(-----)")) +
         "\n</script>\n<script class=\"trace-data\" type=\"application/text\">\n"
         "{\"traceEvents\":[\n"
         "x-9 [000] 1.5: dma_heap_stat: inode=1 len=1B total_allocated=1B\n"
         "]}\n</script>\n</body></html>\n";
}

std::string document(bool escape_all = false) {
  std::string string;
  for (const char c : kText) {
    if (escape_all) {
      char unit[8];
      std::snprintf(unit, sizeof unit, "\\u%04x", static_cast<unsigned>(c));
      string += unit;
    } else if (c == '\n') {
      string += "\\n";
    } else {
      if (c == '"' || c == '\\') string += '\\';
      string += c;
    }
  }
  return "{\"traceEvents\": [{\"name\": \"systemTraceEvents\", \"args\": {\"x\\\"\": \": "
         "systemTraceEvents\"}}],\n \"systemTraceEvents\" : \"" +
         string + "\", \"other\": \"x-9 [000] 1.5: dma_heap_stat: inode=1 len=1B\\n\"}\n";
}

}  // namespace

TEST_SUITE("containers of ftrace text") {
  TEST_CASE("the text itself") { CHECK(decode_as<FtraceDecoder>(kText).text == kEvents); }

  TEST_CASE("a page with a JavaScript string") {
    CHECK(decode_as<FtraceDecoder>(old_page()).text == kEvents);
    CHECK(decode_as<FtraceDecoder>(old_page()).lost.empty());
  }

  TEST_CASE("a page with blocks, one of them a list of processes") {
    const Decoded decoded = decode_as<FtraceDecoder>(new_page());
    CHECK(decoded.text ==
          "task 1 tid=7 tgid=0\ncomm 1 \"\"a\" \\b\"\nalloc 1 space=1 4096 id=9 total=8192\n"
          "task 2 tid=4 tgid=4\ncomm 2 \"camera.provider\"\n"
          "task 3 tid=8 tgid=4\ncomm 3 \"my thread\"\n"
          "free 3 space=1 4096 id=9 total=4096\n");
    CHECK(decoded.lost.empty());
  }

  TEST_CASE("Chrome's JSON") {
    CHECK(decode_as<FtraceDecoder>(document()).text == kEvents);
    CHECK(decode_as<FtraceDecoder>(document(true)).text == kEvents);
    CHECK(decode_as<FtraceDecoder>("\xef\xbb\xbf \n" + document()).text == kEvents);
    const std::string text = document();
    CHECK(decode_as<FtraceDecoder>(text.substr(0, text.find("1.6000"))).lost ==
          "unreadable_lines=1 container_cut=1");
    CHECK(decode_as<FtraceDecoder>("{\"traceEvents\": []}").lost == "no_trace_inside=1");
    CHECK(decode_as<FtraceDecoder>(kViewer + "</body></html>\n").lost == "no_trace_inside=1");
  }

  TEST_CASE("cut anywhere into pieces, the same comes out") {
    for (const std::string& text : {kText, old_page(), new_page(), document(), document(true)}) {
      const Decoded whole = decode_as<FtraceDecoder>(text);
      for (const size_t chunk : {1u, 2u, 3u, 7u, 64u, 255u}) {
        const Decoded cut = decode_as<FtraceDecoder>(text, chunk);
        CHECK(cut.text == whole.text);
        CHECK(cut.lost == whole.lost);
      }
    }
  }

  TEST_CASE("ended at any byte, what was whole is there") {
    for (const std::string& text : {kText, old_page(), new_page(), document()}) {
      const std::string all = decode_as<FtraceDecoder>(text).text;
      const std::string first = all.substr(0, all.find("task 2"));
      for (size_t size = 0; size < text.size(); size++) {
        const Decoded cut = decode_as<FtraceDecoder>(text.substr(0, size));
        if (text.size() - size > 20) continue;
        CHECK(cut.text.starts_with(first));
      }
    }
  }

  TEST_CASE("with flipped bits nothing breaks") {
    const uint64_t seed = memtrack::test::seed();
    std::mt19937_64 random(seed);
    for (const std::string& text : {kText, old_page(), new_page(), document()}) {
      for (int round = 0; round < 2000; round++) {
        std::string damaged = text;
        for (int flips = 0; flips < 3; flips++) {
          damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
        }
        const Decoded decoded = decode_as<FtraceDecoder>(damaged);
        CHECK(decoded.text.size() < 4096);
        CHECK(decode_as<FtraceDecoder>(damaged, 13).text == decoded.text);
      }
    }
  }
}
