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
};

/* A row of W values as vectors of 16 bytes, which every machine has; the compiler does not find
 * them by itself here. */
enum { LANES = 16 / sizeof(real), PARTS = W / LANES };
typedef real lanes __attribute__((vector_size(16)));
typedef __typeof__((lanes){0} > (lanes){0}) lanes_mask;
struct row {
    lanes part[PARTS];
};

static inline struct row load_row(const real *from)
{
    struct row row;
    for (int i = 0; i < PARTS; i++)
        memcpy(&row.part[i], from + (ptrdiff_t)i * LANES, sizeof row.part[i]);
    return row;
}

static inline void store_row(real *to, struct row row)
{
    for (int i = 0; i < PARTS; i++)
        memcpy(to + (ptrdiff_t)i * LANES, &row.part[i], sizeof row.part[i]);
}

static inline struct row add_rows(struct row a, struct row b)
{
    for (int i = 0; i < PARTS; i++)
        a.part[i] += b.part[i];
    return a;
}

static inline struct row scale_row(real factor, struct row row)
{
    for (int i = 0; i < PARTS; i++)
        row.part[i] *= factor;
    return row;
}

/* x w for one row; two chains of sums, which are half as long to wait for. */
static inline struct row product(const real *x, const real *w)
{
    struct row even = {0}, odd = {0};
    for (int i = 0; i < W; i += 2) {
        even = add_rows(even, scale_row(x[i], load_row(w + (ptrdiff_t)i * W)));
        odd = add_rows(odd, scale_row(x[i + 1], load_row(w + (ptrdiff_t)(i + 1) * W)));
    }
    return add_rows(even, odd);
}

/* d where y > 0, 0.1 d elsewhere: leaky ReLU if y is d, its backward pass if y is the output. */
static inline struct row leaky_row(struct row y, struct row d)
{
    for (int i = 0; i < PARTS; i++) {
        lanes_mask positive = y.part[i] > 0;
        lanes less = LEAKY_SLOPE * d.part[i];
        d.part[i] = (lanes)(((lanes_mask)d.part[i] & positive) | ((lanes_mask)less & ~positive));
    }
    return d;
}

/* leaky_relu(x w + b) for one row. */
static inline struct row small_layer(const real *x, const real *w, const real *b)
{
    struct row sum = add_rows(load_row(b), product(x, w));
    return leaky_row(sum, sum);
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
        int32_t from = graph->child_first[v], to = graph->child_first[v + 1];
        struct row sum = {0}, gathered = {0};
        for (int32_t i = from; i < to; i++)
            sum = add_rows(sum, load_row(tape->messages + (ptrdiff_t)graph->child[i] * W));
        store_row(tape->sums + at, sum);
        if (to > from)
            gathered = small_layer(tape->sums + at, gather_w, gather_b);
        store_row(tape->gathered + at, gathered);
        store_row(e + at, add_rows(load_row(tape->own + at), gathered));
        store_row(tape->messages + at, small_layer(e + at, message_w, message_b));
    }
}

/* j(x, e) */
static void read_parts(const struct network *network, const real *parameters,
                       const struct network_graph *graph, const real *e, real *parts)
{
    linear_forward(graph->features, parameters + place(network, JOB_W),
                   parameters + place(network, JOB_B), graph->nodes, network->shape.node_features,
                   W, parts);
    matrix_multiply(&(struct matrix_product){
        .rows = graph->nodes,
        .columns = W,
        .blocks = 1,
        .sums = W,
        .a = e,
        .a_row = W,
        .a_sum = 1,
        .b = parameters + place(network, JOB_EMBEDDING_W),
        .b_sum = W,
        .start = parts,
        .start_row = W,
        .c = parts,
        .c_row = W,
    });
    leaky_relu_forward(parts, (size_t)graph->nodes * W);
}

static void forward(const struct network *network, const real *parameters,
                    const struct network_graph *graph, struct workspace *workspace,
                    struct tape *tape, real *embedding)
{
    const int32_t nodes = graph->nodes;
    const size_t reals = (size_t)nodes * W;
    real *e = embedding, *parts = embedding + reals;
    *tape = (struct tape){
        .hidden = workspace_reals(workspace, (size_t)nodes * HIDDEN),
        .own = workspace_reals(workspace, reals),
        .messages = workspace_reals(workspace, reals),
        .sums = workspace_reals(workspace, reals),
        .gathered = workspace_reals(workspace, reals),
    };
    linear_forward(graph->features, parameters + place(network, NODE_0_W),
                   parameters + place(network, NODE_0_B), nodes, network->shape.node_features,
                   HIDDEN, tape->hidden);
    leaky_relu_forward(tape->hidden, (size_t)nodes * HIDDEN);
    linear_forward(tape->hidden, parameters + place(network, NODE_1_W),
                   parameters + place(network, NODE_1_B), nodes, HIDDEN, W, tape->own);
    leaky_relu_forward(tape->own, reals);
    pass_messages(network, parameters, graph, tape, e);
    read_parts(network, parameters, graph, e, parts);
}

