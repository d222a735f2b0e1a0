// cpu_relax(): tells the processor that this is a spin loop (the kernel's name for it).
#ifndef MEMTRACK_CORE_CPU_RELAX_H_
#define MEMTRACK_CORE_CPU_RELAX_H_

namespace memtrack {

inline void cpu_relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace memtrack

#endif  // MEMTRACK_CORE_CPU_RELAX_H_
