/* The file in which a launcher finds what a process failed with: $TORCHELASTIC_ERROR_FILE. */
#ifndef ACCEL_COMM_ERROR_FILE_H
#define ACCEL_COMM_ERROR_FILE_H

/* Writes this thread's record, which began on `rank`, unless the process wrote its file already or has none. */
void error_file_write(int rank);

#endif
