// Lines of ftrace text, and what stands between them.
#include <doctest/doctest.h>

#include <string>

#include "decode/ftrace/ftrace_decoder.h"
#include "decode/ftrace/line.h"
#include "decoded_text.h"

using memtrack::FtraceDecoder;
using memtrack::ftrace::Line;
using memtrack::ftrace::Shape;
using memtrack::ftrace::split_line;
using memtrack::test::decode_as;
using memtrack::test::Decoded;

namespace {

Decoded decoded(std::string_view text, size_t chunk = 0) {
  return decode_as<FtraceDecoder>(text, chunk);
}

bool sniff(std::string_view text) {
  return memtrack::looks_like_ftrace({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

// "task|tid|tgid|cpu|time|event|args", or "no line".
std::string split(std::string_view text) {
  Line line;
  if (!split_line(text.data(), text.data() + text.size(), line)) return "no line";
  return std::string(line.task) + "|" + std::to_string(line.tid) + "|" + std::to_string(line.tgid) +
         "|" + std::to_string(line.cpu) + "|" + std::to_string(line.time) +
         (line.ticks ? " ticks" : "") + "|" + std::string(line.event) + "|" +
         std::string(line.args);
}

const std::string kHeap = "dma_heap_stat: inode=9 len=4096B total_allocated=8192B\n";
// What that line makes of a task 7 called "x" that was not known before.
const std::string kHeapEvents =
    "task 1 tid=7 tgid=0\ncomm 1 \"x\"\nalloc 1 space=1 4096 id=9 total=8192\n";

}  // namespace

TEST_SUITE("ftrace lines") {
  TEST_CASE("the forms of the kernel and of tools") {
    CHECK(split("            bash-123     [003] d..1.    12.000456: foo: a=1 b=2") ==
          "bash|123|0|3|12000456000|foo|a=1 b=2");
    CHECK(split("            bash-123     [003] ....    12.000456: foo: a=1") ==
          "bash|123|0|3|12000456000|foo|a=1");
    CHECK(split("            bash-123     [003]    12.000456: foo:                  a=1") ==
          "bash|123|0|3|12000456000|foo|a=1");
    CHECK(split("            bash-123     (  120) [003] ..... 12.000456: foo: a") ==
          "bash|123|120|3|12000456000|foo|a");
    CHECK(split("            bash-123     (-----) [003] ..... 12.000456: foo: a") ==
          "bash|123|0|3|12000456000|foo|a");
    CHECK(split("            bash-123     (       ) [003] ..... 12.000456: foo: a") ==
          "bash|123|0|3|12000456000|foo|a");
    CHECK(split("            bash-123     (120) [128] ..... 12.000456: foo: a") ==
          "bash|123|120|128|12000456000|foo|a");
    CHECK(split("bash-123 [003] 12.000456: foo: a") == "bash|123|0|3|12000456000|foo|a");
    CHECK(split("camera:          bash-123   [003] 12.000456: foo: a") ==
          "camera:          bash|123|0|3|12000456000|foo|a");
  }

  TEST_CASE("times in microseconds, nanoseconds and ticks") {
    CHECK(split("x-1 [000] 1.5: e: ") == "x|1|0|0|1500000000|e|");
    CHECK(split("x-1 [000] 1.000000001: e: ") == "x|1|0|0|1000000001|e|");
    CHECK(split("x-1 [000] .... 36481732: e: a") == "x|1|0|0|36481732 ticks|e|a");
    CHECK(split("x-1 [000] .... 9000000001.0: e: a") == "no line");
    CHECK(split("x-1 [000] .... 99999999999999999999: e: a") == "no line");
    CHECK(split("x-1 [000] .... 1.: e: a") == "no line");
    CHECK(split("x-1 [000] ...1. ! 1.5: e: a") == "x|1|0|0|1500000000|e|a");
  }

  TEST_CASE("names with blanks, colons, dashes and brackets") {
    CHECK(split("   Binder:612_3-640   [001] ..... 1.5: e: a").starts_with("Binder:612_3|640|"));
    CHECK(split("    a b-c - 1-2-640   [001] ..... 1.5: e: a").starts_with("a b-c - 1-2|640|"));
    CHECK(split("  [003] (x) 1.2-640   [001] ..... 1.5: e: a").starts_with("[003] (x) 1.2|640|"));
    CHECK(split("           <...>-640   [001] ..... 1.5: e: a").starts_with("<...>|640|"));
    CHECK(split("          <idle>-0     [001] ..... 1.5: e: a").starts_with("<idle>|0|"));
    CHECK(split("      \xd0\xba\xd0\xb0\xd0\xbc-640   [001] 1.5: e: a")
              .starts_with("\xd0\xba\xd0\xb0\xd0\xbc|640|"));
  }

  TEST_CASE("a name that imitates the fields after it does not pass for them") {
    // In the kernel's columns it is where the '-' stands that counts.
    CHECK(split(" a-1 [001] 1: e:-640   [002] ..... 1.5: real: x") ==
          "a-1 [001] 1: e:|640|0|2|1500000000|real|x");
    // Elsewhere the last place within a name's length.
    CHECK(split("a-1 [001] 1: e:-640 [002] ..... 1.5: real: x") ==
          "a-1 [001] 1: e:|640|0|2|1500000000|real|x");
    // Arguments are too far away.
    CHECK(split("x-640 [002] ..... 1.5: real: more than a name a-1 [001] 1: e: y") ==
          "x|640|0|2|1500000000|real|more than a name a-1 [001] 1: e: y");
  }

  TEST_CASE("calls have no colon") {
    Line line;
    const std::string_view call = "x-1 [000] ..... 1.5: sys_close(fd: 7)";
    REQUIRE(split_line(call.data(), call.data() + call.size(), line));
    CHECK(line.shape == Shape::kCall);
    CHECK(line.args == "fd: 7");
    const std::string_view back = "x-1 [000] ..... 1.5: sys_close -> 0x0";
    REQUIRE(split_line(back.data(), back.data() + back.size(), line));
    CHECK(line.shape == Shape::kReturn);
    CHECK(line.args == "0x0");
  }

  TEST_CASE("what is no line of an event") {
    for (const char* text : {"", "-", "x-", "x-1", "x-1 [000]", "x-1 [000] ",
                             "x-1 [000] 1.5:", "x-1 [000] 1.5: ", "x-1 [000] 1.5: e",
                             "x-1 [00] 1.5: e: a", "x-1 000 1.5: e: a", "x-a [000] 1.5: e: a",
                             "x-1 [000] 1.5 e: a", "x-99999999999999999999 [000] 1.5: e: a",
                             "x-1 (12 [000] 1.5: e: a", "E|123", "Linux version 6.12"}) {
      CHECK(split(text) == "no line");
    }
  }

  TEST_CASE("a negative tid means none") {
    CHECK(split("x-4294967295 [000] 1.5: e: a") == "x|0|0|0|1500000000|e|a");
  }
}

TEST_SUITE("ftrace text") {
  TEST_CASE("headers, CRLF, a byte order mark, a banner, a last line without its end") {
    const std::string line = "x-7 [000] 1.5: " + kHeap;
    CHECK(decoded("# tracer: nop\n#\n" + line).text == kHeapEvents);
    CHECK(decoded("\xef\xbb\xbf# tracer: nop\r\n#\r\n" + line.substr(0, line.size() - 1) + "\r\n")
              .text == kHeapEvents);
    CHECK(decoded(line.substr(0, line.size() - 1)).text == kHeapEvents);
    const Decoded banner = decoded("shell:/ $ cat trace\n# tracer: nop\n" + line);
    CHECK(banner.text == kHeapEvents);
    CHECK(banner.lost == "banner_lines=1");
    CHECK(decoded("version = 6\ncpus=8\nCPU 3 is empty\n" + line).lost.empty());
    CHECK(decoded("capturing trace... done\nTRACE:\n# tracer: nop\n" + line).lost.empty());
    CHECK(decoded("").text.empty());
    CHECK(decoded("# tracer: nop\n#\n").text.empty());
  }

  TEST_CASE("lost and overwritten events") {
    const std::string line = "x-7 [000] 1.5: " + kHeap;
    Decoded lost = decoded("CPU:3 [LOST 512 EVENTS]\n" + line + "CPU:1 [LOST 8 EVENTS]\n");
    CHECK(lost.lost == "lost_events=520");
    CHECK(lost.text == "loss lost_events*512\n" + kHeapEvents + "loss lost_events*8\n");
    CHECK(decoded(line + "CPU:2 [EVENTS DROPPED]\n").lost == "lost_events=1");
    CHECK(decoded(line + "CPU:2 [17 EVENTS DROPPED]\n").lost == "lost_events=17");
    CHECK(decoded("# entries-in-buffer/entries-written: 3/3   #P:8\n" + line).lost.empty());
    CHECK(decoded("# entries-in-buffer/entries-written: 3/1003   #P:8\n" + line).lost ==
          "overwritten_events=1000");
    CHECK(decoded("##### CPU 2 buffer started ####\n" + line).lost == "cpu_started_late=1");
  }

  TEST_CASE("lines that are no events are counted, with the place of the first") {
    const std::string line = "x-7 [000] 1.5: " + kHeap;
    const std::string text = line + "second half of an annotation\n" + line + "noise\n";
    CHECK(decoded(text).lost == "unreadable_lines=2");
    FtraceDecoder decoder;
    decoder.push({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    decoder.finish();
    CHECK(decoder.counters().place_of(memtrack::DecodeCounter::kUnreadableLines) ==
          line.size() + 1);
  }

  TEST_CASE("other events are counted by name") {
    const std::string text =
        "x-7 [000] 1.5: sched_wakeup: comm=y pid=8\n"
        "x-7 [000] 1.5: sched_wakeup: comm=y pid=9\n"
        "x-7 [000] 1.5: my_event: a=1\n"
        "x-7 [000] 1.5: sys_read(fd: 3, buf: 0, count: 1)\n"
        "x-7 [000] 1.6: tracing_mark_write: B|7|dma_heap_stat: inode=1 len=2B\n"
        "x-7 [000] 1.6: " +
        kHeap;
    CHECK(decoded(text).lost == "other_events=4");
    FtraceDecoder decoder;
    decoder.push({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    decoder.finish();
    std::string events;
    for (const memtrack::EventCount& event : decoder.events()) {
      events += std::string(event.name) + " " + std::to_string(event.count) +
                (event.understood ? " understood\n" : "\n");
    }
    CHECK(events ==
          "sched_wakeup 2\nmy_event 1\nsys_read 1\ntracing_mark_write 1 understood\n"
          "dma_heap_stat 1 understood\n");
  }

  TEST_CASE(
      "events that nobody asked for are told from others also where names are found by column") {
    // Both lines of each pair have their fields in the same columns; a name and arguments that look like fields
    // must not hide an event.
    const std::string head = "               x-7       [000] .....     1.500000: ";
    const std::string other = head + "sched_wakeup: comm=y\n";
    CHECK(decoded(other + head + kHeap).text == kHeapEvents);
    const std::string wide = "               x-7       [000] ..... 123456.500000: ";
    CHECK(decoded(other + wide + kHeap).text == kHeapEvents);
    const Decoded fake = decoded(other + "               x-7       [000] .....     1.6: " +
                                 "sched_process_exec: filename=1: foo: pid=7 old_pid=7\n");
    CHECK(fake.lost == "other_events=1");
  }

  TEST_CASE("times never go back") {
    const Decoded back = decoded("x-7 [000] 1.5: " + kHeap + "x-7 [001] 1.4: " + kHeap);
    CHECK(back.lost == "time_went_back=1");
    CHECK(back.records.back().op == static_cast<uint16_t>(memtrack::Op::kTail));
    CHECK(back.records[back.records.size() - 2].time == 1500000000);
  }

  TEST_CASE("lines of 10 MB are skipped and counted, however they come") {
    const std::string line = "x-7 [000] 1.5: " + kHeap;
    const std::string text = line + std::string(10 << 20, 'x') + "\n" + line;
    CHECK(decoded(text).lost == "long_lines=1");
    CHECK(decoded(text, 4096).lost == "long_lines=1");
    CHECK(decoded(text).text == decoded(text, 4096).text);
  }

  TEST_CASE("hostile names are kept as they are, and no line of them ends the decoding") {
    const std::string name("%n\x1b[2J\0\xff\xfe", 9);
    const std::string text = "       " + name + "-7 [000] 1.5: " + kHeap;
    CHECK(decoded(text).text ==
          "task 1 tid=7 tgid=0\ncomm 1 \"" + name + "\"\nalloc 1 space=1 4096 id=9 total=8192\n");
  }

  TEST_CASE("numbers that overflow make an event incomplete") {
    CHECK(decoded("x-7 [000] 1.5: dma_heap_stat: inode=99999999999999999999 len=1B\n").lost ==
          "incomplete_events=1");
    CHECK(decoded("x-7 [000] 1.5: dma_heap_stat: inode=9 len=B\n").lost == "incomplete_events=1");
    CHECK(decoded("x-7 [000] 1.5: dma_heap_stat: \n").lost == "incomplete_events=1");
    CHECK(decoded("x-7 [000] 1.5: dma_heap_stat: inode=9 len=1").lost.empty());
  }

  TEST_CASE("what is ftrace text and what not") {
    CHECK(sniff("# tracer: nop\n"));
    CHECK(sniff("\xef\xbb\xbf\r\nshell:/ $ cat trace\r\n# tracer: nop\r\n"));
    CHECK(sniff("CPU:3 [LOST 512 EVENTS]\nx-7 [000] 1.5: e: a\n"));
    CHECK(sniff("version = 6\nx-7 [000] 1.5: e: a\n"));
    CHECK(sniff("cpus=8\n"));
    CHECK(sniff("<!DOCTYPE HTML>\n<html>"));
    CHECK(sniff("{\"traceEvents\":[],"));
    CHECK_FALSE(sniff(""));
    CHECK_FALSE(sniff("{\"a\":1}"));
    CHECK_FALSE(sniff("4210 close(3) = 0\n4210 close(4) = 0\n"));
    CHECK_FALSE(sniff("Dear reader,\nthis is text.\n"));
    CHECK_FALSE(sniff("version = \"1.2\"\nname = \"x\"\n[deps]\nedition = 3\n"));
  }
}
