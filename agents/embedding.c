/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agents/embedding.h"

#include <stdio.h>
#include <string.h>

#include "agents/layers.h"
#include "agents/matrix.h"

#define SUM_SCALE ((real)0.1) /* keeps sums over many nodes in the range of one */

enum { W = EMBEDDING_WIDTH, HIDDEN = 16 };

/* Tensors in the order of the list: a weight, then its bias. */
enum { NODE_0, NODE_1, MESSAGE, GATHER, JOB, SYSTEM };
static const char *const layer_names[] = {"node.0", "node.1", "message", "gather", "job", "system"};

void embedding_layout(struct network *network)
{
    const int32_t features = network->shape.node_features;
    const int32_t shapes[][2] = {{features, HIDDEN}, {HIDDEN, W}, {W, W}, {W, W},
                                 {features + W, W},  {W, W}};
    for (int i = NODE_0; i <= SYSTEM; i++) {
        char name[TENSOR_NAME_SIZE];
        snprintf(name, sizeof name, "%s.weight", layer_names[i]);
        tensors_add(&network->tensors, name, shapes[i][0], shapes[i][1], TENSOR_GLOROT);
        snprintf(name, sizeof name, "%s.bias", layer_names[i]);
        tensors_add(&network->tensors, name, 0, shapes[i][1], TENSOR_ZERO);
    }
}

/* Weights and bias of a layer in a block; the embedding's tensors are the last of the network. */
static size_t weight_at(const struct network *network, int layer)
{
    int32_t tensor = network->tensors.count - 2 * (SYSTEM + 1 - layer);
    return network->tensors.list[tensor].offset;
}

