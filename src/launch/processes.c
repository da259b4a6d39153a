#include "launch/processes.h"

#include <ctype.h>
#include <stdlib.h>

pid_t processes_next(DIR *list)
{
    for (struct dirent *item = readdir(list); item; item = readdir(list))
        if (isdigit((unsigned char)item->d_name[0]))
            return (pid_t)strtol(item->d_name, NULL, 10);
    return 0;
}
