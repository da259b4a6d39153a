# ctest: <folder>/<noun> from each tests/<folder>/test_<noun>.{c,cpp,f90,sh}; fuzz/<noun> over fuzz/corpus/<noun>/; and, run
# once before the tests of their folder, the scripts tests/<folder>/oracle_<noun>.py that ask the reference. The
# checks of the sources are tests as well.
# Long comparisons, tests/<folder>/parity_<noun>.{py,sh}, run with `make parity` only.
enable_testing()
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson) # reads what the oracles wrote

set(ACCEL_TEST_ENVIRONMENT
    "ACCEL_TEST_DATA=${ACCEL_DATA}"
    "ACCEL_TEST_ORACLE=${ACCEL_ORACLE}"
    "ACCEL_PYTHON=${ACCEL_VENV}/bin/python"
    "ACCEL_BUILD=${CMAKE_BINARY_DIR}"
    "ACCEL_SOURCE=${CMAKE_SOURCE_DIR}"
    "CC=${CMAKE_C_COMPILER}"
    "CXX=${CMAKE_CXX_COMPILER}"
    "FC=$<$<BOOL:${ACCEL_FORTRAN}>:${CMAKE_Fortran_COMPILER}>")
if(ACCEL_SANITIZE)
    list(APPEND ACCEL_TEST_ENVIRONMENT
        "ACCEL_SANITIZE=${ACCEL_SANITIZE}"
        "ASAN_OPTIONS=halt_on_error=1:detect_leaks=1:allocator_may_return_null=1:detect_stack_use_after_return=1"
        "UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1")
endif()

# Tests run side by side, each in a folder of its own and on one thread, so that results are the same on every
# machine. Those of these folders have the machine to themselves.
set(ACCEL_WHOLE_MACHINE parity processes)

function(accel_register name folder timeout)
    set(work "${CMAKE_BINARY_DIR}/work/${name}")
    file(MAKE_DIRECTORY "${work}")
    add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY "${work}")
    if(folder IN_LIST ACCEL_WHOLE_MACHINE)
        # Threads that spin while they wait make a busy machine three times slower.
        set_tests_properties(${name} PROPERTIES RUN_SERIAL ON
            ENVIRONMENT "${ACCEL_TEST_ENVIRONMENT};OMP_WAIT_POLICY=PASSIVE")
    else()
        set_tests_properties(${name} PROPERTIES ENVIRONMENT "${ACCEL_TEST_ENVIRONMENT};OMP_NUM_THREADS=1")
    endif()
    set_tests_properties(${name} PROPERTIES TIMEOUT ${timeout} SKIP_RETURN_CODE 77)
    file(GLOB oracles "${CMAKE_SOURCE_DIR}/tests/${folder}/oracle_*.py")
    if(oracles AND NOT name MATCHES "/oracle_")
        set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED oracle_${folder})
    endif()
endfunction()

