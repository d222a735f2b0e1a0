// The limit: reads every record and dispatches on its op, and keeps no account.
#include <cstdint>

#include "drive.h"

namespace memtrack::bench {
namespace {

class Scan {
 public:
  // Printed so that the sums are needed and no compiler drops the work.
  ~Scan() { std::fprintf(stderr, "scan %lu\n", balance_ ^ bytes_ ^ removed_ ^ born_ ^ gone_); }

  void Execute(const Record& record) {
    switch (static_cast<Op>(record.op)) {
      case Op::kInstall:
        balance_ += record.task ^ record.buffer;
        break;
      case Op::kUninstall:
        balance_ -= record.task ^ record.buffer;
        break;
      case Op::kInit:
        bytes_ += record.size;
        break;
      case Op::kRemove:
        removed_ += record.buffer;
        break;
      case Op::kFork:
        born_ += record.aux;
        break;
      case Op::kExit:
        gone_ += record.task;
        break;
      default:
        break;
    }
  }

  void Show(uint32_t /*task*/, Text& /*text*/) {}

 private:
  uint64_t balance_ = 0;
  uint64_t bytes_ = 0;
  uint64_t removed_ = 0;
  uint64_t born_ = 0;
  uint64_t gone_ = 0;
};

}  // namespace
}  // namespace memtrack::bench

int main(int argc, char** argv) {
  return memtrack::bench::Drive<memtrack::bench::Scan>(argc, argv);
}
