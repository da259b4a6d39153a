/* A folder of this user's alone for what is there only as long as a command runs. */
#ifndef ACCEL_LAUNCH_PRIVATE_FOLDER_H
#define ACCEL_LAUNCH_PRIVATE_FOLDER_H

/* Where it is made without a TMPDIR that can be used. */
#define PRIVATE_FOLDER_PARENT "/tmp"

/* Makes one in $TMPDIR; its path, new. Where $TMPDIR cannot be used a warning says so. NULL with errno set, and nothing recorded, where
   none can be made: one can do without. */
char *private_folder_create(void);

/* Removes it and whatever is in it, as far as that can be removed. */
void private_folder_clear(const char *folder);

/* The same, and the path is taken; NULL does nothing. */
void private_folder_remove(char *folder);

#endif
