/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/placing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/memory.h"

bool placing_begin(struct placing *placing, const char *path, const char *hint, struct fault *fault)
{
    static const char ending[] = ".new";
    *placing = (struct placing){.path = path};
    if (folder_is_sink(path)) {
        placing->stream = fopen(path, "wb");
    } else {
        const size_t size = strlen(path) + sizeof ending;
        placing->aside = memory_zeroed(size, 1);
        snprintf(placing->aside, size, "%s%s", path, ending);
        placing->stream = folder_new_file(placing->aside);
    }
    if (placing->stream != NULL)
        return true;
    fault_set(fault, path, hint, "cannot write: %s", strerror(errno));
    free(placing->aside);
    return false;
}

bool placing_end(struct placing *placing, bool ok, struct fault *fault)
{
    bool is_written = placing->stream == NULL || ferror(placing->stream) == 0;
    if (placing->stream != NULL)
        is_written = fclose(placing->stream) == 0 && is_written;
    if (ok &&
        (!is_written || (placing->aside != NULL && rename(placing->aside, placing->path) != 0)))
        ok = fault_set(fault, placing->path, "is the disk full?", "cannot write: %s",
                       strerror(errno));
    if (!ok && placing->aside != NULL)
        unlink(placing->aside);
    free(placing->aside);
    return ok;
}
