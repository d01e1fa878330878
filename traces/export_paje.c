/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paje, in the dialect that ViTE 1.2 opens: a container for each PE, a state for each app, for
 * attempts that came to nothing and for PEs that are down (idle otherwise), links for data. Dates
 * are microseconds. Tasks without length have no state.
 *
 * Paje wants events in the order of dates: they are sorted, 32 bytes of memory for each; a task has
 * two, a transfer two. */
#include <stdlib.h>

#include "base/tick.h"
#include "traces/export.h"

/* What happens at one date comes in this order. */
enum event_kind { EVENT_FINISH, EVENT_LINK_START, EVENT_LINK_END, EVENT_START };

/* States that are no app. */
enum { STATE_ABORTED = -1, STATE_DOWN = -2 };

struct event {
    int64_t at_ps;
    enum event_kind kind;
    int32_t pe;
    int64_t what; /* an app or a state; a link's number, by which both ends are found */
};

struct events {
    struct event *items;
    size_t count, capacity;
};

static const char header[] = "%EventDef PajeDefineContainerType 1\n%  Alias string\n"
                             "%  ContainerType string\n%  Name string\n%EndEventDef\n"
                             "%EventDef PajeDefineStateType 3\n%  Alias string\n"
                             "%  ContainerType string\n%  Name string\n%EndEventDef\n"
                             "%EventDef PajeDefineLinkType 5\n%  Alias string\n"
                             "%  ContainerType string\n%  SourceContainerType string\n"
                             "%  DestContainerType string\n%  Name string\n%EndEventDef\n"
                             "%EventDef PajeDefineEntityValue 6\n%  Alias string\n"
                             "%  EntityType string\n%  Name string\n%  Color color\n%EndEventDef\n"
                             "%EventDef PajeCreateContainer 7\n%  Time date\n%  Alias string\n"
                             "%  Type string\n%  Container string\n%  Name string\n%EndEventDef\n"
                             "%EventDef PajeDestroyContainer 8\n%  Time date\n%  Name string\n"
                             "%  Type string\n%EndEventDef\n"
                             "%EventDef PajeSetState 10\n%  Time date\n%  Type string\n"
                             "%  Container string\n%  Value string\n%EndEventDef\n"
                             "%EventDef PajeStartLink 18\n%  Time date\n%  Type string\n"
                             "%  Container string\n%  SourceContainer string\n%  Value string\n"
                             "%  Key string\n%EndEventDef\n"
                             "%EventDef PajeEndLink 19\n%  Time date\n%  Type string\n"
                             "%  Container string\n%  DestContainer string\n%  Value string\n"
                             "%  Key string\n%EndEventDef\n";

static void add_event(struct events *events, struct event event)
{
    events->items =
        memory_grow(events->items, &events->capacity, events->count + 1, sizeof *events->items);
    events->items[events->count++] = event;
}

static void add_state(struct events *events, int32_t pe, int64_t start_ps, int64_t end_ps,
                      int64_t state)
{
    if (start_ps == end_ps)
        return;
    add_event(events, (struct event){start_ps, EVENT_START, pe, state});
    add_event(events, (struct event){end_ps, EVENT_FINISH, pe, state});
}

static bool read_tasks(const struct trace *trace, struct events *events, struct fault *fault)
{
    struct trace_reader *reader = trace_read(trace, TRACE_TASKS, fault);
    struct trace_task task;
    while (reader != NULL && export_next_task(reader, &task, fault)) {
        if (task.pe < 0 || task.start_ps == TICK_NEVER)
            continue;
        int64_t state = task.is_aborted ? STATE_ABORTED : trace->arrivals[task.job].app;
        add_state(events, task.pe, task.start_ps, task.finish_ps, state);
    }
    trace_reader_close(reader);
    return !fault_is_set(fault);
}

static bool read_outages(const struct trace *trace, struct events *events, struct fault *fault)
{
    struct trace_reader *reader = export_read_outages(trace, fault);
    struct trace_outage outage;
    while (reader != NULL && export_next_outage(reader, trace, &outage, fault))
        add_state(events, outage.pe, outage.start_ps, outage.end_ps, STATE_DOWN);
    trace_reader_close(reader);
    return !fault_is_set(fault);
}

static bool read_transfers(const struct trace *trace, struct events *events, struct fault *fault)
{
    if (!trace_has(trace, TRACE_TRANSFERS))
        return true;
    struct trace_reader *reader = trace_read(trace, TRACE_TRANSFERS, fault);
    struct trace_transfer transfer;
    for (int64_t link = 0; reader != NULL && trace_next_transfer(reader, &transfer, fault);
         link++) {
        add_event(events,
                  (struct event){transfer.start_ps, EVENT_LINK_START, transfer.from_pe, link});
        add_event(events, (struct event){transfer.end_ps, EVENT_LINK_END, transfer.to_pe, link});
    }
    trace_reader_close(reader);
    return !fault_is_set(fault);
}

