/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/fault.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/control.h"

/* Copies what fits; text that does not fit ends in "..." instead of in mid-air. */
static void copy_text(char *target, size_t size, const char *source)
{
    if (source == NULL) {
        source = "";
    }
    size_t length = strlen(source);
    if (length < size) {
        memcpy(target, source, length + 1);
        return;
    }
    memcpy(target, source, size - 4);
    memcpy(target + size - 4, "...", 4);
}

bool fault_set(struct fault *fault, const char *where, const char *hint, const char *format, ...)
{
    assert(fault != NULL && format != NULL);
    if (fault_is_set(fault)) {
        return false;
    }
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(fault->what, sizeof fault->what, format, arguments);
    va_end(arguments);
    if (length <= 0) {
        copy_text(fault->what, sizeof fault->what, format);
    } else if ((size_t)length >= sizeof fault->what) {
        memcpy(fault->what + sizeof fault->what - 4, "...", 4);
    }
    copy_text(fault->where, sizeof fault->where, where);
    copy_text(fault->hint, sizeof fault->hint, hint);
    assert(fault_is_set(fault));
    return false;
}

bool fault_is_set(const struct fault *fault)
{
    return fault->what[0] != '\0';
}

void fault_print(const struct fault *fault, FILE *stream)
{
    fputs("hetsoc: ", stream);
    if (fault->where[0] != '\0') {
        control_print(fault->where, stream);
        fputs(": ", stream);
    }
    control_print(fault->what, stream);
    putc('\n', stream);
    if (fault->hint[0] != '\0') {
        fputs("    hint: ", stream);
        control_print(fault->hint, stream);
        putc('\n', stream);
    }
}
