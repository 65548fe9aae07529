# The third parties, from the system by default. SEMPER_FETCH=ON gets a pinned version of what the
# system lacks.
option(SEMPER_FETCH "Download the dependencies that the system lacks" OFF)

include(FetchContent)
find_package(PkgConfig QUIET)

# semper_dependency(<name> [PACKAGE <cmake package> TARGET <its target>] [PKGCONFIG <module>]
#                   DEBIAN <package> [EXPORTED]
#                   GIT <url> TAG <tag> [SUBDIR <of its CMakeLists.txt>] FETCHED <its target, no alias>)
# makes semper::dep::<name> stand for the dependency, wherever it comes from. EXPORTED: whoever links
# the library needs it too, so it is kept how it was found (SEMPER_FIND_DEPENDENCIES, the lines of
# semperConfig.cmake) or that it was downloaded (SEMPER_FETCHED).
function(semper_dependency name)
  cmake_parse_arguments(ARG "EXPORTED" "PACKAGE;PKGCONFIG;TARGET;GIT;TAG;SUBDIR;FETCHED;DEBIAN" "" ${ARGN})
  if(TARGET semper::dep::${name})
    return()
  endif()
  if(ARG_PACKAGE)
    find_package(${ARG_PACKAGE} QUIET GLOBAL)
    if(${ARG_PACKAGE}_FOUND AND TARGET ${ARG_TARGET})
      add_library(semper::dep::${name} ALIAS ${ARG_TARGET})
      if(ARG_EXPORTED)
        set_property(GLOBAL APPEND PROPERTY SEMPER_FIND_DEPENDENCIES "find_dependency(${ARG_PACKAGE})")
      endif()
      return()
    endif()
  endif()
  if(ARG_PKGCONFIG AND PkgConfig_FOUND)
    pkg_check_modules(SEMPER_DEP_${name} QUIET IMPORTED_TARGET GLOBAL ${ARG_PKGCONFIG})
    if(SEMPER_DEP_${name}_FOUND)
      add_library(semper::dep::${name} ALIAS PkgConfig::SEMPER_DEP_${name})
      if(ARG_EXPORTED)
        set_property(GLOBAL APPEND PROPERTY SEMPER_FIND_DEPENDENCIES "find_dependency(PkgConfig)"
          "pkg_check_modules(SEMPER_DEP_${name} REQUIRED QUIET IMPORTED_TARGET ${ARG_PKGCONFIG})")
      endif()
      return()
    endif()
  endif()
  if(NOT SEMPER_FETCH)
    message(FATAL_ERROR "semper needs ${name}: install the package ${ARG_DEBIAN} (script/setup does), "
                        "or configure with -DSEMPER_FETCH=ON to download it.")
  endif()
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)  # for libsemper.so
  FetchContent_Declare(${name} GIT_REPOSITORY ${ARG_GIT} GIT_TAG ${ARG_TAG} SOURCE_SUBDIR "${ARG_SUBDIR}" SYSTEM)
  FetchContent_MakeAvailable(${name})
  add_library(semper::dep::${name} ALIAS ${ARG_FETCHED})
  if(ARG_EXPORTED)
    set_property(GLOBAL APPEND PROPERTY SEMPER_FETCHED ${name})
  endif()
endfunction()

