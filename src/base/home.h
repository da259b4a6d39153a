/* The user's own folder. */
#ifndef ACCEL_BASE_HOME_H
#define ACCEL_BASE_HOME_H

/* A path whose "~", or "~/…", is that folder: $HOME, or the system's own word where that is not set. Free with memory_free; NULL on
   failure. */
char *home_expand(const char *path);

#endif
