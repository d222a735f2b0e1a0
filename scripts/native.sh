#!/usr/bin/env bash
# Builds and runs the native tests, each way in its own folder under build/.
#   native.sh plain | address | thread    the tests: as they are, ASan and UBSan, TSan
#   native.sh safety                      compile with clang: -Wthread-safety, warnings are errors
#   native.sh tidy | format [--write]     clang-tidy, clang-format
#   native.sh fuzz [SECONDS]              every target of test/fuzz, 60 seconds each unless told
# CLANG_VERSION chooses the clang (19); JOBS the number of compilers at a time (all cores).
set -euo pipefail
cd "$(dirname "$0")/.."

version=${CLANG_VERSION:-19}
jobs=${JOBS:-$(nproc)}
clang=(-DCMAKE_CXX_COMPILER="clang++-$version")
mapfile -t sources < <(find native test/native test/fuzz bench -name '*.cc' -o -name '*.h' 2>/dev/null | sort)

need() {
  command -v "$1" >/dev/null || { echo "memtrack: $1 is missing; on Debian: apt-get install $2" >&2; exit 1; }
}

# configure FOLDER OPTION…
configure() {
  need cmake cmake
  local folder=$1
  shift
  cmake -S native -B "build/$folder" "$@" >"build/$folder.log" 2>&1 || { cat "build/$folder.log" >&2; exit 1; }
}

# build FOLDER OPTION…
build() {
  configure "$@"
  cmake --build "build/$1" --parallel "$jobs"
}

mkdir -p build
case ${1:-plain} in
  plain)
    build native -DMEMTRACK_NATIVE_TESTS=ON
    build/native/memtrack_native_test
    ;;
  address | thread)
    need "clang++-$version" "clang-$version libclang-rt-$version-dev"
    sanitizer=$1
    [[ $1 == address ]] && sanitizer=address,undefined
    # Debug keeps the assertions; -O1 keeps it bearable.
    build "native-$1" "${clang[@]}" -DMEMTRACK_NATIVE_TESTS=ON -DSANITIZE="$sanitizer" \
      -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS=-O1
    ASAN_OPTIONS=detect_leaks=1 TSAN_OPTIONS=halt_on_error=1 "build/native-$1/memtrack_native_test"
    ;;
  safety)
    need "clang++-$version" "clang-$version"
    build native-clang "${clang[@]}" -DMEMTRACK_NATIVE_TESTS=ON
    ;;
  tidy)
    need "clang-tidy-$version" "clang-tidy-$version"
    configure native-clang "${clang[@]}" -DMEMTRACK_NATIVE_TESTS=ON
    find native/core native/decode -name '*.cc' -print0 |
      xargs -0 -r -n 1 -P "$jobs" "clang-tidy-$version" -p build/native-clang --quiet
    # Node's headers are beside the binary where they were not left out.
    headers=$(node -p 'require("node:path").resolve(process.execPath, "../../include/node")')
    if [[ -f $headers/node_api.h ]]; then
      find native/bindings -name '*.cc' -print0 |
        xargs -0 -r -n 1 -P "$jobs" "clang-tidy-$version" --quiet --extra-arg=-std=c++20 --extra-arg=-Inative \
          --extra-arg=-isystem"$headers" --extra-arg=-isystemnode_modules/node-addon-api --extra-arg=-DNAPI_VERSION=9
    else
      echo "clang-tidy: native/bindings skipped: no node_api.h in $headers"
    fi
    ;;
  format)
    need "clang-format-$version" "clang-format-$version"
    if [[ ${2:-} == --write ]]; then
      "clang-format-$version" -i "${sources[@]}"
    else
      "clang-format-$version" --dry-run --Werror "${sources[@]}"
    fi
    ;;
  fuzz)
    need "clang++-$version" "clang-$version libclang-rt-$version-dev"
    build native-fuzz "${clang[@]}" -DMEMTRACK_FUZZ=ON
    for target in build/native-fuzz/*_fuzzer; do
      [[ -x $target ]] || continue
      name=$(basename "$target" _fuzzer)
      mkdir -p "build/corpus/$name"
      # New inputs go to the first folder; what is committed is only read.
      known=()
      [[ -d test/fuzz/corpus/$name ]] && known+=("test/fuzz/corpus/$name")
      [[ -f test/fuzz/$name.dict ]] && known+=("-dict=test/fuzz/$name.dict")
      echo "fuzz: $name"
      "$target" -max_total_time="${2:-60}" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build/corpus/$name-" "build/corpus/$name" "${known[@]}"
    done
    ;;
  *)
    echo "usage: native.sh plain|address|thread|safety|tidy|format|fuzz [SECONDS]" >&2
    exit 2
    ;;
esac
