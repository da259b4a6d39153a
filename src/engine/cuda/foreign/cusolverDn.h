/* What libtorch's headers name of cuSOLVER. */
#pragma once
typedef struct cusolverDnContext *cusolverDnHandle_t;
