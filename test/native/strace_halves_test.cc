#include <doctest/doctest.h>

#include <string>

#include "decoded_text.h"
#include "seed.h"

using memtrack::StraceDecoder;
using memtrack::test::decode;
using memtrack::test::Decoded;
using memtrack::test::events;

namespace {

std::string message(const std::string& flags = "0") {
  return "{msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"x\", iov_len=1}], msg_iovlen=1, "
         "msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[5]}], "
         "msg_controllen=24, msg_flags=0}, " +
         flags;
}

// A recording with every kind of split call.
const std::string kRecording =
    "7 10.000001 execve(\"/bin/a\", [\"a\"], 0x7f /* 2 vars */) = 0\n"
    "7 10.000002 memfd_create(\"a\\303\\251\", MFD_CLOEXEC <unfinished ...>\n"
    "7 10.000003 <... memfd_create resumed>) = 5</memfd:a\\303\\251>(deleted)\n"
    "7 10.000004 vfork( <unfinished ...>\n"
    "8 10.000005 close(3</x> <unfinished ...>\n"
    "8 10.000006 <... close resumed>) = 0\n"
    "8 10.000007 execve(\"/bin/b\", [\"b\"], 0x7f /* 2 vars */ <unfinished ...>\n"
    "7 10.000008 <... vfork resumed>) = 8\n"
    "8 10.000009 <... execve resumed>) = 0\n"
    "7 10.000010 sendmsg(4<UNIX-STREAM:[1->2]>, " +
    message() +
    " <unfinished ...>\n"
    "8 10.000011 recvmsg(3<UNIX-STREAM:[2->1]>,  <unfinished ...>\n"
    "8 10.000012 <... recvmsg resumed>" +
    message() +
    ") = 1\r\n"
    "7 10.000013 <... sendmsg resumed>) = 1\n"
    "8 10.000014 mmap(NULL, 4096, PROT_READ, MAP_SHARED, 5</memfd:a\\303\\251>(deleted), 0 "
    "<unfinished ...>\n"
    "7 10.000015 munmap(0x7f00, 4096 <unfinished ...>\n"
    "8 10.000016 <... mmap resumed>) = 0x7f00\n"
    "7 10.000017 <... munmap resumed>) = -1 EINVAL (Invalid argument)\n"
    "7 10.000018 exit_group(0)   = ?\n"
    "8 10.000019 --- SIGTERM {si_signo=SIGTERM} ---\n"
    "8 10.000020 +++ killed by SIGTERM +++\n"
    "7 10.000021 +++ exited with 0 +++";

}  // namespace