# Tests of tests/gpu, and gpu/<folder>_<noun> of others, run on pretended GPUs (tests/pretend_gpu/README.md), or on those of the
# machine: `ACCEL_REAL_GPU=<how many it has> ctest -R gpu/`.
file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/pretend_gpu/*.cpp")
add_library(pretend_gpu MODULE ${sources})
target_include_directories(pretend_gpu PRIVATE "${CMAKE_SOURCE_DIR}/tests" "${CMAKE_SOURCE_DIR}/src")
target_include_directories(pretend_gpu SYSTEM PRIVATE "${CMAKE_SOURCE_DIR}/src/engine/foreign")
target_link_libraries(pretend_gpu PRIVATE Torch::Torch)
set_target_properties(pretend_gpu PROPERTIES JOB_POOL_COMPILE engine
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests/pretend_gpu")

# A program under tests/gpu/run.sh. `only`: --pretended where it asks for what no real GPU does.
function(accel_register_on_gpu name gpus only target)
    accel_register(${name} gpu 300 ${CMAKE_SOURCE_DIR}/tests/gpu/run.sh ${only} $<TARGET_FILE:pretend_gpu> $<TARGET_FILE:${target}>)
    get_test_property(${name} ENVIRONMENT environment)
    list(APPEND environment "PRETEND_GPUS=${gpus}")
    if(ACCEL_SANITIZE MATCHES "address") # the sanitizer comes after what is loaded first
        list(TRANSFORM environment REPLACE "^(ASAN_OPTIONS=.*)$" "\\1:verify_asan_link_order=0")
    endif()
    set_tests_properties(${name} PROPERTIES ENVIRONMENT "${environment}")
endfunction()

# A program that is the test <folder>/<noun> already runs once more, on GPUs: as many as it has processes, at most four.
function(accel_add_gpu_test folder noun)
    accel_register_on_gpu(gpu/${folder}_${noun} 4 "" test_${folder}_${noun})
    file(GLOB oracles "${CMAKE_SOURCE_DIR}/tests/${folder}/oracle_*.py")
    if(oracles)
        set_tests_properties(gpu/${folder}_${noun} PROPERTIES FIXTURES_REQUIRED oracle_${folder})
    endif()
endfunction()

function(accel_add_test_program folder noun source)
    set(target test_${folder}_${noun})
    add_executable(${target} "${source}")
    target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    target_link_libraries(${target} PRIVATE PkgConfig::cmocka PkgConfig::jansson)
    if(folder STREQUAL "accelerator" OR (folder STREQUAL "gpu" AND source MATCHES "\\.c$"))
        accel_link_by_includes(${target} "${source}" accelerator launch) # for those that run in several processes
    elseif(TARGET accel_${folder})
        accel_link_by_includes(${target} "${source}" ${folder})
    else()
        accel_link_by_includes(${target} "${source}")
    endif()
    set_target_properties(${target} PROPERTIES OUTPUT_NAME test_${noun}
        RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests/${folder}")
    if(folder STREQUAL "gpu" AND source MATCHES "\\.cpp$") # the engine on the pretended GPU
        target_link_libraries(${target} PRIVATE Torch::Torch)
        set_target_properties(${target} PROPERTIES JOB_POOL_COMPILE engine)
        accel_register_on_gpu(${folder}/${noun} 2 --pretended ${target})
    elseif(folder STREQUAL "gpu")
        accel_register_on_gpu(${folder}/${noun} 2 "" ${target})
    else()
        accel_register(${folder}/${noun} ${folder} 300 ${target})
    endif()
endfunction()

# With the module that says what is expected beside it; without a compiler a test that is skipped by name.
function(accel_add_fortran_test folder noun source)
    if(ACCEL_FORTRAN)
        accel_add_fortran_program(test_${folder}_${noun} test_${noun} tests/${folder}
            "${source}" "${CMAKE_SOURCE_DIR}/tests/${folder}/expect.f90")
        accel_register(${folder}/${noun} ${folder} 300 test_${folder}_${noun})
    else()
        accel_register(${folder}/${noun} ${folder} 60 "${CMAKE_SOURCE_DIR}/tests/${folder}/compiler.sh")
    endif()
endfunction()

function(accel_add_oracle folder script)
    get_filename_component(name "${script}" NAME_WE)
    string(REGEX REPLACE "^oracle_" "" noun "${name}")
    accel_register(${folder}/${name} ${folder} 900
        ${CMAKE_SOURCE_DIR}/scripts/run_oracle "${script}" "${ACCEL_ORACLE}/${noun}")
    set_tests_properties(${folder}/${name} PROPERTIES FIXTURES_SETUP oracle_${folder})
endfunction()

# An oracle that has --check also reads what the tests of its folder left beside its own files.
function(accel_add_oracle_check folder script)
    file(STRINGS "${script}" checks REGEX "\"--check\"")
    if(NOT checks)
        return()
    endif()
    get_filename_component(name "${script}" NAME_WE)
    string(REGEX REPLACE "^oracle_" "" noun "${name}")
    accel_register(${folder}/check_${noun} ${folder} 300
        ${ACCEL_VENV}/bin/python "${script}" --check --out "${ACCEL_ORACLE}/${noun}")
    get_property(tests DIRECTORY PROPERTY TESTS)
    list(FILTER tests INCLUDE REGEX "^${folder}/")
    list(FILTER tests EXCLUDE REGEX "/(check|oracle)_")
    set_tests_properties(${folder}/check_${noun} PROPERTIES DEPENDS "${tests}")
endfunction()

function(accel_add_parity folder script)
    get_filename_component(name "${script}" NAME_WE)
    set(interpreter "")
    if(script MATCHES "\\.py$")
        set(interpreter "${ACCEL_VENV}/bin/python")
    endif()
    set(work "${CMAKE_BINARY_DIR}/work/${folder}/${name}")
    file(MAKE_DIRECTORY "${work}")
    add_test(NAME ${folder}/${name} CONFIGURATIONS Parity COMMAND ${interpreter} "${script}" WORKING_DIRECTORY "${work}")
    set_tests_properties(${folder}/${name} PROPERTIES ENVIRONMENT "${ACCEL_TEST_ENVIRONMENT};OMP_WAIT_POLICY=PASSIVE"
        TIMEOUT 7200 RUN_SERIAL ON)
endfunction()

file(GLOB test_files CONFIGURE_DEPENDS
    "${CMAKE_SOURCE_DIR}/tests/*/test_*" "${CMAKE_SOURCE_DIR}/tests/*/oracle_*.py" "${CMAKE_SOURCE_DIR}/tests/*/parity_*")
