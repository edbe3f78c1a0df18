/* The HDF5 file driver that writes a sink. It differs from HDF5's own in two things.
 *
 * It never tells HDF5 of a failed write but keeps the first errno in the sink: HDF5 cannot close a
 * file that it failed to write (it keeps dirty pages, and complains when the program exits).
 *
 * What overwrites structures of the last flush is held back until the next one and then written in
 * an order in which a reader finds a sound file at each step, should the process be killed there:
 * what is new lies beyond the old end and is written at once; then come the superblock with the new
 * end, the nodes of indices from the root down, and the object headers with the new extents. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TRACE_DRIVER_H
#define TRACE_DRIVER_H

#include "trace/sink.h"

#include <hdf5.h>

/* Make a file access list write to the sink, which must outlive the HDF5 file. ret_driver is to be
 * given to H5FDunregister when the file is closed. */
int driver_use(struct sink *sink, hid_t fapl, hid_t *ret_driver);

#endif