TEST_SUITE("strace calls in two halves") {
  TEST_CASE("what releases takes effect at the first half, what acquires at the second") {
    CHECK(events("7 close(3 <unfinished ...>\n8 dup(4) = 5\n7 <... close resumed>) = 0\n") ==
          "close 1 3\ntask 2 tid=8 tgid=0\ndup 2 4 -> 5\n");
    CHECK(events("7 dup(3 <unfinished ...>\n8 close(4) = 0\n7 <... dup resumed> )      = 5\n") ==
          "task 2 tid=8 tgid=0\nclose 2 4\ndup 1 3 -> 5\n");
    CHECK(events("7 recvmsg(3, <unfinished ...>\n8 sendmsg(4, " + message() +
                 ") = 1\n7 <... recvmsg resumed>" + message() + ") = 1\n") ==
          "task 2 tid=8 tgid=0\nsend 2 4 -: 5=-\nreceive 1 3 -: 5=-\n");
  }

  TEST_CASE("a call that failed has no effect") {
    CHECK(events("7 munmap(0x7f00, 9 <unfinished ...>\n8 close(4) = 0\n7 <... munmap resumed>) = "
                 "-1 EINVAL (Invalid "
                 "argument)\n") == "task 2 tid=8 tgid=0\nclose 2 4\n");
    CHECK(events("7 sendmsg(3, " + message() +
                 " <unfinished ...>\n7 <... sendmsg resumed>) = ? ERESTARTSYS (To be restarted)\n"
                 "7 --- SIGCHLD {si_signo=SIGCHLD} ---\n7 sendmsg(3, " +
                 message() + ") = 1\n") == "send 1 3 -: 5=-\n");
    CHECK(events("7 close(9) = 0\n7 execve(\"/a\", [\"a\"], 0x7f <unfinished ...>\n7 <... execve "
                 "resumed>) = -1 "
                 "ENOENT (No such file)\n") == "close 1 9\n");
    CHECK(
        events(
            "7 close(3 <unfinished ...>\n7 <... close resumed>) = -1 EIO (Input/output error)\n") ==
        "close 1 3\n");
    CHECK(
        events(
            "7 close(3 <unfinished ...>\n7 <... close resumed>) = -1 EBADF (Bad file descriptor)\n")
            .empty());
  }

  TEST_CASE("the time is that of the half that counts") {
    const Decoded decoded = decode(kRecording);
    uint64_t send = 0, receive = 0, clone = 0;
    for (const memtrack::Record& record : decoded.records) {
      if (record.op == static_cast<uint16_t>(memtrack::Op::kSend)) send = record.time;
      if (record.op == static_cast<uint16_t>(memtrack::Op::kReceive)) receive = record.time;
      if (record.op == static_cast<uint16_t>(memtrack::Op::kClone)) clone = record.time;
    }
    CHECK(clone == 10'000'004'000);
    CHECK(send == 10'000'010'000);
    CHECK(receive == 10'000'012'000);
  }

  TEST_CASE("a beginning without an end, and an end without a beginning") {
    const Decoded twice = decode("7 close(3</x> <unfinished ...>\n7 close(4</x>) = 0\n");
    CHECK(twice.text ==
          "task 1 tid=7 tgid=0\nclose 1 3\nloss unfinished_never_resumed\nclose 1 4\n");
    CHECK(twice.lost == "unfinished_never_resumed=1");
    const Decoded end = decode(
        "7 <... close resumed>) = 0\n7 <... read resumed>\"\", 1) = 0\n"
        "7 <... dup resumed>) = 5</memfd:a>(deleted)\n");
    CHECK(end.text ==
          "task 1 tid=7 tgid=0\nloss resumed_without_start\nfdname 1 5 \"/memfd:a\"\nloss "
          "resumed_without_start\n");
    CHECK(end.lost == "resumed_without_start=2");
    CHECK(decode("7 recvmsg(3</x>,  <unfinished ...>\n").lost.empty());
    CHECK(decode("7 sendmsg(3</x>, " + message() + " <unfinished ...>\n").text ==
          "task 1 tid=7 tgid=0\nloss unfinished_never_resumed\n");
    CHECK(decode("7 close(3</x> <unfinished ...>\n7 +++ killed by SIGKILL +++\n").lost.empty());
  }

  TEST_CASE("a call interrupted twice") {
    CHECK(events("7 recvmsg(3,  <unfinished ...>\n7 <... recvmsg resumed> <unfinished ...>\n7 <... "
                 "recvmsg resumed>" +
                 message() + ") = 1\n") == "receive 1 3 -: 5=-\n");
  }

  TEST_CASE("what waits is bounded: then it is assumed, and counted") {
    std::string text = "7 close(3</x> <unfinished ...>\n6 sendmsg(4</x>, " + message() +
                       " <unfinished ...>\n5 vfork( <unfinished ...>\n9 dup(1</x>) = 2</x>\n";
    for (size_t i = 0; i < StraceDecoder::kMostHeld; i++) text += "8 close(9</x>) = 0\n";
    text +=
        "6 <... sendmsg resumed>) = 1\n7 <... close resumed>) = 0\n5 <... vfork resumed>) = 9\n";
    const Decoded decoded = decode(text);
    CHECK(decoded.lost == "unfinished_assumed=3 calls_not_traced_recvmsg=1");
    CHECK(decoded.text.starts_with(
        "task 1 tid=7 tgid=0\nclose 1 3\ntask 2 tid=6 tgid=0\ntask 3 tid=5 tgid=0\n"
        "task 4 tid=9 tgid=9\nclone 3 -> 4 flags=4100\ndup 4 1 -> 2\n"));
    CHECK(decoded.text.ends_with("close 5 9\nsend 2 4 \"/x\": 5=-\n"));
    CHECK(decode(text, 1000).text == decoded.text);
  }

  TEST_CASE("what waits is bounded by input, too") {
    std::string text = "7 vfork( <unfinished ...>\n";
    const std::string write = "8 getrandom(\"" + std::string(1000, 'a') + "\", 1000, 0) = 1000\n";
    while (text.size() <= StraceDecoder::kMostHeldText) text += write;
    const Decoded right = decode(text + "7 <... vfork resumed>) = 8\n");
    CHECK(right.lost == "unfinished_assumed=1");
    CHECK(right.text == "task 1 tid=7 tgid=0\ntask 2 tid=8 tgid=8\nclone 1 -> 2 flags=4100\n");
    const Decoded wrong = decode(text + "7 <... vfork resumed>) = 9\n");
    CHECK(wrong.lost == "unfinished_assumed=1 child_tid_guessed=1");
  }

  TEST_CASE("however the bytes are cut, the records are the same") {
    const Decoded whole = decode(kRecording);
    CHECK(whole.lost.empty());
    for (size_t chunk = 1; chunk < 200; chunk++) {
      const Decoded cut = decode(kRecording, chunk);
      REQUIRE(cut.text == whole.text);
      REQUIRE(cut.lost == whole.lost);
    }
    for (size_t at = 0; at <= kRecording.size(); at++) {
      StraceDecoder decoder;
      const auto* bytes = reinterpret_cast<const uint8_t*>(kRecording.data());
      decoder.push({bytes, at});
      decoder.push({bytes + at, kRecording.size() - at});
      decoder.finish();
      REQUIRE(decoder.records().size() == whole.records.size());
      for (size_t i = 0; i < whole.records.size(); i++) {
        REQUIRE(std::memcmp(&decoder.records()[i], &whole.records[i], sizeof(memtrack::Record)) ==
                0);
      }
    }
    CHECK(
        whole.text ==
        "task 1 tid=7 tgid=7\nexecve 1 \"/bin/a\"\nmemfd 1 5 \"a\xc3\xa9\" 1\ntask 2 tid=8 tgid=8\n"
        "clone 1 -> 2 flags=4100\nclose 2 3\nexecve 2 \"/bin/b\"\nsend 1 4 \"UNIX-STREAM:[1->2]\": "
        "5=-\n"
        "receive 2 3 \"UNIX-STREAM:[2->1]\": 5=-\nfdname 2 5 \"/memfd:a\xc3\xa9\"\n"
        "mmap 2 5 7f00+4096 @0 prot=1 f=1\nexit 1 0 f=1\nexit 2 15 f=2\nstatus 1 0\n");
  }

  TEST_CASE("a recording that begins or ends anywhere, or lost lines, is read without harm") {
    memtrack::test::Random random;
    for (int round = 0; round < 300; round++) {
      std::string text = kRecording;
      for (int cuts = static_cast<int>(random.below(4)); cuts >= 0; cuts--) {
        const size_t from = random.below(text.size());
        text.erase(from, random.below(100));
      }
      const Decoded decoded = decode(text, 1 + random.below(300));
      REQUIRE(decoded.text == decode(text).text);
      uint64_t latest = 0;
      for (size_t i = 0; i < decoded.records.size(); i++) {
        const memtrack::Record& record = decoded.records[i];
        if (record.op == static_cast<uint16_t>(memtrack::Op::kTail)) continue;
        REQUIRE(record.op != 0);
        REQUIRE(record.time >= latest);
        latest = record.time;
      }
    }
  }
}