foreach(file IN LISTS test_files)
    get_filename_component(folder "${file}" DIRECTORY)
    get_filename_component(folder "${folder}" NAME)
    get_filename_component(name "${file}" NAME_WE)
    string(REGEX REPLACE "^test_" "" noun "${name}")
    if(name MATCHES "^oracle_")
        accel_add_oracle(${folder} "${file}")
    elseif(name MATCHES "^parity_")
        accel_add_parity(${folder} "${file}")
    elseif(file MATCHES "\\.(c|cpp)$")
        accel_add_test_program(${folder} ${noun} "${file}")
    elseif(file MATCHES "\\.f90$")
        accel_add_fortran_test(${folder} ${noun} "${file}")
    elseif(file MATCHES "\\.sh$")
        accel_register(${folder}/${noun} ${folder} 600 "${file}")
    endif()
endforeach()

# Where modules, optimizers, gradients, batches and messages are on GPUs. Left out: broken_pipe, cplusplus, logger, process,
# profile, roles, split, trackers, which compute little or nothing; accelerator, which is about a plain CPU; metrics, dispatch
# and unused, which are many times uneven and rounds.
foreach(noun accumulate comm_hook data_parallel dicts gan join local_sgd loop memory models pad power_sgd precision prepare rounds
        scaler sharing state state_folder state_series together training uneven weights window)
    accel_add_gpu_test(accelerator ${noun})
endforeach()

foreach(file IN LISTS test_files)
    if(file MATCHES "/tests/([^/]+)/oracle_[^/]+\\.py$")
        accel_add_oracle_check(${CMAKE_MATCH_1} "${file}")
    endif()
endforeach()

file(GLOB fuzz_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/fuzz/fuzz_*.c")
if(NOT EXISTS "${CMAKE_SOURCE_DIR}/fuzz/standalone.c")
    set(fuzz_sources "")
endif()
foreach(source IN LISTS fuzz_sources)
    get_filename_component(target "${source}" NAME_WE)
    string(REGEX REPLACE "^fuzz_" "" noun "${target}")
    file(GLOB corpus CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/fuzz/corpus/${noun}/*")
    if(corpus)
        accel_register(fuzz/${noun} fuzz 300 ${target} ${corpus})
    endif()
endforeach()

# What `make check` runs; and the compiled rooms keep to the arrows, too.
foreach(check includes guards sizes names)
    accel_register(sources/${check} sources 120 ${CMAKE_SOURCE_DIR}/scripts/check_${check})
endforeach()
accel_register(sources/format sources 120 ${CMAKE_SOURCE_DIR}/scripts/format --check)
accel_register(sources/generated sources 120 ${CMAKE_SOURCE_DIR}/scripts/generate_ops --check)
accel_register(sources/generated_fortran sources 120 ${CMAKE_SOURCE_DIR}/scripts/generate_fortran --check)
accel_register(sources/links sources 120 ${CMAKE_SOURCE_DIR}/scripts/check_links ${CMAKE_BINARY_DIR}/rooms)
