// The only include of Node-API. Version and safety switches are set by binding.gyp and CMakeLists.txt.
#ifndef MEMTRACK_BINDINGS_NAPI_SETUP_H_
#define MEMTRACK_BINDINGS_NAPI_SETUP_H_

#include <napi.h>

static_assert(NAPI_VERSION == 9, "build with NAPI_VERSION=9: Node 20.3 and later");

#endif  // MEMTRACK_BINDINGS_NAPI_SETUP_H_
