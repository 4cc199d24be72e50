# Models that are not written in C. Each language is asked for only where its compiler is there; what is missing
# becomes not_built_FILE, as in CMakeLists.txt.

# C++, with the flags of C. A model of coroutines needs more of the compiler than one of threads.
# It is the C compiler's sister where there is one: two makers' sanitizers cannot be in one process.
include(CheckLanguage)
if(CMAKE_C_COMPILER_ID MATCHES Clang AND NOT CMAKE_CXX_COMPILER AND NOT DEFINED ENV{CXX})
  get_filename_component(beside ${CMAKE_C_COMPILER} DIRECTORY)
  find_program(CLANG_CXX clang++ HINTS ${beside})
  if(CLANG_CXX)
    set(CMAKE_CXX_COMPILER ${CLANG_CXX})
  endif()
endif()
check_language(CXX)
if(CMAKE_CXX_COMPILER)
  enable_language(CXX)
  include(CheckCXXSourceCompiles)
  set(CMAKE_CXX_FLAGS_${build_type} "${CMAKE_C_FLAGS_${build_type}}")
  set(CMAKE_CXX_STANDARD 20)
  set(CMAKE_CXX_VISIBILITY_PRESET hidden)
  set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
  set(CMAKE_REQUIRED_FLAGS -std=c++20)
  check_cxx_source_compiles("
    #include <semaphore>
    #include <thread>
    int main() { std::counting_semaphore<> free(1); std::jthread([&free] { free.acquire(); }); }" HAVE_CXX_JTHREAD)
  check_cxx_source_compiles("
    #include <coroutine>
    struct routine { struct promise_type {
      routine get_return_object() { return {}; }
      std::suspend_never initial_suspend() noexcept { return {}; }
      std::suspend_never final_suspend() noexcept { return {}; }
      void return_void() {}
      void unhandled_exception() {} }; };
    routine nothing() { co_await std::suspend_never{}; }
    int main() { nothing(); }" HAVE_CXX_COROUTINES)
  unset(CMAKE_REQUIRED_FLAGS)
endif()
if(NOT HAVE_CXX_JTHREAD)
  set(not_built_cxx_threads "needs a C++20 compiler with std::jthread")
endif()
if(NOT HAVE_CXX_COROUTINES)
  set(not_built_cxx_coroutines "needs a C++20 compiler with coroutines")
endif()
if(HEDDLE_SANITIZE AND CMAKE_CXX_COMPILER AND NOT CMAKE_CXX_COMPILER_ID STREQUAL CMAKE_C_COMPILER_ID)
  set(not_built_cxx_threads "needs a C++ compiler of the same maker as C's under sanitizers")
  set(not_built_cxx_coroutines "${not_built_cxx_threads}")
elseif(HEDDLE_SANITIZE AND CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # Release 14 stops at "Cannot represent a difference across sections".
  set(not_built_cxx_coroutines "clang's sanitizers do not watch coroutines")
endif()

# A model that another compiler makes: foreign_model(NAME FOLDER PLACE DEPENDS FILES... COMMAND WORDS...) is as good
# a target as one of C. The command, in that folder, writes lib/heddle/plugins/NAME.so.
function(foreign_model name)
  cmake_parse_arguments(PARSE_ARGV 1 of "" "FOLDER" "DEPENDS;COMMAND")
  set(file ${plugin_dir}/${name}.so)
  add_custom_command(OUTPUT ${file} DEPENDS ${of_DEPENDS} COMMAND ${of_COMMAND}
                     COMMAND ${CMAKE_COMMAND} -E rm -f ${plugin_dir}/${name}.h # which Go writes
                     VERBATIM WORKING_DIRECTORY ${of_FOLDER} COMMENT "Building ${name}.so")
  add_custom_target(make-${name} ALL DEPENDS ${file})
  add_library(${name} MODULE IMPORTED GLOBAL)
  set_target_properties(${name} PROPERTIES IMPORTED_LOCATION ${file})
  add_dependencies(${name} make-${name})
  install(PROGRAMS ${file} DESTINATION ${CMAKE_INSTALL_LIBDIR}/heddle/plugins)
endfunction()
macro(foreign_not_built name why)
  string(APPEND not_built "${name} ${why}\n")
  message(STATUS "${name} is not built: ${why}")
endmacro()

set(optimised -O2)
if(CMAKE_BUILD_TYPE STREQUAL Debug)
  set(optimised -O1)
endif()

# What is built by others than gcc and clang is neither watched nor counted, nor as slow: `section` compares times.
set(unwatched "")
if(HEDDLE_SANITIZE OR HEDDLE_COVERAGE)
  set(unwatched "cannot be watched by sanitizers or counted for coverage")
endif()

# Rust: rustc alone, without crates.
set(rust_needs "needs rustc 1.63")
find_program(RUSTC rustc)
if(RUSTC)
  execute_process(COMMAND ${RUSTC} --version OUTPUT_VARIABLE rust_version ERROR_QUIET
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(rust_version MATCHES "^rustc ([0-9.]+)" AND NOT CMAKE_MATCH_1 VERSION_LESS 1.63)
    string(REPLACE -O opt-level= rust_level ${optimised})
    set(rust_flags --edition 2021 -C ${rust_level} -C panic=abort -C strip=debuginfo -C linker=${CMAKE_C_COMPILER})
    if(HEDDLE_WERROR)
      list(APPEND rust_flags -D warnings)
    endif()
    set(rust_needs "")
  endif()
endif()
if(unwatched)
  set(rust_needs "${unwatched}")
endif()
file(GLOB rust_sources CONFIGURE_DEPENDS rust_*.rs)
foreach(source ${rust_sources})
  get_filename_component(file ${source} NAME_WE)
  string(REPLACE _ - name ${file})
  if(rust_needs)
    foreign_not_built(${name} "${rust_needs}")
    continue()
  endif()
  file(GLOB parts CONFIGURE_DEPENDS ${file}/*.rs)
  foreign_model(${name} FOLDER ${CMAKE_CURRENT_SOURCE_DIR}
                DEPENDS ${source} ${parts} ${CMAKE_CURRENT_SOURCE_DIR}/heddle.rs
                        ${PROJECT_SOURCE_DIR}/core/templates/rust/src/header.rs
                COMMAND ${CMAKE_COMMAND} -E env --unset=MAKEFLAGS "HD_BUILD=${rust_version}; -C ${rust_level} -C panic=abort"
                        ${RUSTC} ${rust_flags} --crate-type cdylib --crate-name ${file} ${source}
                        -o ${plugin_dir}/${name}.so)
  list(APPEND plugins ${name})
endforeach()

# Go: each folder go_* is a package with a model in it. Nothing is fetched; the runtime comes into the model.
set(go_needs "needs go 1.19")
find_program(GO go)
if(GO)
  execute_process(COMMAND ${GO} version OUTPUT_VARIABLE go_version ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(go_version MATCHES "go version (go([0-9.]+))" AND NOT CMAKE_MATCH_2 VERSION_LESS 1.19)
    set(go_release ${CMAKE_MATCH_1})
    set(go_needs "")
  endif()
endif()
if(unwatched)
  set(go_needs "${unwatched}")
endif()
file(GLOB go_sources CONFIGURE_DEPENDS go_*/go.mod)
foreach(source ${go_sources})
  get_filename_component(folder ${source} DIRECTORY)
  get_filename_component(file ${folder} NAME)
  string(REPLACE _ - name ${file})
  if(go_needs)
    foreign_not_built(${name} "${go_needs}")
    continue()
  endif()
  file(GLOB parts CONFIGURE_DEPENDS ${folder}/*)
  foreign_model(${name} FOLDER ${folder}
                DEPENDS ${parts} ${PROJECT_SOURCE_DIR}/core/include/heddle/plugin.h
                COMMAND ${CMAKE_COMMAND} -E env GOCACHE=${PROJECT_BINARY_DIR}/go-cache GOFLAGS=-trimpath GOPROXY=off
                        GO111MODULE=on GOWORK=off GOTOOLCHAIN=local CGO_ENABLED=1 CC=${CMAKE_C_COMPILER}
                        "CGO_CFLAGS=${optimised} -g -I${PROJECT_SOURCE_DIR}/core/include -DHD_GO_VERSION=${go_release}"
                        ${GO} build -buildvcs=false -buildmode=c-shared -ldflags=-w -o ${plugin_dir}/${name}.so .)
  list(APPEND plugins ${name})
endforeach()
