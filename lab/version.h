/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which program this is. */
#ifndef HETSOC_LAB_VERSION_H
#define HETSOC_LAB_VERSION_H

extern const char version_number[];    /* "0.1.0" */
extern const char version_commit[];    /* git describe when it was built; "unknown" without git */
extern const char version_libraries[]; /* "SimGrid 3.32, igraph 0.10.2, ..." it was built with */

#endif
