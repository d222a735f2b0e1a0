// DecodeCounters: everything that can go wrong while a recording is read, by name. Nothing is ever dropped
// without adding to one of these. A counter's number is also the `aux` of a kLoss event.
//
// Thread safety: none; a decoder's counters belong to the thread that drives it.
#ifndef MEMTRACK_DECODE_DECODE_COUNTERS_H_
#define MEMTRACK_DECODE_DECODE_COUNTERS_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace memtrack {

// info: the answer is right, something is worth knowing. error: some answers may be wrong.
// data loss: something happened that the recording does not tell.
enum class DecodeSeverity : uint8_t { kInfo, kError, kDataLoss };

// clang-format off
// X(constant, severity, name, sentence for the user: what it means and what to do)
#define MEMTRACK_DECODE_COUNTERS(X)                                                                                \
  X(kBannerLines, kInfo, "banner_lines",                                                                           \
    "Lines before the first line of the recording were skipped (a shell's banner).")                               \
  X(kUnparsedLine, kError, "unparsed_line",                                                                        \
    "Lines that do not look like strace's were skipped; the traced program may have written into the recording: "  \
    "use strace -o FILE.")                                                                                         \
  X(kLineTooLong, kDataLoss, "line_too_long",                                                                      \
    "Lines over 1 MiB were skipped; record with a smaller strace -s.")                                             \
  X(kTruncatedArguments, kDataLoss, "truncated_arguments",                                                         \
    "Calls whose arguments are cut off or cannot be read were left out; the file may be damaged.")                 \
  X(kTimeWentBack, kInfo, "time_went_back",                                                                        \
    "Lines whose time is before the line above them got that line's time.")                                       \
  X(kUnfinishedNeverResumed, kDataLoss, "unfinished_never_resumed",                                                \
    "Calls printed as unfinished never came back: what they did is assumed (close, munmap, execve) or left out.")  \
  X(kUnfinishedAssumed, kError, "unfinished_assumed",                                                                \
    "Calls stayed unfinished for so long that their outcome was assumed: close, munmap and execve done, a fork's "    \
    "child the first new task, messages not sent before the call returns.")                                          \
  X(kResumedWithoutStart, kDataLoss, "resumed_without_start",                                                      \
    "Calls whose beginning is not in the recording were left out.")                                                \
  X(kChildBeforeClone, kDataLoss, "child_before_clone",                                                              \
    "A child's lines stand before its parent's fork, as strace -z writes them: what it inherited is unknown; "       \
    "record without -z.")                                                                                            \
  X(kChildrenNotTraced, kDataLoss, "children_not_traced",                                                         \
    "Processes or threads were started, but nothing they did is in the recording: record with strace -f.")        \
  X(kChildTidGuessed, kError, "child_tid_guessed",                                                                  \
    "A parent in a PID namespace names its child by another number than strace does: children are matched in the "  \
    "order they appear; record with strace --decode-pids=pidns.")                                                   \
  X(kTaskEndNotSeen, kDataLoss, "task_end_not_seen",                                                               \
    "A thread id came into use again though its last owner's end is not in the recording; it was ended there.")    \
  X(kSignalsSuppressed, kDataLoss, "signals_suppressed",                                                           \
    "No '+++ exited' or '+++ killed' line: processes killed by a signal seem to live on; record without -q and "   \
    "without -e signal=none.")                                                                                     \
  X(kNoFdPaths, kError, "no_fd_paths",                                                                          \
    "Descriptors are printed without what they refer to: identities are guessed; record with strace -yy.")         \
  X(kYWithoutYy, kError, "y_without_yy",                                                                           \
    "Sockets that carried descriptors are printed without their peers: sender and receiver are paired by guess; "  \
    "record with strace -yy instead of -y.")                                                                       \
  X(kOpenNotTraced, kDataLoss, "calls_not_traced_open",                                                            \
    "Descriptors are used, but no call that makes one was recorded; record with strace -e trace=%desc,%process,"   \
    "%memory,%network or without -e.")                                                                             \
  X(kCloseNotTraced, kDataLoss, "calls_not_traced_close",                                                          \
    "Descriptors are made, but no close was recorded: buffers seem to be held for ever; add close,close_range.")   \
  X(kMmapNotTraced, kDataLoss, "calls_not_traced_mmap",                                                            \
    "Programs were executed, but no mmap was recorded: holders by mapping are missing; add mmap,munmap,mremap.")   \
  X(kMunmapNotTraced, kDataLoss, "calls_not_traced_munmap",                                                        \
    "Mappings are made, but no munmap was recorded: mappings seem to last until exit; add munmap,mremap.")         \
  X(kCloneNotTraced, kDataLoss, "calls_not_traced_clone",                                                          \
    "Several tasks appear, but no fork was recorded: what they inherited and share is unknown; add %process.")     \
  X(kSendNotTraced, kDataLoss, "calls_not_traced_sendmsg",                                                         \
    "Descriptors are received, but no send of any was recorded: their buffers are known by name only; "            \
    "add sendmsg,sendmmsg and trace the sender too.")                                                              \
  X(kReceiveNotTraced, kDataLoss, "calls_not_traced_recvmsg",                                                      \
    "Descriptors are sent, but no receipt of any was recorded: they seem to stay in flight; "                      \
    "add recvmsg,recvmmsg and trace the receiver too.")                                                            \
  X(kNotModelledSysv, kInfo, "not_modelled_sysv",                                                                  \
    "System V shared memory calls (shmget, shmat, shmdt, shmctl) were counted, not followed.")                     \
  X(kNotModelledIoUring, kDataLoss, "not_modelled_io_uring",                                                       \
    "Calls of io_uring were counted, not followed: it can open, close, send and receive without a system call.")    \
  X(kNotModelledDrm, kInfo, "not_modelled_drm",                                                                    \
    "DRM ioctls that share or import buffers were counted, not followed: descriptors they make are first seen "    \
    "at their next use.")                                                                                          \
  X(kNotModelledIon, kInfo, "not_modelled_ion",                                                                    \
    "ION ioctls were counted, not followed: descriptors they make are first seen at their next use.")              \
  X(kNotModelledBinder, kInfo, "not_modelled_binder",                                                              \
    "Binder calls were counted, not followed: descriptors passed through binder are first seen at their next use.") \
  X(kNotModelledRename, kInfo, "not_modelled_rename",                                                              \
    "Renames and links of shared memory files were counted, not followed.")                                        \
  X(kNotModelledWrite, kInfo, "not_modelled_write",                                                                \
    "Writes to shared memory files at an unknown position were counted: sizes may be larger than shown.")           \
  X(kUnreadableLines, kError, "unreadable_lines",                                                                  \
    "Lines that are no events were skipped: a user's annotation over several lines, or damage.")                   \
  X(kLongLines, kDataLoss, "long_lines", "Lines over 1 MiB were skipped.")                                          \
  X(kIncompleteEvents, kDataLoss, "incomplete_events",                                                             \
    "Events whose arguments cannot be read were left out: cut off, damaged, or of a kernel that prints them "      \
    "in another way.")                                                                                             \
  X(kOtherEvents, kInfo, "other_events", "Events that say nothing about buffers or processes were passed over.")    \
  X(kLostEvents, kDataLoss, "lost_events",                                                                         \
    "Events were lost while recording: the buffers of a CPU ran full; record with larger ones (buffer_size_kb).")   \
  X(kOverwrittenEvents, kDataLoss, "overwritten_events",                                                           \
    "The oldest events were overwritten before they could be read; record with larger buffers (buffer_size_kb).")   \
  X(kCpuStartedLate, kInfo, "cpu_started_late",                                                                    \
    "The buffers of some CPUs begin later than those of others: before that, their events are missing.")           \
  X(kTimeInTicks, kInfo, "time_in_ticks",                                                                          \
    "The recording's clock counts ticks (counter, x86-tsc): times are shown as if they were nanoseconds.")         \
  X(kForkFlagsUnknown, kInfo, "fork_flags_unknown",                                                                \
    "Forks were recorded without task_newtask: whether a child is a thread is not known; it is taken for a "       \
    "process that shares nothing.")                                                                                \
  X(kAbiGuessed, kInfo, "abi_guessed",                                                                             \
    "System calls were recorded by number: whether those are of x86-64 or arm64 was told from which are frequent.") \
  X(kMessagesNotShown, kInfo, "messages_not_shown",                                                               \
    "Messages were sent whose descriptors the recording does not show: what was only in flight then is not known.") \
  X(kContainerCut, kDataLoss, "container_cut",                                                                     \
    "The page or JSON document ends inside the trace: the end of the recording is missing.")                       \
  X(kNoTraceInside, kError, "no_trace_inside", "The page or JSON document holds no text of ftrace.")
