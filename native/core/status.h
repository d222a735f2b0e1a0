// Status: what the core answers, in the kernel's numbers: 0 or a negative errno.
#ifndef MEMTRACK_CORE_STATUS_H_
#define MEMTRACK_CORE_STATUS_H_

#include <cstdint>

namespace memtrack {

using Status = int32_t;

inline constexpr Status kOk = 0;
inline constexpr Status kEnoent = -2;
inline constexpr Status kEsrch = -3;
inline constexpr Status kEnomem = -12;
inline constexpr Status kEbusy = -16;
inline constexpr Status kEexist = -17;
inline constexpr Status kEinval = -22;
inline constexpr Status kEnospc = -28;

}  // namespace memtrack

#endif  // MEMTRACK_CORE_STATUS_H_
