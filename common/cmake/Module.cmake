# One helper declares a module, one a unit test, so that every target is built the same way.

# shoal_module(client_hls SOURCES a.cc b.cc DEPS common_base [PRIVATE_DEPS absl::strings])
#
# A static library whose name is its path. Includes are written from the top of the tree.
function(shoal_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  if(ARG_SOURCES)
    add_library(${name} STATIC ${ARG_SOURCES})
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC ${ARG_DEPS} PRIVATE shoal_options ${ARG_PRIVATE_DEPS})
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name} INTERFACE ${ARG_DEPS})
  endif()
endfunction()

# shoal_program(shoal-tracker SOURCES main.cc DEPS tracker_server)
function(shoal_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE shoal_options ${ARG_DEPS})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# shoal_test(client_hls_test SOURCES a_test.cc DEPS client_hls [LABEL unit])
#
# One test program a module; ctest runs it whole, labelled `unit` unless told otherwise.
function(shoal_test name)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;DEPS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE shoal_options ${ARG_DEPS} GTest::gtest GTest::gmock
                        GTest::gtest_main)
  # What is tested is optimised; the tests themselves need to compile fast.
  target_compile_options(${name} PRIVATE -O0 -g1)
  add_test(NAME ${name} COMMAND ${name})
  set(timeout 120)
  if(SHOAL_SANITIZE)
    set(timeout 600)
  endif()
  # Threads of gRPC's own may hold a connection still when the process ends: no leak of ours.
  set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${timeout} ENVIRONMENT
    "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/support/lsan_suppressions.txt:print_suppressions=0")
endfunction()
