// Annotations for clang's thread-safety analysis (-Wthread-safety): which lock guards what, who
// must hold it, who takes and releases it. Other compilers see nothing.
#ifndef MEMTRACK_CORE_THREAD_ANNOTATIONS_H_
#define MEMTRACK_CORE_THREAD_ANNOTATIONS_H_

#if defined(__clang__)
#define MEMTRACK_ANNOTATION(x) __attribute__((x))
#else
#define MEMTRACK_ANNOTATION(x)
#endif

// On a type: it is a lock; or it holds one from construction to destruction.
#define MEMTRACK_CAPABILITY(name) MEMTRACK_ANNOTATION(capability(name))
#define MEMTRACK_SCOPED_CAPABILITY MEMTRACK_ANNOTATION(scoped_lockable)

// On a member: reading it needs the lock shared, writing it exclusively; the same for what it
// points to.
#define MEMTRACK_GUARDED_BY(lock) MEMTRACK_ANNOTATION(guarded_by(lock))
#define MEMTRACK_PT_GUARDED_BY(lock) MEMTRACK_ANNOTATION(pt_guarded_by(lock))

// On a function: the caller holds the lock; holds it shared; must not hold it.
#define MEMTRACK_REQUIRES(...) MEMTRACK_ANNOTATION(requires_capability(__VA_ARGS__))
#define MEMTRACK_REQUIRES_SHARED(...) MEMTRACK_ANNOTATION(requires_shared_capability(__VA_ARGS__))
#define MEMTRACK_EXCLUDES(...) MEMTRACK_ANNOTATION(locks_excluded(__VA_ARGS__))

// On a function: it takes or releases the lock; RELEASE_GENERIC in either mode.
#define MEMTRACK_ACQUIRE(...) MEMTRACK_ANNOTATION(acquire_capability(__VA_ARGS__))
#define MEMTRACK_ACQUIRE_SHARED(...) MEMTRACK_ANNOTATION(acquire_shared_capability(__VA_ARGS__))
#define MEMTRACK_RELEASE(...) MEMTRACK_ANNOTATION(release_capability(__VA_ARGS__))
#define MEMTRACK_RELEASE_SHARED(...) MEMTRACK_ANNOTATION(release_shared_capability(__VA_ARGS__))
#define MEMTRACK_RELEASE_GENERIC(...) MEMTRACK_ANNOTATION(release_generic_capability(__VA_ARGS__))
#define MEMTRACK_TRY_ACQUIRE(...) MEMTRACK_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define MEMTRACK_TRY_ACQUIRE_SHARED(...) \
  MEMTRACK_ANNOTATION(try_acquire_shared_capability(__VA_ARGS__))

// On a function whose locking the analysis cannot follow; a comment beside it says why it is right.
#define MEMTRACK_NO_THREAD_SAFETY_ANALYSIS MEMTRACK_ANNOTATION(no_thread_safety_analysis)

#endif  // MEMTRACK_CORE_THREAD_ANNOTATIONS_H_
