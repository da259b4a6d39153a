#include "data/batch_source.h"

int64_t batch_round_rows(const batch_round *r, int rank)
{
    if (r->rows)
        return r->rows[rank];
    if (r->is_whole)
        return r->share;
    int64_t left = r->real - rank * r->share;
    return left < 0 ? 0 : left < r->share ? left : r->share;
}
