/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Gantt chart as SVG: a row for each PE, a box for each task in the colour of its job, with its
 * name where there is room and as a tooltip; grey where the PE was down, a red edge around attempts
 * that came to nothing. Constant memory. */
#include "base/csv.h"
#include "base/tick.h"
#include "traces/export.h"

enum { WIDTH = 1200, LEFT = 90, TOP = 40, ROW = 18, TICKS = 8, LETTER = 6 };

struct chart {
    const struct trace *trace;
    FILE *stream;
    int64_t from_ps, until_ps;
};

/* Dates outside of the chart lie on its edge. */
static double x_of(const struct chart *chart, int64_t ps)
{
    if (ps < chart->from_ps)
        ps = chart->from_ps;
    if (ps > chart->until_ps)
        ps = chart->until_ps;
    double whole = (double)(chart->until_ps - chart->from_ps);
    return LEFT + (WIDTH - LEFT - 10) * (double)(ps - chart->from_ps) / whole;
}

/* The least of 1, 2, 5 times a power of ten ps that makes at most TICKS steps. */
static int64_t find_step(int64_t span_ps)
{
    static const int64_t mantissas[] = {1, 2, 5};
    for (int64_t power = 1;; power *= 10)
        for (int i = 0; i < 3; i++)
            if (span_ps / (mantissas[i] * power) <= TICKS)
                return mantissas[i] * power;
}

static void put_axis(const struct chart *chart, int32_t rows)
{
    int64_t step_ps = find_step(chart->until_ps - chart->from_ps);
    int64_t first_ps = (chart->from_ps + step_ps - 1) / step_ps * step_ps;
    char us[32];
    for (int64_t at_ps = first_ps; at_ps <= chart->until_ps; at_ps += step_ps) {
        double x = x_of(chart, at_ps);
        fprintf(chart->stream,
                "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>"
                "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
                x, x, TOP, TOP + (int)rows * ROW, x, TOP + (int)rows * ROW + 14,
                csv_format_real(us, tick_to_us(at_ps)));
    }
    fprintf(chart->stream, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">us</text>\n", WIDTH - 10,
            TOP + (int)rows * ROW + 28);
}

static void put_rows(const struct chart *chart)
{
    const struct soc *soc = chart->trace->soc;
    for (int32_t pe = 0; pe < soc->pe_count; pe++)
        fprintf(chart->stream, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", LEFT - 6,
                TOP + (int)pe * ROW + 13, soc->pes[pe].name);
}

static void put_task(const struct chart *chart, const struct trace_task *task)
{
    char start[TICK_TEXT_SIZE], finish[TICK_TEXT_SIZE];
    const char *name = export_task_name(chart->trace, task->job, task->task);
    double x = x_of(chart, task->start_ps), width = x_of(chart, task->finish_ps) - x;
    int y = TOP + (int)task->pe * ROW + 1;
    fprintf(chart->stream,
            "<rect%s x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" "
            "fill=\"hsl(%d,60%%,72%%)\"><title>job %d %s on %s, %s to %s us%s</title></rect>",
            task->is_aborted ? " class=\"aborted\"" : "", x, y, width, ROW - 2,
            (int)(task->job * 137LL % 360), (int)task->job, name,
            export_pe_name(chart->trace, task->pe), tick_format_us(start, task->start_ps),
            tick_format_us(finish, task->finish_ps), task->is_aborted ? ", aborted" : "");
    int room = (int)width / LETTER;
    if (room >= 3)
        fprintf(chart->stream, "<text x=\"%.1f\" y=\"%d\">%.*s</text>", x + 2, y + 12, room, name);
    fputc('\n', chart->stream);
}

static bool put_outages(const struct chart *chart, struct fault *fault)
{
    struct trace_reader *reader = export_read_outages(chart->trace, fault);
    struct trace_outage outage;
    char start[TICK_TEXT_SIZE], end[TICK_TEXT_SIZE];
    while (reader != NULL && export_next_outage(reader, chart->trace, &outage, fault)) {
        double x = x_of(chart, outage.start_ps), width = x_of(chart, outage.end_ps) - x;
        if (outage.start_ps < chart->until_ps && outage.end_ps > chart->from_ps)
            fprintf(chart->stream,
                    "<rect class=\"down\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\">"
                    "<title>%s is down, %s to %s us</title></rect>\n",
                    x, TOP + (int)outage.pe * ROW + 1, width, ROW - 2,
                    export_pe_name(chart->trace, outage.pe), tick_format_us(start, outage.start_ps),
                    tick_format_us(end, outage.end_ps));
    }
    trace_reader_close(reader);
    return !fault_is_set(fault);
}

static bool svg_write(const struct trace *trace, FILE *stream, struct fault *fault)
{
    struct chart chart = {trace, stream, trace->manifest.from_ps, trace->manifest.end_ps};
    if (trace->manifest.until_ps < chart.until_ps)
        chart.until_ps = trace->manifest.until_ps;
    if (chart.until_ps <= chart.from_ps)
        chart.until_ps = chart.from_ps + 1;
    int32_t rows = trace->soc->pe_count;
    fprintf(stream,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\">\n"
            "<style>text{font:10px sans-serif}rect{stroke:#555;stroke-width:.3}"
            ".grid{stroke:#ddd}.aborted{stroke:#c00;stroke-width:1.5}.down{fill:#777}</style>\n"
            "<rect width=\"100%%\" height=\"100%%\" style=\"stroke:none\" fill=\"white\"/>\n"
            "<text x=\"%d\" y=\"20\" style=\"font-size:13px\">%s: %s on %s</text>\n",
            WIDTH, TOP + (int)rows * ROW + 40, LEFT, trace->manifest.experiment,
            trace->manifest.scheduler, trace->soc->name);
    put_axis(&chart, rows);
    put_rows(&chart);
    struct trace_reader *reader = trace_read(trace, TRACE_TASKS, fault);
    struct trace_task task;
    while (reader != NULL && export_next_task(reader, &task, fault))
        if (task.pe >= 0 && task.start_ps != TICK_NEVER)
            put_task(&chart, &task);
    trace_reader_close(reader);
    bool ok = !fault_is_set(fault) && put_outages(&chart, fault);
    fputs("</svg>\n", stream);
    return ok;
}

const struct export_kind export_to_svg = {
    .name = "svg",
    .summary = "a Gantt chart: a row for each PE, a colour for each job",
    .write = svg_write,
};
