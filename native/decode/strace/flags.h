// Values of the symbolic flags strace prints, as the kernel's headers number them on x86-64 and arm64.
// A name that is not known is 0. Flags may also be printed as numbers (-X raw) or both (-X verbose).
#ifndef MEMTRACK_DECODE_STRACE_FLAGS_H_
#define MEMTRACK_DECODE_STRACE_FLAGS_H_

#include <cstdint>
#include <string_view>

namespace memtrack::strace {

uint64_t open_flags(std::string_view text);
uint64_t memfd_flags(std::string_view text);
uint64_t map_flags(std::string_view text);
uint64_t prot_flags(std::string_view text);
uint64_t mremap_flags(std::string_view text);
uint64_t clone_flags(std::string_view text);
uint64_t message_flags(std::string_view text);
uint64_t close_range_flags(std::string_view text);
uint64_t fallocate_flags(std::string_view text);

// Number of a command or an advice printed by name: kUnknown if it is neither known nor a number.
inline constexpr uint64_t kUnknown = ~uint64_t{0};
uint64_t fcntl_command(std::string_view text);
uint64_t madvise_advice(std::string_view text);
uint64_t signal_number(std::string_view text);

inline constexpr uint64_t kOCreat = 0x40, kOTrunc = 0x200, kOWronly = 1, kOCloexec = 0x80000;
inline constexpr uint64_t kCloneVm = 0x100, kCloneFiles = 0x400, kClonePidfd = 0x1000,
                          kCloneVfork = 0x4000, kCloneThread = 0x10000;
inline constexpr uint64_t kMapPrivateBit = 2, kMapSharedBit = 1, kMapFixedBit = 0x10,
                          kMapAnonymousBit = 0x20;
inline constexpr uint64_t kMsgPeek = 2, kMsgCtrunc = 8, kMsgCmsgCloexec = 0x40000000;
inline constexpr uint64_t kFallocKeepSize = 1;
inline constexpr uint64_t kFDupfd = 0, kFSetfd = 2, kFDupfdCloexec = 1030;
inline constexpr uint64_t kMadvDontfork = 10, kMadvDofork = 11;

}  // namespace memtrack::strace

#endif  // MEMTRACK_DECODE_STRACE_FLAGS_H_
