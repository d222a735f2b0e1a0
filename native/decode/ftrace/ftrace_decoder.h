// FtraceDecoder: the text of ftrace to events, whichever tool wrote it: tracefs' trace and trace_pipe,
// trace-cmd report, atrace, the pages of systrace, the JSON of Chrome.
//
//   cam_alloc-4211  ( 4210) [006] ...1. 812.400117: dma_heap_stat: inode=907 len=8294400B total_allocated=91230208B
//   ->  kTask {task 1, tid 4211, tgid 4210}  kComm {"cam_alloc"}  kAlloc {task 1, 8294400, kSpaceDmaHeap; id 907, total 91230208}
//
// What it promises:
//   - Times never decrease: a line before its predecessor gets that one's time and is counted.
//   - A task's kTask precedes its other events. A second kTask of the same key tells its tgid late.
//   - Lines of events that say nothing about buffers or processes cost little, and are counted by name (events()).
//   - The same bytes give the same records however they are cut.
//
// What the lines mean is from the kernel's trace/events/*.h, Documentation/trace/{ftrace,kprobetrace}.rst, and for
// Android's events from its common kernel.
//
// Thread safety: none.
#ifndef MEMTRACK_DECODE_FTRACE_FTRACE_DECODER_H_
#define MEMTRACK_DECODE_FTRACE_FTRACE_DECODER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "decode/decoder.h"
#include "decode/ftrace/arguments.h"
#include "decode/ftrace/container.h"
#include "decode/ftrace/event_names.h"
#include "decode/ftrace/line.h"
#include "decode/ftrace/system_calls.h"
#include "decode/task_table.h"

namespace memtrack {

// Whether the first bytes of a file look like ftrace text, plain or in a container.
bool looks_like_ftrace(std::span<const uint8_t> head);

class FtraceDecoder final : public Decoder {
 public:
  static constexpr size_t kLongestLine = size_t{1} << 20;

  void push(std::span<const uint8_t> bytes) override;
  void finish() override;
  std::vector<EventCount> events() const override;

 private:
  static constexpr size_t kArguments = 6;
  static constexpr size_t kMostTransactions = 4096;

  // A system call that has begun.
  struct Pending {
    ftrace::SystemCall call = ftrace::SystemCall::kNone;
    bool installed = false;  // a probe told the descriptor that it made
    uint32_t path = 0;       // string
    std::array<uint64_t, kArguments> args{};
  };

  struct Task {
    uint32_t key = 0;
    uint32_t tid = 0;
    uint32_t tgid = 0;  // 0: not known
    bool named = false;
    bool exiting = false;  // kTaskExit was put
    bool status_known = false;
    uint32_t status = 0;
    uint32_t transaction = 0;  // binder: that it sent last
    uint32_t target = 0;       // pid it went to
    uint32_t serving = 0;      // key of the task whose request it works on
    Pending pending;
  };

  // A task that a list of processes names.
  struct Listed {
    uint32_t tgid = 0;
    std::string comm;
  };

  // A binder transaction on its way.
  struct Transaction {
    uint32_t id = 0;
    uint32_t sender = 0;  // key
  };

  // ftrace_decoder.cc
  void on_text(std::string_view text);
  void on_line(const char* begin, const char* end);
  void on_event(const char* begin, const ftrace::Line& line);
  bool on_note(std::string_view text);
  void on_header(std::string_view text);
  void handle(ftrace::EventName& name, const ftrace::Line& line);
  void unreadable();
  Record& put(uint32_t task, Op op, uint32_t buffer, uint32_t aux, uint64_t size,
              uint16_t flags = 0);
  void put_tailed(uint32_t task, Op op, uint32_t buffer, uint32_t aux, uint64_t size,
                  uint16_t flags, const Tail& tail);
  void lose(DecodeCounter counter, uint64_t n = 1);
  // Counts an event whose arguments are not what the kernel prints.
  void incomplete();

