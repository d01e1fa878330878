/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preloaded by test/locale: the program lives in the locale of its environment, as it does once a
 * plug-in or a library asks for it. */
#include <locale.h>
#include <stdlib.h>

__attribute__((constructor)) static void live_abroad(void)
{
    if (setlocale(LC_ALL, "") == NULL)
        abort();
}