void embedding_forward(const struct network *network, const real *parameters,
                       const struct network_graph *graph, struct workspace *workspace,
                       real *embedding)
{
    struct tape tape;
    forward(network, parameters, graph, workspace, &tape, embedding);
}

void embedding_sum_up(const struct network *network, const real *parameters,
                      const struct network_graph *graph, const real *embedding, const int32_t *node,
                      int32_t count, real *summary)
{
    const real *parts = embedding + (ptrdiff_t)graph->nodes * W;
    struct row sum = {0};
    for (int32_t i = 0; i < count; i++)
        sum = add_rows(sum, load_row(parts + (ptrdiff_t)node[i] * W));
    store_row(summary, scale_row(SUM_SCALE, sum));
    store_row(summary + W,
              scale_row(SUM_SCALE, small_layer(summary, parameters + place(network, SYSTEM_W),
                                               parameters + place(network, SYSTEM_B))));
}

void embedding_sum_up_backward(const struct network *network, const real *transposed,
                               const struct network_graph *graph, const int32_t *node,
                               int32_t count, const real *summary, const real *d_summary,
                               real *gradients, real *d_embedding)
{
    real *d_parts = d_embedding + (ptrdiff_t)graph->nodes * W;
    real *d_weights = gradients + place(network, SYSTEM_W);
    real *d_bias = gradients + place(network, SYSTEM_B);
    real d_system[W];
    struct row d = leaky_row(load_row(summary + W), scale_row(SUM_SCALE, load_row(d_summary + W)));
    store_row(d_system, d);
    store_row(d_bias, add_rows(load_row(d_bias), d));
    for (ptrdiff_t i = 0; i < W; i++)
        store_row(d_weights + i * W,
                  add_rows(load_row(d_weights + i * W), scale_row(summary[i], d)));
    d = product(d_system, transposed + place(network, SYSTEM_W));
    d = scale_row(SUM_SCALE, add_rows(load_row(d_summary), d));
    for (int32_t i = 0; i < count; i++) {
        real *to = d_parts + (ptrdiff_t)node[i] * W;
        store_row(to, add_rows(load_row(to), d));
    }
}

/* From j(x, e) to e. Adds to d_e. */
static void parts_backward(const struct network *network, const real *transposed,
                           const struct network_graph *graph, const real *e, const real *parts,
                           real *d_parts, real *gradients, real *d_e)
{
    leaky_relu_backward(parts, d_parts, (size_t)graph->nodes * W);
    linear_backward(graph->features, NULL, d_parts, graph->nodes, network->shape.node_features, W,
                    gradients + place(network, JOB_W), gradients + place(network, JOB_B), NULL);
    linear_backward(e, transposed + place(network, JOB_EMBEDDING_W), d_parts, graph->nodes, W, W,
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
        struct row d = leaky_row(load_row(tape->messages + at), load_row(d_message + at));
        store_row(d_message + at, d);
        d = add_rows(load_row(d_e + at), product(d_message + at, message_w));
        store_row(d_e + at, d);
        int32_t from = graph->child_first[v], to = graph->child_first[v + 1];
        if (to == from)
            continue;
        store_row(d_gathered + at, leaky_row(load_row(tape->gathered + at), d));
        struct row d_sum = product(d_gathered + at, gather_w);
        for (int32_t i = from; i < to; i++) {
            real *child = d_message + (ptrdiff_t)graph->child[i] * W;
            store_row(child, add_rows(load_row(child), d_sum));
        }
    }
    linear_backward(e, NULL, d_message, nodes, W, W, gradients + place(network, MESSAGE_W),
                    gradients + place(network, MESSAGE_B), NULL);
    linear_backward(tape->sums, NULL, d_gathered, nodes, W, W, gradients + place(network, GATHER_W),
                    gradients + place(network, GATHER_B), NULL);
}

void embedding_backward(const struct network *network, const real *parameters,
                        const real *transposed, const struct network_graph *graph,
                        real *d_embedding, struct workspace *workspace, real *gradients)
{
    const int32_t nodes = graph->nodes;
    const size_t reals = (size_t)nodes * W;
    struct tape tape;
    real *e = workspace_reals(workspace, 2 * reals);
    real *d_e = d_embedding, *d_parts = d_embedding + reals;
    forward(network, parameters, graph, workspace, &tape, e);
    parts_backward(network, transposed, graph, e, e + reals, d_parts, gradients, d_e);
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