  // tasks_of_events.cc
  Task& task_of(const ftrace::Line& line);
  Task& actor_of(const ftrace::Line& line);
  Task& begin_task(uint32_t tid, uint32_t tgid);
  Task* known(ftrace::Number tid);
  void name(Task& task, std::string_view comm);
  void list(uint32_t tid, uint32_t tgid, std::string_view comm);
  void on_newtask(Task& task, const ftrace::Arguments& args);
  void on_fork(Task& task, const ftrace::Arguments& args);
  void on_exec(const ftrace::Arguments& args);
  void on_exit(const ftrace::Arguments& args);
  void on_free(const ftrace::Arguments& args);
  void on_rename(const ftrace::Line& line, const ftrace::Arguments& args);
  void on_switch(const ftrace::Arguments& args);
  void on_process_dump(std::string_view text);

  // allocations.cc
  struct Allocation {
    uint32_t space;
    // Initialisers may leave it out. NOLINTNEXTLINE(readability-redundant-member-init)
    std::string_view name{};
    uint64_t size = 0;
    uint16_t flags = 0;
    uint64_t id = 0;
    uint64_t total = 0;
    uint32_t owner = 0;
    uint32_t domain = 0;
  };
  void put_allocation(const Task& task, Op op, const Allocation& allocation);
  void on_signed_allocation(const Task& task, Allocation allocation, ftrace::Number length,
                            ftrace::Number total);
  void on_heap(const Task& task, ftrace::Event event, const ftrace::Arguments& args);
  void on_total(const Task& task, ftrace::Event event, const ftrace::Arguments& args);
  void on_gpu_object(const Task& task, ftrace::Event event, const ftrace::Arguments& args);
  void on_cma(const Task& task, ftrace::Event event, const ftrace::Arguments& args);

  // files.cc
  void on_dma_buf(Task& task, ftrace::Event event, const ftrace::Arguments& args);
  void on_probe(const ftrace::Line& line, ftrace::EventName& name, const ftrace::Arguments& args);
  void on_fd_install(Task& task, const ftrace::Arguments& args);
  void on_flush(Task& task, const ftrace::Arguments& args);
  void on_binder(Task& task, ftrace::Event event, const ftrace::Arguments& args);

  // calls_of_events.cc
  void on_system_call(const ftrace::EventName& name, const ftrace::Line& line);
  void on_exit_call(const ftrace::Line& line);
  void on_raw_call(ftrace::Event event, const ftrace::Line& line);
  void enter(Task& task, ftrace::SystemCall call);
  void leave(Task& task, ftrace::SystemCall call, uint64_t result);
  void leave_with_fd(Task& task, ftrace::SystemCall call, uint32_t fd);
  void leave_mapping(Task& task, ftrace::SystemCall call, uint64_t result);
  void leave_fcntl(Task& task, uint64_t result);
  void leave_ioctl(Task& task, uint64_t result);
  void read_named(std::string_view text, Pending& pending);

  ftrace::Container container_;
  ftrace::EventNames names_;
  ftrace::NameFinder finder_;
  TaskTable<Task> tasks_;
  uint64_t now_ = 0;
  uint64_t position_ = 0;  // of the line being read, in the text without its container
  std::string carry_;      // a line cut by the end of a chunk
  std::string scratch_;
  bool skipping_ = false;  // inside a line that is too long
  bool begun_ = false;     // a line of an event was seen
  bool dumping_ = false;   // inside a list of processes
  bool finished_ = false;
  bool threads_ = false;  // that list is of threads
  bool newtask_seen_ = false;
  Task nobody_;                                  // tid 0, the idle task: key 0
  std::unordered_map<uint32_t, Listed> listed_;  // by tid
  uint32_t unnamed_ = 0;                         // tasks whose name is not known
  int abi_ = 0;                                  // > 0: the numbers of system calls are x86-64's
  uint64_t raw_calls_ = 0;
  std::array<Transaction, kMostTransactions> transactions_{};  // by id % size
};

}  // namespace memtrack

#endif  // MEMTRACK_DECODE_FTRACE_FTRACE_DECODER_H_
