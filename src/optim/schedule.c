/* Every expression is the reference's, operation by operation, so that results are equal to the last bit.
   Source: transformers.optimization. */
#include "optim/schedule.h"

#include <math.h>

static double part(double steps, double of) { return steps / (of > 1 ? of : 1); }

static double at_least_0(double factor) { return factor > 0 ? factor : 0; }

static double from_rate(double factor, double rate) { return at_least_0(factor * (1 - rate) + rate); }

static double warmup(const schedule *s, double step) { return part(step, s->warmup); }

/* Of the steps between warm-up and end. */
static double progress(const schedule *s, double step)
{
    return part(step - s->warmup, s->training - s->warmup);
}

double schedule_constant(const schedule *s, double step)
{
    (void)s, (void)step;
    return 1;
}

double schedule_constant_with_warmup(const schedule *s, double step)
{
    return step < s->warmup ? warmup(s, step) : 1;
}

double schedule_linear(const schedule *s, double step)
{
    if (step < s->warmup)
        return warmup(s, step);
    return at_least_0(part(s->training - step, s->training - s->warmup));
}

double schedule_cosine(const schedule *s, double step)
{
    if (step < s->warmup)
        return warmup(s, step);
    return from_rate(schedule_fall_cosine(progress(s, step), s->cycles), s->min_rate);
}

double schedule_cosine_with_restarts(const schedule *s, double step)
{
    if (step < s->warmup)
        return warmup(s, step);
    double done = progress(s, step);
    return done >= 1 ? 0 : at_least_0(0.5 * (1 + cos(M_PI * fmod(s->cycles * done, 1))));
}

double schedule_cosine_warmup_with_min_lr(const schedule *s, double step)
{
    if (step < s->warmup && isnan(s->warmup_rate))
        return part(step + 1, s->warmup);
    if (step < s->warmup)
        return s->warmup_rate + part((1 - s->warmup_rate) * step, s->warmup - 1);
    return from_rate(schedule_fall_cosine(progress(s, step + 1), s->cycles), s->min_rate);
}

double schedule_polynomial(const schedule *s, double step)
{
    if (step < s->warmup)
        return warmup(s, step);
    if (step > s->training)
        return s->lr_end / s->lr;
    double remaining = 1 - (step - s->warmup) / (s->training - s->warmup);
    return ((s->lr - s->lr_end) * pow(remaining, s->power) + s->lr_end) / s->lr;
}

double schedule_inverse_sqrt(const schedule *s, double step)
{
    if (step < s->warmup)
        return warmup(s, step);
    return 1 / sqrt((step + (s->timescale - s->warmup)) / s->timescale);
}

double schedule_warmup_stable_decay(const schedule *s, double step)
{
    double decay_from = s->warmup + s->stable;
    if (step < s->warmup)
        return from_rate(s->rise(warmup(s, step)), s->min_rate);
    if (step < decay_from)
        return 1;
    if (step < decay_from + s->decay)
        return from_rate(s->fall(part(step - s->warmup - s->stable, s->decay), s->cycles), s->min_rate);
    return s->min_rate;
}

/* ---- curves ---- */

double schedule_rise_linear(double progress) { return progress; }
double schedule_rise_cosine(double progress) { return 0.5 * (1 - cos(M_PI * progress)); }
double schedule_rise_sqrt(double progress) { return 1 - sqrt(1 - progress); }

double schedule_fall_linear(double progress, double cycles)
{
    (void)cycles;
    return 1 - progress;
}

double schedule_fall_cosine(double progress, double cycles)
{
    return 0.5 * (1 + cos(M_PI * cycles * 2 * progress));
}

double schedule_fall_sqrt(double progress, double cycles)
{
    (void)cycles;
    return 1 - sqrt(progress);
}
