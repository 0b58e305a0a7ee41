#include "base/histogram.h"

const struct histogram_bound histogram_bounds[HISTOGRAM_BOUNDS] = {
    {5, "0.005"},  {10, "0.01"},    {25, "0.025"},   {50, "0.05"},    {100, "0.1"},      {250, "0.25"},
    {500, "0.5"},  {1000, "1"},     {2500, "2.5"},   {5000, "5"},     {10000, "10"},     {30000, "30"},
    {60000, "60"}, {120000, "120"}, {300000, "300"}, {600000, "600"}, {1800000, "1800"}, {3600000, "3600"},
};

void histogram_add(struct histogram *histogram, int64_t ms)
{
    size_t bucket = 0;
    ms = ms < 0 ? 0 : ms;
    while (bucket < HISTOGRAM_BOUNDS && ms > histogram_bounds[bucket].ms)
        bucket++;
    histogram->counts[bucket]++;
    histogram->sum_ms += ms;
}

uint64_t histogram_count(const struct histogram *histogram)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++)
        count += histogram->counts[i];
    return count;
}
