# How everything of ours is compiled. Nothing here depends on the machine: instruction sets are chosen at run time.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

add_library(riverbank_settings INTERFACE)
target_compile_features(riverbank_settings INTERFACE cxx_std_20)
target_compile_options(riverbank_settings INTERFACE
  -Wall -Wextra -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align
  # In a unity build (CMakePresets.json) the globals that a file could shadow are its neighbours'.
  -Wshadow$<$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>:=local>
  # Options structs have defaults: naming the one that differs is their use. GCC 12's -Wrestrict cries at operator+ of
  # strings (GCC bug 105651).
  -Wno-missing-field-initializers -Wno-restrict
  $<$<BOOL:${RIVERBANK_WARNINGS_AS_ERRORS}>:-Werror>
  # The same arithmetic everywhere: no contraction that one compiler flag could change.
  -ffp-contract=off)
target_include_directories(riverbank_settings INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)

if(RIVERBANK_SANITIZE)
  target_compile_options(riverbank_settings INTERFACE -fsanitize=${RIVERBANK_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(riverbank_settings INTERFACE -fsanitize=${RIVERBANK_SANITIZE})
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_EXTENSIONS OFF)
