#include "decode/strace/strace_decoder.h"

#include <doctest/doctest.h>

#include <string>

#include "decoded_text.h"

using memtrack::looks_like_strace;
using memtrack::test::decode;
using memtrack::test::Decoded;
using memtrack::test::events;

namespace {

bool sniff(std::string_view text) {
  return looks_like_strace({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

// Times in nanoseconds of the closes of a recording.
std::vector<uint64_t> times(std::string_view text) {
  std::vector<uint64_t> found;
  for (const memtrack::Record& record : decode(text).records) {
    if (record.op == static_cast<uint16_t>(memtrack::Op::kClose)) found.push_back(record.time);
  }
  return found;
}

constexpr uint64_t kSecond = 1'000'000'000;

}  // namespace

TEST_SUITE("strace lines") {
  TEST_CASE("a pid stands before the line, padded, in brackets or not at all") {
    const std::string close = "task 1 tid=4211 tgid=0\nclose 1 3\n";
    CHECK(decode("4211 close(3) = 0\n").text == close);
    CHECK(decode("4211  close(3) = 0\n").text == close);
    CHECK(decode("[pid  4211] close(3) = 0\n").text == close);
    CHECK(decode("4211<cat> close(3) = 0\n").text ==
          "task 1 tid=4211 tgid=0\ncomm 1 \"cat\"\nclose 1 3\n");
    CHECK(decode("close(3) = 0\n").text == "task 1 tid=0 tgid=0\nclose 1 3\n");
  }

  TEST_CASE("a last line without its end, CRLF, a byte order mark and a banner") {
    CHECK(events("7 close(3) = 0") == "close 1 3\n");
    CHECK(events("\xef\xbb\xbf"
                 "7 close(3) = 0\r\n7 close(4) = 0\r\n") == "close 1 3\nclose 1 4\n");
    const Decoded banner = decode("shell:/ $ strace -f ls\n* daemon started *\n7 close(3) = 0\n");
    CHECK(banner.text == "task 1 tid=7 tgid=0\nclose 1 3\n");
    CHECK(banner.lost == "banner_lines=2 no_fd_paths=1");
  }

  TEST_CASE("every form of time") {
    CHECK(times("7 close(3) = 0\n") == std::vector<uint64_t>{0});
    CHECK(times("7 10:20:30 close(3) = 0\n") == std::vector<uint64_t>{37230 * kSecond});
    CHECK(times("10:20:30.000007 close(3) = 0\n") == std::vector<uint64_t>{37230 * kSecond + 7000});
    CHECK(times("7 1700000000.000100 close(3) = 0\n") ==
          std::vector<uint64_t>{1700000000 * kSecond + 100000});
    CHECK(times("7 1700000000.123456789 close(3) = 0\n") ==
          std::vector<uint64_t>{1700000000 * kSecond + 123456789});
    CHECK(times("1700000000 close(3) = 0\n") == std::vector<uint64_t>{1700000000 * kSecond});
    CHECK(times("7 12.000001 close(3) = 0\n") == std::vector<uint64_t>{12 * kSecond + 1000});
    CHECK(times("7     10:20:30 (+     0.000021) close(3) = 0\n") ==
          std::vector<uint64_t>{37230 * kSecond});
  }

  TEST_CASE("relative times add up") {
    CHECK(times("     0.000000 close(3) = 0\n     0.000100 close(4) = 0\n     1.000001 close(5) = "
                "0\n") == std::vector<uint64_t>{0, 100'000, kSecond + 101'000});
    CHECK(times("4211       0.000000 close(3) = 0\n4211       0.000100 close(4) = 0\n") ==
          std::vector<uint64_t>{0, 100'000});
  }

  TEST_CASE("midnight passes; any other step back is clamped and counted") {
    CHECK(times("7 23:59:59 close(3) = 0\n7 00:00:01 close(4) = 0\n7 00:00:02 close(5) = 0\n") ==
          std::vector<uint64_t>{86399 * kSecond, 86401 * kSecond, 86402 * kSecond});
    const std::string back = "7 12.5 close(3</x>) = 0\n7 12.4 close(4</x>) = 0\n";
    CHECK(times(back) == std::vector<uint64_t>{12'500'000'000, 12'500'000'000});
    CHECK(decode(back).lost == "time_went_back=1");
  }

  TEST_CASE("-T, -i, -n, -k and strace's own messages are seen through") {
    CHECK(events("7 close(3)   = 0 <0.000012>\n") == "close 1 3\n");
    CHECK(events("7 [00007f1234567890] close(3) = 0\n7 [   3] close(4) = 0\n") ==
          "close 1 3\nclose 1 4\n");
    const Decoded lines = decode(
        "7 close(3</x>) = 0\n > /usr/lib/libc.so.6(__close+0x17) [0xf8f17]\n"
        "strace: Process 8 attached\nstrace: [ Process PID=7 runs in 32 bit mode. ]\n");
    CHECK(lines.text == "task 1 tid=7 tgid=0\nclose 1 3\n");
    CHECK(lines.lost.empty());
  }

  TEST_CASE("what is no line is counted; so is one that is too long") {
    CHECK(decode("7 close(3</x>) = 0\nhello, world\n").lost == "unparsed_line=1");
    const std::string text = "7 write(1</x>, \"" +
                             std::string(memtrack::StraceDecoder::kLongestLine, 'a') +
                             "\", 9) = 9\n7 close(3</x>) = 0\n";
    for (const size_t chunk : {size_t{0}, size_t{1} << 16, size_t{4093}}) {
      const Decoded decoded = decode(text, chunk);
      CHECK(decoded.text == "loss line_too_long\ntask 1 tid=7 tgid=0\nclose 1 3\n");
      CHECK(decoded.lost == "line_too_long=1");
    }
  }

  TEST_CASE("strace's output is told from other text") {
    CHECK(sniff("4211 1700000000.000100 close(3) = 0\n"));
    CHECK(
        sniff("$ strace -f ls\nexecve(\"/bin/ls\", [\"ls\"], 0x7ffd /* 9 vars */) = 0\r\nbrk(NULL) "
              "  = 0x5\r\n"));
    CHECK(sniff("7 read(3 <unfinished ...>\n"));
    CHECK_FALSE(sniff(""));
    CHECK_FALSE(sniff("int main() {\n  return f(3);\n}\n"));
    CHECK_FALSE(sniff("# tracer: nop\n  cat-12 [000] .... 1.0: sys_close(fd: 3)\n"));
    CHECK_FALSE(sniff("{\"a\": [1, 2]}\n"));
  }
}

TEST_SUITE("strace tasks") {
  TEST_CASE("a tid that comes again after its end is another task") {
    CHECK(decode("7 close(3) = 0\n7 +++ exited with 2 +++\n7 close(3) = 0\n").text ==
          "task 1 tid=7 tgid=0\nclose 1 3\nexit 1 2\ntask 2 tid=7 tgid=0\nclose 2 3\n");
    CHECK(decode("7 exit_group(3) = ?\n7 close(3) = 0\n").text ==
          "task 1 tid=7 tgid=0\nexit 1 3 f=1\ntask 2 tid=7 tgid=0\nclose 2 3\n");
  }

  TEST_CASE("exit ends a thread at once; the status line then only tells the status") {
    CHECK(events("7 exit_group(256) = ?\n7 +++ exited with 0 +++\n") ==
          "exit 1 0 f=1\nstatus 1 0\n");
    CHECK(
        events("7 exit(1 <unfinished ...>\n7 <... exit resumed>) = ?\n7 +++ exited with 1 +++\n") ==
        "exit 1 1\nstatus 1 1\n");
    CHECK(events("7 +++ killed by SIGKILL +++\n") == "exit 1 9 f=2\n");
    CHECK(
        events(
            "7 --- SIGSEGV {si_signo=SIGSEGV} ---\n7 +++ killed by SIGSEGV (core dumped) +++\n") ==
        "exit 1 11 f=2\n");
    CHECK(events("7 close(3 <unfinished ...>) = ?\n7 +++ killed by SIGRT_3 +++\n") ==
          "exit 1 35 f=2\n");
  }

  TEST_CASE("threads of a group that exits only tell their status") {
    CHECK(events("7 clone(child_stack=0x7f, "
                 "flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD, "
                 "child_tidptr=0x7f) = 8\n8 exit_group(0) = ?\n7 +++ exited with 0 +++\n8 +++ "
                 "exited with 0 +++\n") ==
          "task 2 tid=8 tgid=0\nclone 1 -> 2 flags=10f00\nexit 2 0 f=1\nstatus 1 0\nstatus 2 0\n");
  }

  TEST_CASE("every call that forks") {
    CHECK(events("7 fork() = 8\n") == "task 2 tid=8 tgid=8\nclone 1 -> 2 flags=0\n");
    CHECK(events("7 vfork() = 8\n") == "task 2 tid=8 tgid=8\nclone 1 -> 2 flags=4100\n");
    CHECK(events("7 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7f) = "
                 "8 <0.000100>\n") == "task 2 tid=8 tgid=8\nclone 1 -> 2 flags=1000000\n");
    CHECK(events("7 clone(child_stack=NULL, flags=0x1200011, child_tidptr=0x7f) = 8\n") ==
          "task 2 tid=8 tgid=8\nclone 1 -> 2 flags=1200000\n");
    CHECK(events("7 clone3({flags=CLONE_VM|CLONE_VFORK|CLONE_CLEAR_SIGHAND, exit_signal=SIGCHLD, "
                 "stack=0x7f, "
                 "stack_size=0x9000}, 88) = 8\n") ==
          "task 2 tid=8 tgid=8\nclone 1 -> 2 flags=100004100\n");
    CHECK(events("7 clone3({flags=CLONE_PIDFD, pidfd=0x7f, exit_signal=SIGCHLD} => {pidfd=[5]}, "
                 "88) = 8\n") == "task 2 tid=8 tgid=8\nclone 1 -> 2 flags=1000\nnewfd 1 5 f=1\n");
    CHECK(events("7 fork() = -1 EAGAIN (Resource temporarily unavailable)\n7 fork() = ? "
                 "ERESTARTNOINTR (To be restarted)\n")
              .empty());
  }

  TEST_CASE("a child's lines inside its parent's clone follow the clone") {
    CHECK(events("7 clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>\n"
                 "8 close(3 <unfinished ...>\n7 <... clone resumed>) = 8\n8 <... close resumed>) = "
                 "0\n") == "task 2 tid=8 tgid=8\nclone 1 -> 2 flags=0\nclose 2 3\n");
    CHECK(events("7 vfork( <unfinished ...>\n8 close(3) = 0\n8 execve(\"/bin/x\", [\"x\"], 0x7f /* "
                 "2 vars */ <unfinished ...>\n"
                 "7 <... vfork resumed>) = 8\n8 <... execve resumed>) = 0\n") ==
          "task 2 tid=8 tgid=8\nclone 1 -> 2 flags=4100\nclose 2 3\nexecve 2 \"/bin/x\"\n");
    CHECK(events("7 clone(flags=SIGCHLD <unfinished ...>\n9 clone(flags=SIGCHLD <unfinished "
                 "...>\n10 close(3) = 0\n"
                 "8 close(4) = 0\n7 <... clone resumed>) = 8\n9 <... clone resumed>) = 10\n") ==
          "task 4 tid=8 tgid=8\nclone 1 -> 4 flags=0\ntask 2 tid=9 tgid=0\ntask 3 tid=10 tgid=10\n"
          "clone 2 -> 3 flags=0\nclose 3 3\nclose 4 4\n");
  }

  TEST_CASE("a child whose events were out before its fork is seen is left as it is") {
    const Decoded late =
        decode("7 close(9</x>) = 0\n8 close(3</x>) = 0\n7 clone(flags=SIGCHLD) = 8\n");
    CHECK(late.text == "task 1 tid=7 tgid=0\nclose 1 9\ntask 2 tid=8 tgid=0\nclose 2 3\n");
    CHECK(late.lost == "child_before_clone=1");
  }

  TEST_CASE("the child of a fork that never returns is the first new task") {
    const Decoded cut =
        decode("7 vfork( <unfinished ...>\n8 close(3</x>) = 0\n9 close(4</x>) = 0\n");
    CHECK(cut.text ==
          "task 1 tid=7 tgid=0\ntask 2 tid=8 tgid=8\nclone 1 -> 2 flags=4100\nclose 2 3\n"
          "task 3 tid=9 tgid=0\nclose 3 4\nloss unfinished_never_resumed\n");
  }

  TEST_CASE("a tid in use that is cloned again has lost its end") {
    const Decoded twice =
        decode("7 fork() = 8\n8 close(3</x>) = 0\n7 fork() = 8\n8 close(3</x>) = 0\n");
    CHECK(twice.text ==
          "task 1 tid=7 tgid=0\ntask 2 tid=8 tgid=8\nclone 1 -> 2 flags=0\nclose 2 3\nexit 2 0\n"
          "loss task_end_not_seen\ntask 3 tid=8 tgid=8\nclone 1 -> 3 flags=0\nclose 3 3\n");
    CHECK(decode("7 fork() = 7\n").text == "task 1 tid=7 tgid=0\n");
  }

  TEST_CASE("a thread that is not the leader executes a program") {
    const std::string text =
        "7 execve(\"/bin/a\", [\"a\"], 0x7f /* 2 vars */) = 0\n"
        "7 clone(flags=CLONE_VM|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD) = 8\n"
        "7 clone(flags=CLONE_VM|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD) = 9\n"
        "7 futex(0x7f, FUTEX_WAIT, 0, NULL <unfinished ...>\n"
        "8 execve(\"/bin/b\", [\"b\"], 0x7f /* 2 vars */ <unfinished ...>\n"
        "9 +++ exited with 0 +++\n"
        "7 +++ superseded by execve in pid 8 +++\n"
        "7 <... execve resumed>) = 0\n"
        "7 close(3</x>) = 0\n"
        "8 close(4</x>) = 0\n";
    CHECK(decode(text).text ==
          "task 1 tid=7 tgid=7\nexecve 1 \"/bin/a\"\n"
          "task 2 tid=8 tgid=7\nclone 1 -> 2 flags=10d00\n"
          "task 3 tid=9 tgid=7\nclone 1 -> 3 flags=10d00\n"
          "execve 2 \"/bin/b\"\nstatus 3 0\nclose 2 3\ntask 4 tid=8 tgid=0\nclose 4 4\n");
  }

  TEST_CASE("on a terminal the only process has no pid until there are others") {
    const Decoded terminal = decode(
        "execve(\"/bin/sh\", [\"sh\"], 0x7f /* 2 vars */) = 0\n"
        "clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLDstrace: Process 8 attached\n"
        ", child_tidptr=0x7f) = 8\n"
        "[pid     7] close(3</x>) = 0\n[pid     8] close(4</x>) = 0\n[pid     8] +++ exited with 0 "
        "+++\n"
        "close(5</x>) = 0\n");
    CHECK(terminal.text ==
          "task 1 tid=0 tgid=0\nexecve 1 \"/bin/sh\"\ntask 2 tid=8 tgid=8\nclone 1 -> 2 "
          "flags=1000000\n"
          "task 1 tid=7 tgid=0\nclose 1 3\nclose 2 4\nexit 2 0\nclose 1 5\n");
    CHECK(terminal.lost == "calls_not_traced_mmap=1");
  }

  TEST_CASE("in a PID namespace a parent knows its child by another number") {
    CHECK(events("700 clone(flags=SIGCHLD) = 3 /* 702 in strace's PID ns */\n702 close(3) = 0\n") ==
          "task 1 tid=700 tgid=0\ntask 2 tid=702 tgid=702\nclone 1 -> 2 flags=0\nclose 2 3\n");
    const Decoded split = decode(
        "700 clone(flags=SIGCHLD <unfinished ...>\n702 close(3</x>) = 0\n"
        "700 <... clone resumed>) = 3\n");
    CHECK(split.text ==
          "task 1 tid=700 tgid=0\ntask 2 tid=702 tgid=702\nclone 1 -> 2 flags=0\nclose 2 3\n");
    CHECK(split.lost == "child_tid_guessed=1");
    const Decoded whole = decode(
        "700 clone(flags=SIGCHLD) = 3\n700 clone(flags=SIGCHLD) = 4\n702 close(3</x>) = 0\n");
    CHECK(whole.text ==
          "task 1 tid=700 tgid=0\ntask 2 tid=0 tgid=0\nclone 1 -> 2 flags=0\n"
          "task 3 tid=0 tgid=0\nclone 1 -> 3 flags=0\ntask 2 tid=702 tgid=702\nclose 2 3\n");
    CHECK(decode("7 fork() = 8\n7 fork() = 9\n").lost == "children_not_traced=2");
    // Not a namespace: pids began again at 300.
    CHECK(decode("700 clone(flags=SIGCHLD) = 301\n301 close(3</x>) = 0\n").lost.empty());
  }

  TEST_CASE("comm") {
    CHECK(events("7 prctl(PR_SET_NAME, \"a name that is too long\"...) = 0\n7 "
                 "prctl(PR_GET_DUMPABLE) = 1\n") == "comm 1 \"a name that is \"\n");
  }
}
