/* Of a libtorch that was built with CUDA; one that was not has no such file. */
#pragma once
#define C10_CUDA_BUILD_SHARED_LIBS
