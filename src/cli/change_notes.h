/* What is to be said of the dated changes of a scenario. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_CHANGE_NOTES_H
#define CLI_CHANGE_NOTES_H

#include "scenario/build.h"

/* A line about the dates that the run never gets to, if there are any; to be freed. */
struct texts change_notes(const struct build *build);

#endif
