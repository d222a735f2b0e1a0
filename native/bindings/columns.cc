// Snapshots: rows of the core into columns that JavaScript owns. Each call fills as many rows as fit and returns how
// many there are; the caller who gave too little room calls again with more.
#include "bindings/addon.h"
#include "bindings/arguments.h"

namespace memtrack::node {

namespace {

// A column of numbers; writes past its end are dropped, they only count.
struct Column {
  std::span<double> values;
  void put(size_t row, double value) const {
    if (row < values.size()) values[row] = value;
  }
};

Column column(const Napi::CallbackInfo& info, size_t i, const char* name) {
  return {array_argument<double>(info[i], name)};
}

// buffers(number, key, id, size, tag, pid, userspaceHandles) -> rows
Napi::Value buffers(const Napi::CallbackInfo& info) {
  const Tracker& tracker = tracker_argument(info);
  const Column key = column(info, 1, "key");
  const Column id = column(info, 2, "id");
  const Column size = column(info, 3, "size");
  const Column tag = column(info, 4, "tag");
  const Column pid = column(info, 5, "pid");
  const Column handles = column(info, 6, "userspaceHandles");
  size_t rows = 0;
  tracker.for_each_buffer([&](const Tracker::BufferRow& row) {
    key.put(rows, row.key);
    id.put(rows, row.id);
    size.put(rows, static_cast<double>(row.size));
    tag.put(rows, row.tag);
    pid.put(rows, row.pid);
    handles.put(rows, row.userspace_handles);
    rows++;
  });
  return Napi::Number::New(info.Env(), static_cast<double>(rows));
}

// holdings(number, rows: Float64Array(3), leader columns: task, pid, handles; handle columns: leader, buffer id, fds, vmas;
// vma columns: handle, start, end, offset, flags). Sets rows to the numbers of leaders, handles, VMAs.
void holdings(const Napi::CallbackInfo& info) {
  Tracker& tracker = tracker_argument(info);
  const std::span<double> rows = array_argument<double>(info[1], "rows");
  if (rows.size() < 3) throw Napi::RangeError::New(info.Env(), "rows: needs 3 elements");
  constexpr const char* kNames[] = {"task", "pid",    "handles", "leader", "buffer", "fds",
                                    "vmas", "handle", "start",   "end",    "offset", "flags"};
  Column columns[12];
  for (size_t i = 0; i < 12; i++) columns[i] = column(info, 2 + i, kNames[i]);
  size_t leaders = 0;
  size_t handles = 0;
  size_t vmas = 0;
  size_t first_handle = 0;
  tracker.for_each_leader(
      [&](const Tracker::LeaderRow& leader) {
        if (leaders != 0) columns[2].put(leaders - 1, static_cast<double>(handles - first_handle));
        first_handle = handles;
        columns[0].put(leaders, leader.key);
        columns[1].put(leaders, leader.pid);
        leaders++;
      },
      [&](const Tracker::HandleRow& handle) {
        columns[3].put(handles, static_cast<double>(leaders - 1));
        columns[4].put(handles, handle.buffer);
        columns[5].put(handles, handle.fds);
        columns[6].put(handles, handle.vmas);
        handles++;
      },
      [&](const Vma& vma) {
        columns[7].put(vmas, static_cast<double>(handles - 1));
        columns[8].put(vmas, static_cast<double>(vma.start));
        columns[9].put(vmas, static_cast<double>(vma.end));
        columns[10].put(vmas, static_cast<double>(vma.offset));
        columns[11].put(vmas, vma.flags);
        vmas++;
      });
  if (leaders != 0) columns[2].put(leaders - 1, static_cast<double>(handles - first_handle));
  rows[0] = static_cast<double>(leaders);
  rows[1] = static_cast<double>(handles);
  rows[2] = static_cast<double>(vmas);
}

// holders(number, buffer, tasks: Uint32Array) -> how many leaders hold it, or -1
Napi::Value holders(const Napi::CallbackInfo& info) {
  const Tracker& tracker = tracker_argument(info);
  const uint32_t buffer = uint32_argument(info, 1, "buffer");
  const std::span<uint32_t> tasks = array_argument<uint32_t>(info[2], "tasks");
  std::vector<uint32_t> keys;
  const int64_t n = tracker.holders(buffer, &keys);
  for (size_t i = 0; i < keys.size() && i < tasks.size(); i++) tasks[i] = keys[i];
  return Napi::Number::New(info.Env(), static_cast<double>(n));
}

}  // namespace

void register_columns(Napi::Env env, Napi::Object exports) {
  exports.Set("buffers", Napi::Function::New<buffers>(env, "buffers"));
  exports.Set("holdings", Napi::Function::New<holdings>(env, "holdings"));
  exports.Set("holders", Napi::Function::New<holders>(env, "holders"));
}

}  // namespace memtrack::node
