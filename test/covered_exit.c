/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linked by scripts/coverage with --wrap=_exit: processes that end by _exit (lab/nursery.c,
 * lab/team.c) tell gcov what they ran, which otherwise only exit() does. */
void __gcov_dump(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

void __wrap__exit(int status)
{
    __gcov_dump();
    __real__exit(status);
}
