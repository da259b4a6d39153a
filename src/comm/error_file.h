/* The file in which a launcher finds what a process failed with: $TORCHELASTIC_ERROR_FILE. */
#ifndef ACCEL_COMM_ERROR_FILE_H
#define ACCEL_COMM_ERROR_FILE_H

/* Writes this thread's record, which began on `rank`, -1 where that is not known: what was written by
   who knew stays. Nothing where no file is wanted. */
void error_file_write(int rank);

#endif
