/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/embedding.h"

#include <string.h>

#include "agents/layers.h"
#include "agents/matrix.h"

#define SUM_SCALE ((real)0.1) /* keeps sums over many nodes in the range of one */

enum { W = EMBEDDING_WIDTH, HIDDEN = 16 };

/* The tensors, which are the last of the network. */
enum {
    NODE_0_W,
    NODE_0_B,
    NODE_1_W,
    NODE_1_B,
    MESSAGE_W,
    MESSAGE_B,
    GATHER_W,
    GATHER_B,
    JOB_W,
    JOB_EMBEDDING_W,
    JOB_B,
    SYSTEM_W,
    SYSTEM_B,
    TENSORS
};

void embedding_layout(struct network *network)
{
    const int32_t features = network->shape.node_features;
    const struct {
        const char *name;
        int32_t rows, columns;
    } rows[TENSORS] = {
        [NODE_0_W] = {"node.0.weight", features, HIDDEN},
        [NODE_0_B] = {"node.0.bias", 0, HIDDEN},
        [NODE_1_W] = {"node.1.weight", HIDDEN, W},
        [NODE_1_B] = {"node.1.bias", 0, W},
        [MESSAGE_W] = {"message.weight", W, W},
        [MESSAGE_B] = {"message.bias", 0, W},
        [GATHER_W] = {"gather.weight", W, W},
        [GATHER_B] = {"gather.bias", 0, W},
        [JOB_W] = {"job.weight", features, W},
        [JOB_EMBEDDING_W] = {"job.embedding", W, W},
        [JOB_B] = {"job.bias", 0, W},
        [SYSTEM_W] = {"system.weight", W, W},
        [SYSTEM_B] = {"system.bias", 0, W},
    };
    for (int i = 0; i < TENSORS; i++)
        tensors_add(&network->tensors, rows[i].name, rows[i].rows, rows[i].columns,
                    rows[i].rows > 0 ? TENSOR_GLOROT : TENSOR_ZERO);
}

static size_t place(const struct network *network, int tensor)
{
    return network->tensors.list[network->tensors.count - TENSORS + tensor].offset;
}

/* Outputs of all layers of one graph, after their leaky ReLU; rows are nodes. */
struct tape {
    real *hidden;   /* [nodes][HIDDEN] */
    real *own;      /* h(x) [nodes][W] */
    real *messages; /* f(e) */
    real *sums;     /* of the children's messages */
    real *gathered; /* g(sums), 0 without children */
    real *parts;    /* j(x, e) */
    real *system;   /* z(y) [W] */
};

/* A row of W values; the compiler's vectors, since it does not find them by itself here. */
typedef real row __attribute__((vector_size(W * sizeof(real))));

/* sum += x w for one row of W values. */
static inline void add_product(row *sum, const real *x, const real *w)
{
    row total = *sum;
    for (int i = 0; i < W; i++) {
        row weights;
        memcpy(&weights, w + (ptrdiff_t)i * W, sizeof weights);
        total += x[i] * weights;
    }
    *sum = total;
}

/* y += x for one row. */
static inline void add_row(real *y, const real *x)
{
    row left, right;
    memcpy(&left, y, sizeof left);
    memcpy(&right, x, sizeof right);
    left += right;
    memcpy(y, &left, sizeof left);
}

/* y = leaky_relu(x w + b) for one row. */
static inline void small_layer(const real *x, const real *w, const real *b, real *y)
{
    row sum;
    memcpy(&sum, b, sizeof sum);
    add_product(&sum, x, w);
    row less = LEAKY_SLOPE * sum;
    for (int o = 0; o < W; o++)
        y[o] = sum[o] > less[o] ? sum[o] : less[o];
}

/* y += x w for one row. */
static inline void small_product(const real *x, const real *w, real *y)
{
    row sum;
    memcpy(&sum, y, sizeof sum);
    add_product(&sum, x, w);
    memcpy(y, &sum, sizeof sum);
}

