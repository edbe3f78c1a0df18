/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/place.h"

simtime place_time(const struct place *place, const struct date_value *date, simtime otherwise)
{
    if (!date->given)
        return otherwise;
    if (date->relative)
        return date->instant;
    const simtime zone = date->zoned ? 0 : place->offset * SIMTIME_SECOND;
    return date->instant - zone - place->start;
}

simtime place_local(const struct place *place, simtime t)
{
    return place->start + t + place->offset * SIMTIME_SECOND;
}
