// StraceDecoder: the output of strace, in every line form, to events.
//
//   4211 1700000000.000100 memfd_create("frame", MFD_CLOEXEC) = 5</memfd:frame>(deleted)
//   ->  kTask {task 1, tid 4211}  kMemfd {task 1, fd 5, "frame", MFD_CLOEXEC}
//
// What it promises:
//   - Order of effect. Of a call printed in two halves, what releases, sends or forks takes effect at the first
//     half, what acquires at the second; a call that failed has none. Until the second half tells, later
//     records are held back, at most kMostHeld records or kMostHeldText bytes of input; then close, munmap, unlink
//     and execve are taken as done, messages and children as not there before the call returns.
//   - A child's events follow its kClone, also where its lines precede the parent's.
//     The child's kTask stands immediately before that kClone. A second kTask of the same key tells the tid
//     of a task whose first lines did not print it (aux 0 before).
//   - kFdName precedes an event that uses a descriptor of a shared buffer, unless the task's same descriptor
//     was last called the same. Its string is the path as the kernel has it, without the " (deleted)"
//     of an unlinked file; "/dmabuf:NAME" is never unlinked, so there it belongs to the name.
//   - The same bytes give the same records however they are cut.
//
// Thread safety: none.
#ifndef MEMTRACK_DECODE_STRACE_STRACE_DECODER_H_
#define MEMTRACK_DECODE_STRACE_STRACE_DECODER_H_

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "decode/decoder.h"
#include "decode/strace/calls.h"
#include "decode/strace/clock.h"
#include "decode/strace/cursor.h"
#include "decode/strace/fd_names.h"
#include "decode/strace/line.h"
#include "decode/strace/tasks.h"

namespace memtrack {

// Whether the first bytes of a file look like strace's output (after a BOM, a banner, with CRLF).
bool looks_like_strace(std::span<const uint8_t> head);

class StraceDecoder final : public Decoder {
 public:
  static constexpr size_t kLongestLine = size_t{1} << 20;
  static constexpr size_t kMostHeld = size_t{64} << 10;
  static constexpr uint64_t kMostHeldText = uint64_t{16} << 20;
  static constexpr size_t kMostFds = 253;  // SCM_MAX_FD: so a group has at most 254 records

  void push(std::span<const uint8_t> bytes) override;
  void finish() override;

 private:
  // What a call returned.
  struct Result {
    enum class State : uint8_t { kDone, kFailed, kNever, kMissing } state = State::kMissing;
    uint64_t value = 0;
    uint64_t outer_tid = 0;  // "= 3 /* 4242 in strace's PID ns */"
    strace::FdText fd;       // an annotated result
    std::string_view error;  // EBADF
  };

  // One call, while its event is made.
  struct Context {
    strace::Task& task;
    strace::Call call;
    strace::Cursor args;
    bool first_half;           // the result is not known: as if it succeeded
    RecordQueue::HoldId hold;  // of its first half, where its records have their places
    uint64_t first_half_time;
    Result result{};
  };

  // A child whose parent knows it by the tid of a PID namespace, until a line shows its own.
  struct InnerChild {
    uint32_t key;
    uint32_t inner_tid;
    uint32_t placeholder;  // its tid in tasks_, from kInnerTids on
  };
  static constexpr uint32_t kInnerTids = 1u << 31;
  static constexpr size_t kMostInnerChildren = 1024;

  // strace_decoder.cc
  void on_line(const char* begin, const char* end);
  void split_and_dispatch(const char* begin, const char* end);
  bool joins_next_line(const char* begin, const char* end);
  void on_message(std::string_view text);
  void on_call(strace::Task& task, std::string_view name, const char* end);
  void on_resumed(strace::Task& task, const char* text, const char* end);
  void on_end_of_task(strace::Task& task, const char* text, const char* end);

  // halves.cc
  void on_first_half(strace::Task& task, strace::Call call, std::string_view name, const char* text,
                     const char* end);
  void settle_returned(strace::Task& task, Context& call);
  void settle_never(strace::Task& task, bool count);
  void bound_holds();
  static Result read_result(strace::Cursor& args);
  bool returned(Context& call);