static void pass_messages(const struct network *network, const real *parameters,
                          const struct network_graph *graph, const struct tape *tape, real *e)
{
    const real *message_w = parameters + place(network, MESSAGE_W);
    const real *message_b = parameters + place(network, MESSAGE_B);
    const real *gather_w = parameters + place(network, GATHER_W);
    const real *gather_b = parameters + place(network, GATHER_B);
    for (int32_t v = 0; v < graph->nodes; v++) {
        ptrdiff_t at = (ptrdiff_t)v * W;
        real *sum = tape->sums + at, *gathered = tape->gathered + at;
        int32_t from = graph->child_first[v], to = graph->child_first[v + 1];
        memset(sum, 0, W * sizeof *sum);
        memset(gathered, 0, W * sizeof *gathered);
        for (int32_t i = from; i < to; i++)
            add_row(sum, tape->messages + (ptrdiff_t)graph->child[i] * W);
        if (to > from)
            small_layer(sum, gather_w, gather_b, gathered);
        memcpy(e + at, tape->own + at, W * sizeof *e);
        add_row(e + at, gathered);
        small_layer(e + at, message_w, message_b, tape->messages + at);
    }
}

/* y = 0.1 sum of j(x, e), s = 0.1 z(y) */
static void sum_up(const struct network *network, const real *parameters,
                   const struct network_graph *graph, const struct tape *tape, const real *e,
                   real *y, real *s)
{
    const int32_t nodes = graph->nodes;
    linear_forward(graph->features, parameters + place(network, JOB_W),
                   parameters + place(network, JOB_B), nodes, network->shape.node_features, W,
                   tape->parts);
    matrix_multiply(&(struct matrix_product){
        .rows = nodes,
        .columns = W,
        .blocks = 1,
        .sums = W,
        .a = e,
        .a_row = W,
        .a_sum = 1,
        .b = parameters + place(network, JOB_EMBEDDING_W),
        .b_sum = W,
        .start = tape->parts,
        .start_row = W,
        .c = tape->parts,
        .c_row = W,
    });
    leaky_relu_forward(tape->parts, (size_t)nodes * W);
    memset(y, 0, W * sizeof *y);
    for (int32_t v = 0; v < nodes; v++)
        add_row(y, tape->parts + (ptrdiff_t)v * W);
    for (int o = 0; o < W; o++)
        y[o] *= SUM_SCALE;
    small_layer(y, parameters + place(network, SYSTEM_W), parameters + place(network, SYSTEM_B),
                tape->system);
    for (int o = 0; o < W; o++)
        s[o] = SUM_SCALE * tape->system[o];
}

static void forward(const struct network *network, const real *parameters,
                    const struct network_graph *graph, struct workspace *workspace,
                    struct tape *tape, real *embedding)
{
    const int32_t nodes = graph->nodes;
    const size_t reals = (size_t)nodes * W;
    real *y = embedding, *s = y + W, *e = s + W;
    *tape = (struct tape){
        .hidden = workspace_reals(workspace, (size_t)nodes * HIDDEN),
        .own = workspace_reals(workspace, reals),
        .messages = workspace_reals(workspace, reals),
        .sums = workspace_reals(workspace, reals),
        .gathered = workspace_reals(workspace, reals),
        .parts = workspace_reals(workspace, reals),
        .system = workspace_reals(workspace, W),
    };
    linear_forward(graph->features, parameters + place(network, NODE_0_W),
                   parameters + place(network, NODE_0_B), nodes, network->shape.node_features,
                   HIDDEN, tape->hidden);
    leaky_relu_forward(tape->hidden, (size_t)nodes * HIDDEN);
    linear_forward(tape->hidden, parameters + place(network, NODE_1_W),
                   parameters + place(network, NODE_1_B), nodes, HIDDEN, W, tape->own);
    leaky_relu_forward(tape->own, reals);
    pass_messages(network, parameters, graph, tape, e);
    sum_up(network, parameters, graph, tape, e, y, s);
}

void embedding_forward(const struct network *network, const real *parameters,
                       const struct network_graph *graph, struct workspace *workspace,
                       real *embedding)
{
    struct tape tape;
    forward(network, parameters, graph, workspace, &tape, embedding);
}

/* From s through z to y, from y through j to the nodes. Adds to d_y and d_e. */
static void sum_up_backward(const struct network *network, const real *transposed,
                            const struct network_graph *graph, const struct tape *tape,
                            const real *y, const real *e, const real *d_s,
                            struct workspace *workspace, real *gradients, real *d_y, real *d_e)
{
    const int32_t nodes = graph->nodes;
    real d_system[W];
    for (int o = 0; o < W; o++)
        d_system[o] = SUM_SCALE * d_s[o];
    leaky_relu_backward(tape->system, d_system, W);
    linear_backward(y, transposed + place(network, SYSTEM_W), d_system, 1, W, W,
                    gradients + place(network, SYSTEM_W), gradients + place(network, SYSTEM_B),
                    d_y);