static int compare_events(const void *a, const void *b)
{
    const struct event *one = a, *other = b;
    if (one->at_ps != other->at_ps)
        return one->at_ps < other->at_ps ? -1 : 1;
    if (one->kind != other->kind)
        return one->kind < other->kind ? -1 : 1;
    if (one->pe != other->pe)
        return one->pe < other->pe ? -1 : 1;
    return (one->what > other->what) - (one->what < other->what);
}

/* Colours that differ for the first few apps: hues a golden angle apart. */
static void put_app(const struct trace *trace, int32_t app, FILE *stream)
{
    double hue = 6 * (app * 0.381966 - (int)(app * 0.381966));
    double rgb[3];
    for (int i = 0; i < 3; i++) {
        double x = hue - 2 * i;
        x = x > 3 ? x - 6 : x < -3 ? x + 6 : x;
        x = 2 - (x < 0 ? -x : x);
        rgb[i] = 0.25 + 0.65 * (x < 0 ? 0 : x > 1 ? 1 : x);
    }
    fprintf(stream, "6 A%d ST \"%s\" \"%.2f %.2f %.2f\"\n", (int)app, trace->apps[app]->name,
            rgb[0], rgb[1], rgb[2]);
}

static void put_types(const struct trace *trace, FILE *stream)
{
    fputs(header, stream);
    fputs("1 CM 0 \"machine\"\n1 CP CM \"PE\"\n3 ST CP \"state\"\n5 LT CM CP CP \"data\"\n",
          stream);
    fputs("6 I ST \"idle\" \"0.92 0.92 0.92\"\n6 X ST \"aborted\" \"0.80 0.10 0.10\"\n"
          "6 D ST \"down\" \"0.25 0.25 0.25\"\n",
          stream);
    for (int32_t a = 0; a < trace->app_count; a++)
        put_app(trace, a, stream);
    fprintf(stream, "7 0.000000 M CM 0 \"%s\"\n", trace->soc->name);
    for (int32_t pe = 0; pe < trace->soc->pe_count; pe++)
        fprintf(stream, "7 0.000000 P%d CP M \"%s\"\n10 0.000000 ST P%d I\n", (int)pe,
                trace->soc->pes[pe].name, (int)pe);
}

static void put_event(const struct event *event, FILE *stream)
{
    char date[TICK_TEXT_SIZE];
    tick_format_us(date, event->at_ps);
    switch (event->kind) {
    case EVENT_START:
        fprintf(stream, "10 %s ST P%d ", date, (int)event->pe);
        if (event->what >= 0)
            fprintf(stream, "A%lld\n", (long long)event->what);
        else
            fputs(event->what == STATE_DOWN ? "D\n" : "X\n", stream);
        break;
    case EVENT_FINISH:
        fprintf(stream, "10 %s ST P%d I\n", date, (int)event->pe);
        break;
    case EVENT_LINK_START:
        fprintf(stream, "18 %s LT M P%d D L%lld\n", date, (int)event->pe, (long long)event->what);
        break;
    case EVENT_LINK_END:
        fprintf(stream, "19 %s LT M P%d D L%lld\n", date, (int)event->pe, (long long)event->what);
        break;
    }
}

static bool paje_write(const struct trace *trace, FILE *stream, struct fault *fault)
{
    struct events events = {0};
    bool ok = read_tasks(trace, &events, fault) && read_outages(trace, &events, fault) &&
              read_transfers(trace, &events, fault);
    if (ok && events.count > 0)
        qsort(events.items, events.count, sizeof *events.items, compare_events);
    if (ok) {
        char date[TICK_TEXT_SIZE];
        put_types(trace, stream);
        for (size_t i = 0; i < events.count; i++)
            put_event(&events.items[i], stream);
        int64_t last_ps = events.count == 0 ? 0 : events.items[events.count - 1].at_ps;
        tick_format_us(date, last_ps > trace->manifest.end_ps ? last_ps : trace->manifest.end_ps);
        for (int32_t pe = 0; pe < trace->soc->pe_count; pe++)
            fprintf(stream, "8 %s P%d CP\n", date, (int)pe);
        fprintf(stream, "8 %s M CM\n", date);
    }
    free(events.items);
    return ok;
}

const struct export_kind export_to_paje = {
    .name = "paje",
    .summary = "Paje for ViTE: a row for each PE, a colour for each app, arrows for data",
    .write = paje_write,
};
