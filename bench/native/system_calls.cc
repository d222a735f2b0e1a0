// system_calls OPERATION COUNT: what the plain system call costs on this machine, by a process with 1,000 descriptors, each of a
// memfd of its own (half of them close-on-exec for exec), and 300 of them mapped. Beside bench/jobs/model-operation.ts.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "stopwatch.h"

namespace memtrack::bench {
namespace {

constexpr size_t kLength = 4 * 4096;
constexpr int kDescriptors = 1000;
constexpr int kMappings = 300;

void Check(bool good, const char* what) {
  if (good) return;
  std::perror(what);
  std::exit(1);
}

int NewBuffer() {
  const int fd = memfd_create("bench", 0);
  Check(fd >= 0 && ftruncate(fd, kLength) == 0, "memfd_create");
  return fd;
}

void* Map(int fd) {
  void* address = mmap(nullptr, kLength, PROT_READ, MAP_SHARED, fd, 0);
  Check(address != MAP_FAILED, "mmap");
  return address;
}

struct World {
  std::vector<int> fds;

  World() {
    rlimit limit;
    Check(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 8192);
    Check(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    for (int i = 0; i < kDescriptors; i++) fds.push_back(NewBuffer());
    for (int i = 0; i < kMappings; i++) Map(fds[i]);
  }
};

// One operation made `row` times; what comes before and after a row is not timed.
struct Operation {
  int row = 0;
  std::function<void(int)> once;
  std::function<void()> before = [] {};
  std::function<void()> after = [] {};
};

struct Spent {
  int64_t cpu = 0;
  int64_t wall = 0;
};

Spent Time(const Operation& operation, int rows) {
  Spent spent;
  for (int row = 0; row < rows; row++) {
    operation.before();
    const int64_t cpu = Nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    const int64_t wall = Nanoseconds(CLOCK_MONOTONIC);
    for (int i = 0; i < operation.row; i++) operation.once(i);
    spent.cpu += Nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    spent.wall += Nanoseconds(CLOCK_MONOTONIC) - wall;
    operation.after();
  }
  return spent;
}

std::vector<int> Shuffled(int length) {
  std::vector<int> order(length);
  for (int i = 0; i < length; i++) order[i] = i;
  uint32_t random = 1;
  for (int i = length - 1; i > 0; i--) {
    random = random * 1664525 + 1013904223;
    std::swap(order[i], order[random % (i + 1)]);
  }
  return order;
}

// Passes a descriptor through a socket and receives it; answers the new one.
int Pass(int from, int to, int fd) {
  char byte = 0;
  iovec data = {&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &fd, sizeof(int));
  Check(sendmsg(from, &message, 0) == 1 && recvmsg(to, &message, 0) == 1, "sendmsg");
  int received = -1;
  std::memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
  return received;
}

// CPU time of `count` children, forked one by one, that do nothing but end, or exec this program to the same purpose.
int64_t ChildrenTime(int count, bool exec) {
  const auto children = [] {
    rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000'000 +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
  };
  const int64_t start = children();
  for (int i = 0; i < count; i++) {
    const pid_t child = fork();
    Check(child >= 0, "fork");
    if (child == 0) {
      if (exec) execl("/proc/self/exe", "system_calls", "nothing", "0", nullptr);
      _exit(0);
    }
    Check(waitpid(child, nullptr, 0) == child, "waitpid");
  }
  return children() - start;
}

int Run(std::string_view name, int count) {
  if (name == "nothing") return 0;
  World world;
  std::vector<int>& fds = world.fds;
  std::vector<int> made;
  std::vector<void*> mapped;
  std::vector<pid_t> children;
  const std::vector<int> order = Shuffled(kDescriptors);
  const auto dup_one = [&](int i) { made.push_back(dup(fds[i])); };
  const auto dup_all = [&] {
    for (int i = 0; i < kDescriptors; i++) dup_one(i);
  };
  const auto close_made = [&] {
    for (int fd : made) close(fd);
    made.clear();
  };
  const auto map_one = [&](int i) { mapped.push_back(Map(fds[i])); };
  const auto map_all = [&] {
    for (int i = 0; i < kDescriptors; i++) map_one(i);
  };
  const auto unmap_made = [&] {
    for (void* address : mapped) munmap(address, kLength);
    mapped.clear();
  };

  Operation operation;
  if (name == "exit" || name == "exec") {
    for (int i = 1; i < kDescriptors; i += 2) fcntl(fds[i], F_SETFD, FD_CLOEXEC);
    const int64_t start = Nanoseconds(CLOCK_MONOTONIC);
    const int64_t ended = ChildrenTime(count, false);
    const int64_t cpu = name == "exit" ? ended : ChildrenTime(count, true) - ended;
    std::printf("{\"units\":%d,\"cpuNs\":%ld,\"wallNs\":%ld}\n", count, cpu,
                Nanoseconds(CLOCK_MONOTONIC) - start);
    return 0;
  }
  if (name == "fork") {
    operation = {50, [&](int) {
                   const pid_t child = fork();
                   Check(child >= 0, "fork");
                   if (child == 0) {
                     pause();
                     _exit(0);
                   }
                   children.push_back(child);
                 }};
    operation.after = [&] {
      for (pid_t child : children) kill(child, SIGKILL);
      for (pid_t child : children) waitpid(child, nullptr, 0);
      children.clear();
    };
  } else if (name == "dup") {
    operation = {kDescriptors, dup_one, [] {}, close_made};
  } else if (name == "close") {
    operation = {kDescriptors, [&](int i) { close(made[order[i]]); }, dup_all,
                 [&] { made.clear(); }};
  } else if (name == "mmap") {
    operation = {300, map_one, [] {}, unmap_made};
  } else if (name == "munmap") {
    operation = {kDescriptors, [&](int i) { munmap(mapped[order[i]], kLength); }, map_all,
                 [&] { mapped.clear(); }};
  } else if (name == "alloc") {
    operation = {500, [&](int) { made.push_back(NewBuffer()); }, [] {}, close_made};
  } else if (name == "message") {
    static int ends[2];
    Check(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
    operation = {500, [&](int i) { made.push_back(Pass(ends[0], ends[1], fds[i])); }, [] {},
                 close_made};
  } else {
    std::fprintf(stderr, "no operation %s\n", std::string(name).c_str());
    return 2;
  }
  const int rows = std::max(1, count / operation.row);
  const Spent spent = Time(operation, rows);
  std::printf("{\"units\":%d,\"cpuNs\":%ld,\"wallNs\":%ld}\n", rows * operation.row, spent.cpu,
              spent.wall);
  return 0;
}

}  // namespace
}  // namespace memtrack::bench

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  return memtrack::bench::Run(argv[1], std::atoi(argv[2]));
}