  // calls_*.cc
  void run(Context& call);
  static uint32_t result_fd(const Context& call);
  void on_close(Context& call);
  void on_close_range(Context& call);
  void on_open(Context& call);
  void on_memfd_create(Context& call);
  void on_new_fd(Context& call);
  void on_pipe(Context& call);
  void on_socketpair(Context& call);
  void on_dup(Context& call);
  void put_dup(Context& call, const strace::FdText& fd, uint16_t flags);
  void on_fcntl(Context& call);
  void on_truncate(Context& call);
  void on_write(Context& call);
  void on_unlink(Context& call);
  void on_rename(Context& call);
  void on_mmap(Context& call);
  void on_address_range(Context& call);
  void on_mremap(Context& call);
  void on_message_call(Context& call);
  void on_message_vector(Context& call);
  void put_message(Context& call, const strace::FdText& socket, std::string_view message,
                   uint64_t flags, uint16_t index);
  uint32_t route_of(Context& call, const strace::FdText& socket, std::string_view message);
  void on_fork(Context& call);
  void on_execve(Context& call);
  void on_exit(Context& call);
  void on_unshare(Context& call);
  void on_pidfd(Context& call);
  void on_prctl(Context& call);
  void on_ioctl(Context& call);

  // tasks_of_lines.cc
  strace::Task& task_of(const strace::Line& line, bool begins_call);
  void announce(strace::Task& task);
  void retire(strace::Task& task);
  void put_clone(strace::Task& parent, uint64_t flags, uint32_t child_tid, uint64_t time,
                 RecordQueue::HoldId hold);
  strace::Task* child_of(const strace::Task& parent, uint32_t child_tid, RecordQueue::HoldId hold,
                         bool& late);
  strace::Task& new_task(uint32_t tid);
  void supersede(strace::Task& leader, uint32_t tid);
  void executed(strace::Task& task);

  // names.cc
  strace::FdText read_fd(strace::Cursor& args);
  uint32_t intern_unescaped(std::string_view raw);
  uint32_t name_of(const strace::FdText& fd);
  void reveal(strace::Task& task, const strace::FdText& fd);
  void reveal_all(strace::Task& task, const char* text, const char* end);
  void name_result(Context& call, uint32_t fd, bool tell_reader);
  std::string_view path_of(const strace::FdText& directory, const strace::QuotedText& path);

  Record& put(const strace::Task& task, Op op, uint32_t buffer, uint32_t aux, uint64_t size,
              uint16_t flags = 0);
  void lose(const strace::Task* task, DecodeCounter counter);
  void count_what_is_missing();

  strace::Clock clock_;
  strace::Tasks tasks_;
  strace::FdNames fd_names_;
  uint64_t now_ = 0;
  uint64_t position_ = 0;                          // bytes of whole lines read
  std::string carry_;                              // a line cut by the end of a chunk
  bool skipping_ = false;                          // inside a line that is too long
  std::string joined_;                             // a line cut by a message of strace's own
  std::string scratch_;                            // decoded bytes of one string
  std::string path_;                               // a resolved path
  std::string whole_;                              // both halves of a call
  std::vector<strace::FdText> fds_;                // of one message
  std::unordered_set<uint32_t> exited_groups_;     // whose other threads' ends are to come
  std::vector<uint32_t> executing_groups_;         // inside an unfinished execve
  std::unordered_map<uint64_t, uint32_t> pidfds_;  // group << 32 | fd -> tid
  strace::Task* unnumbered_ =
      nullptr;  // whose lines print no tid; valid while it has unnumbered_key_
  uint32_t unnumbered_key_ = 0;
  uint32_t lowest_tid_ = UINT32_MAX;  // of all lines
  uint32_t pending_forks_ = 0;        // forks that have not returned
  uint32_t next_inner_ = kInnerTids;
  std::deque<InnerChild> inner_children_;  // oldest first
  bool deleted_inside_ = false;            // this strace leaves " (deleted)" inside the <>
  bool begun_ = false;                     // a line of strace's was seen
  bool finished_ = false;

  // What the recording shows, to tell at the end what it never shows.
  std::array<bool, 256> seen_{};  // by Call
  uint64_t plain_fds_ = 0, annotated_fds_ = 0, fds_made_ = 0, mappings_ = 0, executed_ = 0;
  uint64_t sent_ = 0, received_ = 0, exits_ = 0, ends_ = 0, unparented_ = 0;
  uint64_t children_ = 0, children_spoke_ = 0;
};

}  // namespace memtrack

#endif  // MEMTRACK_DECODE_STRACE_STRACE_DECODER_H_