    real *d_parts = workspace_reals(workspace, (size_t)nodes * W);
    for (int32_t v = 0; v < nodes; v++)
        for (int o = 0; o < W; o++)
            d_parts[(ptrdiff_t)v * W + o] = SUM_SCALE * d_y[o];
    leaky_relu_backward(tape->parts, d_parts, (size_t)nodes * W);
    linear_backward(graph->features, NULL, d_parts, nodes, network->shape.node_features, W,
                    gradients + place(network, JOB_W), gradients + place(network, JOB_B), NULL);
    linear_backward(e, transposed + place(network, JOB_EMBEDDING_W), d_parts, nodes, W, W,
                    gradients + place(network, JOB_EMBEDDING_W), NULL, d_e);
}

/* From parents to children: d_e is complete for a node when all its parents are done. */
static void messages_backward(const struct network *network, const real *transposed,
                              const struct network_graph *graph, const struct tape *tape,
                              const real *e, struct workspace *workspace, real *gradients,
                              real *d_e)
{
    const int32_t nodes = graph->nodes;
    const size_t reals = (size_t)nodes * W;
    const real *message_w = transposed + place(network, MESSAGE_W);
    const real *gather_w = transposed + place(network, GATHER_W);
    real *d_message = workspace_zeros(workspace, reals);
    real *d_gathered = workspace_zeros(workspace, reals);
    for (int32_t v = nodes - 1; v >= 0; v--) {
        ptrdiff_t at = (ptrdiff_t)v * W;
        leaky_relu_backward(tape->messages + at, d_message + at, W);
        small_product(d_message + at, message_w, d_e + at);
        int32_t from = graph->child_first[v], to = graph->child_first[v + 1];
        if (to == from)
            continue;
        real d_sum[W] = {0};
        memcpy(d_gathered + at, d_e + at, sizeof d_sum);
        leaky_relu_backward(tape->gathered + at, d_gathered + at, W);
        small_product(d_gathered + at, gather_w, d_sum);
        for (int32_t i = from; i < to; i++)
            add_row(d_message + (ptrdiff_t)graph->child[i] * W, d_sum);
    }
    linear_backward(e, NULL, d_message, nodes, W, W, gradients + place(network, MESSAGE_W),
                    gradients + place(network, MESSAGE_B), NULL);
    linear_backward(tape->sums, NULL, d_gathered, nodes, W, W, gradients + place(network, GATHER_W),
                    gradients + place(network, GATHER_B), NULL);
}

void embedding_backward(const struct network *network, const real *parameters,
                        const real *transposed, const struct network_graph *graph,
                        const real *d_embedding, struct workspace *workspace, real *gradients)
{
    const int32_t nodes = graph->nodes;
    const size_t reals = ((size_t)nodes + EMBEDDING_NODES) * W;
    struct tape tape;
    real *embedding = workspace_reals(workspace, reals);
    forward(network, parameters, graph, workspace, &tape, embedding);

    const real *y = embedding, *e = embedding + (ptrdiff_t)EMBEDDING_NODES * W;
    real *d = workspace_reals(workspace, reals);
    memcpy(d, d_embedding, reals * sizeof *d);
    real *d_y = d, *d_s = d + W, *d_e = d + (ptrdiff_t)EMBEDDING_NODES * W;
    sum_up_backward(network, transposed, graph, &tape, y, e, d_s, workspace, gradients, d_y, d_e);
    messages_backward(network, transposed, graph, &tape, e, workspace, gradients, d_e);

    real *d_hidden = workspace_zeros(workspace, (size_t)nodes * HIDDEN);
    leaky_relu_backward(tape.own, d_e, (size_t)nodes * W);
    linear_backward(tape.hidden, transposed + place(network, NODE_1_W), d_e, nodes, HIDDEN, W,
                    gradients + place(network, NODE_1_W), gradients + place(network, NODE_1_B),
                    d_hidden);
    leaky_relu_backward(tape.hidden, d_hidden, (size_t)nodes * HIDDEN);
    linear_backward(graph->features, NULL, d_hidden, nodes, network->shape.node_features, HIDDEN,
                    gradients + place(network, NODE_0_W), gradients + place(network, NODE_0_B),
                    NULL);
}
