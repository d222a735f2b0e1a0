// Record: one thing that happened, in 32 bytes; the joint between decoders, trace files and the core.
//
// Two families share the layout. *Commands* (op 1..63) are what the accounting core executes. *Events*
// (op 64..) are what a kernel did, seen from outside; lib/model lowers them to commands. A record that
// needs more room is followed at once by tails; every record of such a group but the last has kMore set,
// and no batch and no chunk of a file splits a group.
//
// Little-endian, naturally aligned. This header is the only definition of the layout: the add-on exports
// it and a test compares lib/core/record.ts with it.
#ifndef MEMTRACK_RECORD_RECORD_H_
#define MEMTRACK_RECORD_RECORD_H_

#include <bit>
#include <cstddef>
#include <cstdint>

namespace memtrack {

static_assert(std::endian::native == std::endian::little, "memtrack needs a little-endian machine");

// `task` and `buffer` are keys: chosen by the issuer, small, unique in a stream and never reused there.
struct Record {
  uint64_t time;    // nanoseconds on the recording's clock; 0 when issued by a call
  uint64_t size;    // bytes, or an address, by op
  uint32_t task;    // key of the acting task
  uint32_t buffer;  // key of the buffer, or an fd in events
  uint32_t aux;     // by op
  uint16_t op;      // an Op
  uint16_t flags;   // low 15 bits by op; kMore
};

// What follows a record with kMore: seven more fields for the same event.
struct Tail {
  uint64_t p;
  uint64_t q;
  uint32_t r;
  uint32_t s;
  uint32_t t;
  uint16_t op;     // Op::kTail
  uint16_t flags;  // kMore or 0
};

static_assert(sizeof(Record) == 32 && alignof(Record) == 8);
static_assert(sizeof(Tail) == 32 && alignof(Tail) == 8);
static_assert(offsetof(Record, size) == 8 && offsetof(Record, task) == 16);
static_assert(offsetof(Record, buffer) == 20 && offsetof(Record, aux) == 24);
static_assert(offsetof(Record, op) == 28 && offsetof(Record, flags) == 30);
static_assert(offsetof(Tail, op) == 28 && offsetof(Tail, flags) == 30);

inline constexpr uint16_t kMore = 0x8000;       // a tail of this record follows
inline constexpr uint32_t kNoFd = 0xffffffffu;  // an event without a descriptor

// clang-format off
// X(name, value). Commands first: what each takes is written beside it and in docs/mtrk.md.
#define MEMTRACK_COMMANDS(X)                                                                        \
  X(kSpawn,     1)  /* task = new leader, aux = pid                                              */ \
  X(kFork,      2)  /* task = parent, aux = child key, size = child pid, flags = kShare*         */ \
  X(kExec,      3)  /* task; flags = kUnnotified                                                 */ \
  X(kExit,      4)  /* task; flags = kGroup: every thread of its group, kUnnotified              */ \
  X(kUnshare,   5)  /* task gets its own copy of its files                                       */ \
  X(kInit,      6)  /* buffer, size, task = allocating task or 0, aux = tag number or 0; -> id    */ \
  X(kRemove,    7)  /* buffer                                                                    */ \
  X(kSetTag,    8)  /* buffer, aux = tag number (0: NULL)                                        */ \
  X(kResize,    9)  /* buffer, size                                                              */ \
  X(kInstall,  10)  /* task, buffer                                                              */ \
  X(kUninstall,11)  /* task, buffer                                                              */ \
  X(kVmOpen,   12)  /* task, buffer, size = start, aux = kVm*; tail: p = end, q = offset         */ \
  X(kVmClose,  13)  /* task, buffer, size = start                                                */ \
  X(kVmAdjust, 14)  /* task, buffer, size = start, aux = kVm*; tail: p = end, q = offset, (r,s) = new start */

#define MEMTRACK_EVENTS(X)                                                                          \
  X(kTask,     64)  /* task is first seen, aux = tid, size = tgid or 0 if unknown                */ \
  X(kClone,    65)  /* task = parent, aux = child key, size = clone flags                        */ \
  X(kExecve,   66)  /* task, aux = string: path                                                  */ \
  X(kTaskExit, 67)  /* task's thread ends; flags = kGroup: by exit_group, kKilled; aux = status or signal */ \
  X(kStatus,   68)  /* task (already ended): flags = kKilled, aux = status or signal             */ \
  X(kComm,     69)  /* task, aux = string: comm                                                  */ \
  X(kOpen,     70)  /* task, buffer = fd, aux = string: path (0: of no interest), size = O_ flags */ \
  X(kMemfd,    71)  /* task, buffer = fd, aux = string: name (0: unknown), size = MFD_ flags     */ \
  X(kNewFd,    72)  /* task, buffer = fd of another kind, aux = string or 0, flags = kCloexec    */ \
  X(kClose,    73)  /* task, buffer = fd                                                         */ \
  X(kCloseRange,74) /* task, buffer = first, aux = last, size = CLOSE_RANGE_ flags               */ \
  X(kDup,      75)  /* task, buffer = old fd, aux = new fd, flags = kCloexec, kOnto (dup2, dup3)  */ \
  X(kSetCloexec,76) /* task, buffer = fd, flags = kCloexec or 0                                  */ \
  X(kTruncate, 77)  /* task, buffer = fd (kNoFd: aux = string path), size; flags = kGrow: fallocate */ \
  X(kMmap,     78)  /* task, buffer = fd, size = length, aux = PROT_, flags = kMap*; tail: p = addr, q = offset */ \
  X(kMunmap,   79)  /* task, size = addr, buffer | aux << 32 = length                            */ \
  X(kMprotect, 80)  /* as kMunmap, flags = PROT_                                                 */ \
  X(kMremap,   81)  /* task, size = old addr; tail: p = old length, q = new length, (r,s) = new addr, t = MREMAP_ flags */ \
  X(kMadvise,  82)  /* as kMunmap, flags = MADV_ (10 DONTFORK, 11 DOFORK)                        */ \
  X(kSocketpair,83) /* task, buffer, aux = fds, flags = kCloexec; size = string | string << 32: their names, 0 unknown */ \
  X(kSend,     84)  /* task, buffer = socket fd, aux = string: route, size = number of fds; tails: r = fd, s = string: its name */ \
  X(kReceive,  85)  /* as kSend; flags = kCloexec, kTruncated, kPeek                             */ \
  X(kUnlink,   86)  /* task, aux = string: path                                                  */ \
  X(kUnshareFiles,87) /* task                                                                    */ \
  X(kPidfdGetfd,88) /* task, buffer = new fd, aux = fd in the other, size = key of the other task or 0 */ \
  X(kHeapAlloc,89)  /* task, buffer = result fd or kNoFd: not shown, aux = string: heap, size or 0 */ \
  X(kUdmabuf,  90)  /* task, buffer = result fd, size or 0                                       */ \
  X(kSetName,  91)  /* task, buffer = fd, aux = string (0: not shown)                            */ \
  X(kFdName,   92)  /* task, buffer = fd, aux = string: what the recording calls this fd here    */ \
  X(kLoss,     93)  /* aux = a DecodeCounter, size = how many: something was lost at this place   */ \
  X(kAlloc,    94)  /* task allocated: size, buffer = kSpace*, aux = string: heap or 0, flags = kWith*; tail: p = id, q = total after, r = pid charged, s = domain, t = key of the task it was done for */ \
  X(kFree,     95)  /* as kAlloc: task freed; size 0: not told                                   */ \
  X(kTotal,    96)  /* a sum that the kernel keeps: as kAlloc; size = the sum, q = its change (two's complement) */ \
  X(kFdFile,   97)  /* task, buffer = fd now is of a file: size = of the file, aux = string: exporter or 0, flags = kCloexec, kCloexecKnown, kOfMemfd, kSeen; tail: p = inode, q = dev or kNoDev */ \
  X(kFdFlush,  98)  /* task closed a descriptor of a file, buffer = fd or kNoFd; tail: p = inode, q = dev */ \
  X(kExport,   99)  /* task made a dma-buf: size, aux = string: exporter; tail: p = inode          */ \
  X(kRelease, 100)  /* the last reference to a dma-buf went; tail: p = inode                        */ \
  X(kImport,  101)  /* a driver holds a dma-buf: aux = string: device, flags = kDetach; tail: p = inode, q = attachment */ \
  X(kMapFile, 102)  /* task mapped a dma-buf, where is not told: size; tail: p = inode             */ \
  X(kBinderSend,103)/* task, buffer = fd passed by binder; tail: p = transaction, q = offset, r = fd in the target or kNoFd, s = target pid */ \
  X(kBinderReceive,104)/* task, buffer = fd got by binder; tail: p = transaction, q = offset         */ \
  X(kTail, 0xffff)
// clang-format on

enum class Op : uint16_t {
#define X(name, value) name = value,
  MEMTRACK_COMMANDS(X) MEMTRACK_EVENTS(X)
#undef X
};

// Flags of kFork: what child and parent share. Without kShareThread the child leads its own group.
inline constexpr uint16_t kShareFiles = 1;
inline constexpr uint16_t kShareMm = 2;
inline constexpr uint16_t kShareThread = 4;

// Flags of kExit, kTaskExit, kStatus.
inline constexpr uint16_t kGroup = 1;
inline constexpr uint16_t kKilled = 2;
inline constexpr uint16_t kNoStatus = 8;  // aux is not known

// Flag of kExit and kExec. posted: the exit notifier does not run, as in a kernel without CONFIG_PROFILING and for a
// child that clone gave up.
inline constexpr uint16_t kUnnotified = 4;

// Flags of events about descriptors.
inline constexpr uint16_t kCloexec = 1;
inline constexpr uint16_t kOnto = 2;
inline constexpr uint16_t kTruncated = 4;
inline constexpr uint16_t kGrow = 8;
inline constexpr uint16_t kPeek = 16;  // kReceive: MSG_PEEK, the message stays in the queue

// More flags of kFdFile.
inline constexpr uint16_t kCloexecKnown = 32;
inline constexpr uint16_t kOfMemfd = 64;
inline constexpr uint16_t kSeen = 128;  // it was used, not made: it may have been there before

// Flags of kImport.
inline constexpr uint16_t kDetach = 1;

inline constexpr uint64_t kNoDev = ~uint64_t{0};  // kFdFile: the recording does not tell the device

// Flags of kAlloc, kFree and kTotal: which fields of the tail are known.
inline constexpr uint16_t kWithId = 1;
inline constexpr uint16_t kWithTotal = 2;
inline constexpr uint16_t kWithOwner = 4;   // r is a process id, also 0
inline constexpr uint16_t kWithDomain = 8;  // s

// What allocator events count, and what identifies a buffer there. Ids are unique only while the buffer lives.
inline constexpr uint32_t kSpaceDmaHeap = 1;     // dma_heap_stat: inode
inline constexpr uint32_t kSpaceIon = 2;         // ion_stat: buffer_id
inline constexpr uint32_t kSpaceIonAddress = 3;  // ion_buffer_create, _destroy: kernel address
inline constexpr uint32_t kSpaceIonHeap = 4;  // ion_heap_grow, _shrink: none, only the heap's name
inline constexpr uint32_t kSpaceCma =
    5;  // cma_alloc, cma_release: page frame number, and the area's name
inline constexpr uint32_t kSpaceFastrpc =
    6;  // fastrpc_dma_alloc, _free: physical address; domain: of the DSP
inline constexpr uint32_t kSpaceFastrpcDomain = 7;  // fastrpc_dma_stat: none; domain: of the DSP
inline constexpr uint32_t kSpaceKgsl = 8;           // kgsl_mem_alloc, _free: id within its process
inline constexpr uint32_t kSpaceI915 = 9;     // i915_gem_object_create, _destroy: kernel address
inline constexpr uint32_t kSpaceAmdgpu = 10;  // amdgpu_bo_create: kernel address
inline constexpr uint32_t kSpaceXe = 11;      // xe_bo_create: none
inline constexpr uint32_t kSpaceGpu =
    12;  // gpu_mem_total: none; domain: of the GPU, pid 0: all processes
inline constexpr uint32_t kSpaceDmabufRss =
    13;  // dmabuf_rss_stat: inode; the sum is of the task's process
inline constexpr uint32_t kSpaceMali =
    14;  // mali_total_alloc_pages_change: none; domain: of the GPU

// Flags of kMmap.
inline constexpr uint16_t kMapShared = 1;
inline constexpr uint16_t kMapFixed = 2;

// aux of kVmOpen and kVmAdjust: what /proc/[pid]/memtrack prints of a VMA, and what fork obeys.
inline constexpr uint32_t kVmRead = 1;
inline constexpr uint32_t kVmWrite = 2;
inline constexpr uint32_t kVmExec = 4;
inline constexpr uint32_t kVmShared = 8;
inline constexpr uint32_t kVmIo = 16;  // any of VM_IO, VM_PFNMAP, VM_DONTEXPAND, VM_DONTDUMP
inline constexpr uint32_t kVmDontCopy = 32;

}  // namespace memtrack

#endif  // MEMTRACK_RECORD_RECORD_H_