static size_t bias_at(const struct network *network, int layer)
{
    int32_t tensor = network->tensors.count - 2 * (SYSTEM + 1 - layer) + 1;
    return network->tensors.list[tensor].offset;
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

/* y = leaky_relu(x w + b) for one row of W values. */
static void small_layer(const real *restrict x, const real *restrict w, const real *restrict b,
                        real *restrict y)
{
    real sum[W];
    memcpy(sum, b, sizeof sum);
    for (int i = 0; i < W; i++)
        for (int o = 0; o < W; o++)
            sum[o] += x[i] * w[i * W + o];
    for (int o = 0; o < W; o++)
        y[o] = sum[o] > 0 ? sum[o] : LEAKY_SLOPE * sum[o];
}

/* y += x w for one row of W values. */
static void small_product(const real *restrict x, const real *restrict w, real *restrict y)
{
    for (int i = 0; i < W; i++)
        for (int o = 0; o < W; o++)
            y[o] += x[i] * w[i * W + o];
}

static void pass_messages(const struct network *network, const real *parameters,
                          const struct network_graph *graph, const struct tape *tape, real *e)
{
    const real *message_w = parameters + weight_at(network, MESSAGE);
    const real *message_b = parameters + bias_at(network, MESSAGE);
    const real *gather_w = parameters + weight_at(network, GATHER);
    const real *gather_b = parameters + bias_at(network, GATHER);
    for (int32_t v = 0; v < graph->nodes; v++) {
        ptrdiff_t row = (ptrdiff_t)v * W;
        real *sum = tape->sums + row, *gathered = tape->gathered + row;
        int32_t from = graph->child_first[v], to = graph->child_first[v + 1];
        memset(sum, 0, W * sizeof *sum);
        memset(gathered, 0, W * sizeof *gathered);
        for (int32_t i = from; i < to; i++)
            for (int o = 0; o < W; o++)
                sum[o] += tape->messages[(ptrdiff_t)graph->child[i] * W + o];
        if (to > from)
            small_layer(sum, gather_w, gather_b, gathered);
        for (int o = 0; o < W; o++)
            e[row + o] = tape->own[row + o] + gathered[o];
        small_layer(e + row, message_w, message_b, tape->messages + row);
    }
}

static void forward(const struct network *network, const real *parameters,
                    const struct network_graph *graph, struct workspace *workspace,
                    struct tape *tape, real *embedding)
{
    const int32_t nodes = graph->nodes, features = network->shape.node_features;
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
    linear_forward(graph->features, parameters + weight_at(network, NODE_0),
                   parameters + bias_at(network, NODE_0), nodes, features, HIDDEN, tape->hidden);
    leaky_relu_forward(tape->hidden, (size_t)nodes * HIDDEN);
    linear_forward(tape->hidden, parameters + weight_at(network, NODE_1),
                   parameters + bias_at(network, NODE_1), nodes, HIDDEN, W, tape->own);
    leaky_relu_forward(tape->own, reals);

    pass_messages(network, parameters, graph, tape, e);

    const real *job_w = parameters + weight_at(network, JOB);
    linear_forward(graph->features, job_w, parameters + bias_at(network, JOB), nodes, features, W,
                   tape->parts);
    matrix_multiply_add(&(struct matrix_product){.rows = nodes,
                                                 .columns = W,
                                                 .sums = W,
                                                 .a = e,
                                                 .a_row = W,
                                                 .a_sum = 1,
                                                 .b = job_w + (ptrdiff_t)features * W,
                                                 .b_sum = W,
                                                 .c = tape->parts,
                                                 .c_row = W});
    leaky_relu_forward(tape->parts, reals);
    memset(y, 0, W * sizeof *y);
    for (int32_t v = 0; v < nodes; v++)
        for (int o = 0; o < W; o++)
            y[o] += tape->parts[(ptrdiff_t)v * W + o];
    for (int o = 0; o < W; o++)
        y[o] *= SUM_SCALE;

    small_layer(y, parameters + weight_at(network, SYSTEM), parameters + bias_at(network, SYSTEM),
                tape->system);
    for (int o = 0; o < W; o++)
        s[o] = SUM_SCALE * tape->system[o];
}

void embedding_forward(const struct network *network, const real *parameters,
                       const struct network_graph *graph, struct workspace *workspace,
                       real *embedding)
{
    struct tape tape;
    forward(network, parameters, graph, workspace, &tape, embedding);
}

/* The gradient by the system's part goes through z to y. */
static void system_backward(const struct network *network, const real *parameters,
                            const struct tape *tape, const real *y, const real *d_s,
                            struct workspace *workspace, real *gradients, real *d_y)
{
    real d[W];
    for (int o = 0; o < W; o++)
        d[o] = SUM_SCALE * d_s[o];
    leaky_relu_backward(tape->system, d, W);
    linear_backward(y, parameters + weight_at(network, SYSTEM), d, 1, W, W,
                    gradients + weight_at(network, SYSTEM), gradients + bias_at(network, SYSTEM),
                    d_y, workspace);
}

/* The gradient by y goes through j to the nodes. */
static void job_backward(const struct network *network, const real *parameters,
                         const struct network_graph *graph, const struct tape *tape, const real *e,
                         const real *d_y, struct workspace *workspace, real *gradients, real *d_e)
{
    const int32_t nodes = graph->nodes, features = network->shape.node_features;
    const size_t lower = weight_at(network, JOB) + (size_t)features * W;
    real *d = workspace_reals(workspace, (size_t)nodes * W);
    for (int32_t v = 0; v < nodes; v++)
        for (int o = 0; o < W; o++)
            d[(ptrdiff_t)v * W + o] = SUM_SCALE * d_y[o];
    leaky_relu_backward(tape->parts, d, (size_t)nodes * W);
    linear_backward(graph->features, NULL, d, nodes, features, W,
                    gradients + weight_at(network, JOB), gradients + bias_at(network, JOB), NULL,
                    workspace);
    linear_backward(e, parameters + lower, d, nodes, W, W, gradients + lower, NULL, d_e, workspace);
}

/* From parents to children: d_e is complete for a node when all its parents are done. */
static void messages_backward(const struct network *network, const real *parameters,
                              const struct network_graph *graph, const struct tape *tape,
                              const real *e, struct workspace *workspace, real *gradients,
                              real *d_e)
{
    const int32_t nodes = graph->nodes;
    const size_t reals = (size_t)nodes * W;
    real *d_message = workspace_zeros(workspace, reals);
    real *d_gathered = workspace_zeros(workspace, reals);
    real message_w[W * W], gather_w[W * W];
    matrix_transpose(parameters + weight_at(network, MESSAGE), W, W, message_w);
    matrix_transpose(parameters + weight_at(network, GATHER), W, W, gather_w);
    for (int32_t v = nodes - 1; v >= 0; v--) {
        ptrdiff_t row = (ptrdiff_t)v * W;
        leaky_relu_backward(tape->messages + row, d_message + row, W);
        small_product(d_message + row, message_w, d_e + row);
        int32_t from = graph->child_first[v], to = graph->child_first[v + 1];
        if (to == from)
            continue;
        real d_sum[W] = {0};
        memcpy(d_gathered + row, d_e + row, sizeof d_sum);
        leaky_relu_backward(tape->gathered + row, d_gathered + row, W);
        small_product(d_gathered + row, gather_w, d_sum);
        for (int32_t i = from; i < to; i++)
            for (int o = 0; o < W; o++)
                d_message[(ptrdiff_t)graph->child[i] * W + o] += d_sum[o];
    }
    linear_backward(e, NULL, d_message, nodes, W, W, gradients + weight_at(network, MESSAGE),
                    gradients + bias_at(network, MESSAGE), NULL, workspace);
    linear_backward(tape->sums, NULL, d_gathered, nodes, W, W,
                    gradients + weight_at(network, GATHER), gradients + bias_at(network, GATHER),
                    NULL, workspace);
}

void embedding_backward(const struct network *network, const real *parameters,
                        const struct network_graph *graph, const real *d_embedding,
                        struct workspace *workspace, real *gradients)
{
    const int32_t nodes = graph->nodes, features = network->shape.node_features;
    const size_t reals = (size_t)nodes * W;
    struct tape tape;
    real *embedding = workspace_reals(workspace, reals + 2 * W);
    forward(network, parameters, graph, workspace, &tape, embedding);

    const real *y = embedding, *e = embedding + (ptrdiff_t)EMBEDDING_NODES * W;
    real *d = workspace_reals(workspace, reals + 2 * W);
    memcpy(d, d_embedding, (reals + 2 * W) * sizeof *d);
    real *d_y = d, *d_s = d + W, *d_e = d + (ptrdiff_t)EMBEDDING_NODES * W;
    system_backward(network, parameters, &tape, y, d_s, workspace, gradients, d_y);
    job_backward(network, parameters, graph, &tape, e, d_y, workspace, gradients, d_e);
    messages_backward(network, parameters, graph, &tape, e, workspace, gradients, d_e);

    real *d_hidden = workspace_zeros(workspace, (size_t)nodes * HIDDEN);
    leaky_relu_backward(tape.own, d_e, reals);
    linear_backward(tape.hidden, parameters + weight_at(network, NODE_1), d_e, nodes, HIDDEN, W,
                    gradients + weight_at(network, NODE_1), gradients + bias_at(network, NODE_1),
                    d_hidden, workspace);
    leaky_relu_backward(tape.hidden, d_hidden, (size_t)nodes * HIDDEN);
    linear_backward(graph->features, NULL, d_hidden, nodes, features, HIDDEN,
                    gradients + weight_at(network, NODE_0), gradients + bias_at(network, NODE_0),
                    NULL, workspace);
}
