/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The style and the programs of report.html: the files of analysis/report, embedded by meson. */
#ifndef HETSOC_ANALYSIS_REPORT_PAGE_H
#define HETSOC_ANALYSIS_REPORT_PAGE_H

extern const char report_css[], report_tables_js[], report_gantt_js[];

#endif