semper_dependency(fmt PACKAGE fmt TARGET fmt::fmt DEBIAN libfmt-dev EXPORTED
  GIT https://github.com/fmtlib/fmt.git TAG 9.1.0 FETCHED fmt)
semper_dependency(simdjson PACKAGE simdjson TARGET simdjson::simdjson DEBIAN libsimdjson-dev EXPORTED
  GIT https://github.com/simdjson/simdjson.git TAG v3.0.1 FETCHED simdjson)
semper_dependency(re2 PACKAGE re2 PKGCONFIG re2 TARGET re2::re2 DEBIAN libre2-dev EXPORTED
  GIT https://github.com/google/re2.git TAG 2022-06-01 FETCHED re2)
semper_dependency(xxhash PKGCONFIG libxxhash DEBIAN libxxhash-dev EXPORTED
  GIT https://github.com/Cyan4973/xxHash.git TAG v0.8.1
  SUBDIR cmake_unofficial FETCHED xxhash)

# semper_optional(<name> <option> <pkg-config module> <Debian package> <what it is for>): built where
# the system has it; <option>=ON wants it, OFF leaves it out. SEMPER_OPTIONAL lists those that are
# built, SEMPER_PC_OPTIONAL their modules.
function(semper_optional name option module debian what)
  set(${option} AUTO CACHE STRING "${what}: AUTO (where ${module} is found), ON or OFF")
  set_property(CACHE ${option} PROPERTY STRINGS AUTO ON OFF)
  if(NOT ${option})
    if(NOT ${option} STREQUAL "AUTO")
      return()
    endif()
  endif()
  if(NOT TARGET semper::dep::${name})
    if(PkgConfig_FOUND)
      pkg_check_modules(SEMPER_DEP_${name} QUIET IMPORTED_TARGET GLOBAL ${module})
    endif()
    if(NOT SEMPER_DEP_${name}_FOUND)
      if(${option} STREQUAL "AUTO")
        message(STATUS "semper: without ${what}: ${module} (package ${debian}) is not there")
        return()
      endif()
      message(FATAL_ERROR "semper: ${option}=ON needs ${module}: install the package ${debian} (script/setup does), "
                          "or configure with -D${option}=OFF to build without ${what}.")
    endif()
    add_library(semper::dep::${name} ALIAS PkgConfig::SEMPER_DEP_${name})
  endif()
  set_property(GLOBAL APPEND PROPERTY SEMPER_FIND_DEPENDENCIES "find_dependency(PkgConfig)"
    "pkg_check_modules(SEMPER_DEP_${name} REQUIRED QUIET IMPORTED_TARGET ${module})")
  set_property(GLOBAL APPEND PROPERTY SEMPER_OPTIONAL ${name})
  set_property(GLOBAL APPEND PROPERTY SEMPER_PC_OPTIONAL ${module})
endfunction()

semper_optional(sqlite SEMPER_SQLITE sqlite3 libsqlite3-dev "the provider sqlite")
semper_optional(geoip SEMPER_GEOIP libmaxminddb libmaxminddb-dev "the provider geoip")
semper_optional(redis SEMPER_REDIS hiredis libhiredis-dev "the provider redis")

# RapidJSON is headers only; its package gives include directories and no target.
find_package(RapidJSON QUIET)
add_library(semper_dep_rapidjson INTERFACE)
if(RapidJSON_FOUND)
  target_include_directories(semper_dep_rapidjson SYSTEM INTERFACE ${RapidJSON_INCLUDE_DIRS} ${RAPIDJSON_INCLUDE_DIRS})
elseif(SEMPER_FETCH)
  FetchContent_Declare(rapidjson GIT_REPOSITORY https://github.com/Tencent/rapidjson.git TAG v1.1.0)
  FetchContent_Populate(rapidjson)
  target_include_directories(semper_dep_rapidjson SYSTEM INTERFACE ${rapidjson_SOURCE_DIR}/include)
else()
  message(FATAL_ERROR "semper needs RapidJSON: install the package rapidjson-dev (script/setup does), "
                      "or configure with -DSEMPER_FETCH=ON to download it.")
endif()
add_library(semper::dep::rapidjson ALIAS semper_dep_rapidjson)

if(SEMPER_CLI)
  semper_dependency(cli11 PACKAGE CLI11 TARGET CLI11::CLI11 DEBIAN libcli11-dev
    GIT https://github.com/CLIUtils/CLI11.git TAG v2.1.2 FETCHED CLI11)
  semper_dependency(zlib PACKAGE ZLIB TARGET ZLIB::ZLIB DEBIAN zlib1g-dev
    GIT https://github.com/madler/zlib.git TAG v1.2.13 FETCHED zlibstatic)
endif()
if(SEMPER_TESTS)
  semper_dependency(doctest PACKAGE doctest TARGET doctest::doctest DEBIAN doctest-dev
    GIT https://github.com/doctest/doctest.git TAG v2.4.9 FETCHED doctest)
endif()
find_package(Threads REQUIRED GLOBAL)
set_property(GLOBAL APPEND PROPERTY SEMPER_FIND_DEPENDENCIES "find_dependency(Threads)")