// clang-format on

enum class DecodeCounter : uint16_t {
#define X(constant, severity, name, sentence) constant,
  MEMTRACK_DECODE_COUNTERS(X)
#undef X
      kCount
};

inline constexpr size_t kDecodeCounterCount = static_cast<size_t>(DecodeCounter::kCount);

// What a counter means; `decode_counter_info(c).name` is stable, the sentence may be reworded.
struct DecodeCounterInfo {
  const char* name;
  DecodeSeverity severity;
  const char* sentence;
};

const DecodeCounterInfo& decode_counter_info(DecodeCounter counter);

// The counts of one decoder.
class DecodeCounters {
 public:
  void add(DecodeCounter counter, uint64_t n = 1) { counts_[static_cast<size_t>(counter)] += n; }
  uint64_t get(DecodeCounter counter) const { return counts_[static_cast<size_t>(counter)]; }

  // Where in the text it happened, in bytes; the first place stays.
  void place(DecodeCounter counter, uint64_t position) {
    uint64_t& first = places_[static_cast<size_t>(counter)];
    if (first == 0) first = position + 1;
  }
  // One more than the byte at which it first happened; 0: not known.
  uint64_t place_of(DecodeCounter counter) const { return places_[static_cast<size_t>(counter)]; }

 private:
  std::array<uint64_t, kDecodeCounterCount> counts_{};
  std::array<uint64_t, kDecodeCounterCount> places_{};
};

}  // namespace memtrack

#endif  // MEMTRACK_DECODE_DECODE_COUNTERS_H_
