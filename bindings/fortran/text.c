/* Functions that take a format, or a stream, for Fortran: a line of text, and standard output.
   Written by scripts/generate_fortran from include/accel. */
#include <stdio.h>

#include <accel/accel.h>

accel_status accel_fortran_accelerator_print(accelerator *acc, const char *text);
accel_status accel_fortran_accelerator_print(accelerator *acc, const char *text)
{
    return accelerator_print(acc, "%s\n", text);
}

accel_status accel_fortran_accel_error_raise(accel_status status, const char *call, const char *text);
accel_status accel_fortran_accel_error_raise(accel_status status, const char *call, const char *text)
{
    return accel_error_raise(status, call, "%s", text);
}

void accel_fortran_accel_log_line(accel_log_level level, const char *text);
void accel_fortran_accel_log_line(accel_log_level level, const char *text)
{
    accel_log_line(level, "%s", text);
}

void accel_fortran_accel_log_local_main_line(accel_log_level level, const char *text);
void accel_fortran_accel_log_local_main_line(accel_log_level level, const char *text)
{
    accel_log_local_main_line(level, "%s", text);
}

accel_status accel_fortran_accelerator_log_line(accelerator *acc, accel_log_level level, const char *text);
accel_status accel_fortran_accelerator_log_line(accelerator *acc, accel_log_level level, const char *text)
{
    return accelerator_log_line(acc, level, "%s", text);
}

accel_status accel_fortran_accelerator_log_line_all(accelerator *acc, accel_log_level level, const char *text);
accel_status accel_fortran_accelerator_log_line_all(accelerator *acc, accel_log_level level, const char *text)
{
    return accelerator_log_line_all(acc, level, "%s", text);
}

accel_status accel_fortran_accelerator_log_line_in_order(accelerator *acc, accel_log_level level, const char *text);
accel_status accel_fortran_accelerator_log_line_in_order(accelerator *acc, accel_log_level level, const char *text)
{
    return accelerator_log_line_in_order(acc, level, "%s", text);
}

accel_status accel_fortran_accelerator_warning_once(accelerator *acc, const char *text);
accel_status accel_fortran_accelerator_warning_once(accelerator *acc, const char *text)
{
    return accelerator_warning_once(acc, "%s", text);
}

accel_status accel_fortran_accelerator_profile_print(accelerator *acc, int rows);
accel_status accel_fortran_accelerator_profile_print(accelerator *acc, int rows)
{
    accel_status result = accelerator_profile_print(acc, stdout, rows);
    fflush(stdout);
    return result;
}

accel_status accel_fortran_accel_progress_set_postfix(accel_progress *bar, const char *text);
accel_status accel_fortran_accel_progress_set_postfix(accel_progress *bar, const char *text)
{
    return accel_progress_set_postfix(bar, "%s", text);
}

accel_status accel_fortran_accel_progress_set_description(accel_progress *bar, const char *text);
accel_status accel_fortran_accel_progress_set_description(accel_progress *bar, const char *text)
{
    return accel_progress_set_description(bar, "%s", text);
}

accel_status accel_fortran_accel_tensor_print(accel_tensor *tensor);
accel_status accel_fortran_accel_tensor_print(accel_tensor *tensor)
{
    accel_status result = accel_tensor_print(tensor, stdout);
    fflush(stdout);
    return result;
}
