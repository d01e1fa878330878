/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Backward passes against central differences, with the room agents built in double. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agents/layers.h"
#include "agents/matrix.h"
#include "agents/network.h"
#include "agents/tree.h"
#include "base/memory.h"
#include "base/random.h"
#include "test/gradient.h"
#include "test/suite.h"

static struct random_stream stream;
static struct workspace *workspace;

static void setup(void)
{
    stream = random_open(11, 0, RANDOM_TEST, 0, 0);
    workspace = workspace_create();
}

static void teardown(void)
{
    workspace_destroy(workspace);
}

static real *draw(size_t count, double deviation)
{
    return gradient_draw(&stream, count, deviation);
}

/* A dense layer under a leaky ReLU, read out by fixed weights. */
struct dense {
    int32_t rows, inputs, outputs;
    real *x, *w, *b, *y, *readout;
    void (*activate)(real *y, size_t count);
};

static double dense_loss(void *context)
{
    struct dense *dense = context;
    size_t count = (size_t)dense->rows * (size_t)dense->outputs;
    linear_forward(dense->x, dense->w, dense->b, dense->rows, dense->inputs, dense->outputs,
                   dense->y);
    dense->activate(dense->y, count);
    return gradient_dot(dense->y, dense->readout, count);
}

static void check_dense(void (*activate)(real *y, size_t count),
                        void (*activate_backward)(const real *y, real *d, size_t count))
{
    struct dense dense = {.rows = 7, .inputs = 5, .outputs = 19, .activate = activate};
    size_t in = 7 * 5, weights = 5 * 19, out = 7 * 19;
    dense.x = draw(in, 1);
    dense.w = draw(weights, 1);
    dense.b = draw(19, 1);
    dense.y = draw(out, 1);
    dense.readout = draw(out, 1);
    dense_loss(&dense);
    real *d_x = draw(in, 0), *d_w = draw(weights, 0), *d_b = draw(19, 0);
    real *d_y = memory_zeroed(out, sizeof *d_y);
    memcpy(d_y, dense.readout, out * sizeof *d_y);
    activate_backward(dense.y, d_y, out);
    real *transposed = draw(weights, 0);
    matrix_transpose(dense.w, 5, 19, transposed);
    linear_backward(dense.x, transposed, d_y, 7, 5, 19, d_w, d_b, d_x);
    gradient_check("x", dense_loss, &dense, dense.x, d_x, in);
    gradient_check("w", dense_loss, &dense, dense.w, d_w, weights);
    gradient_check("b", dense_loss, &dense, dense.b, d_b, 19);
    real *all[] = {dense.x, dense.w, dense.b, dense.y, dense.readout,
                   d_x,     d_w,     d_b,     d_y,     transposed};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

START_TEST(a_dense_layer_with_leaky_relu)
{
    check_dense(leaky_relu_forward, leaky_relu_backward);
}
END_TEST

START_TEST(a_dense_layer_with_relu)
{
    check_dense(relu_forward, relu_backward);
}
END_TEST

struct bent {
    real *x, *y, *readout;
    size_t count;
};

static double gelu_loss(void *context)
{
    struct bent *bent = context;
    gelu_forward(bent->x, bent->y, bent->count);
    return gradient_dot(bent->y, bent->readout, bent->count);
}

START_TEST(gelu)
{
    enum { COUNT = 200 };
    struct bent bent = {draw(COUNT, 3), draw(COUNT, 1), draw(COUNT, 1), COUNT};
    real *d_x = draw(COUNT, 0);
    memcpy(d_x, bent.readout, COUNT * sizeof *d_x);
    gelu_backward(bent.x, d_x, COUNT);
    gradient_check("x", gelu_loss, &bent, bent.x, d_x, COUNT);
    gelu_forward(bent.x, bent.y, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        ck_assert_double_eq_tol(bent.y[i], bent.x[i] * 0.5 * erfc(-bent.x[i] / sqrt(2)), 1e-14);
    free(bent.x);
    free(bent.y);
    free(bent.readout);
    free(d_x);
}
END_TEST

enum { TREE_ROWS = 5 };

struct planted {
    struct tree shape;
    real *x, *w_in, *b, *w_out, *y, *readout;
    struct tree_tape tape;
};

static double tree_loss(void *context)
{
    struct planted *tree = context;
    const struct tree_weights weights = {tree->w_in, tree->b, tree->w_out};
    tree_forward(&tree->shape, &weights, tree->x, TREE_ROWS, &tree->tape, tree->y);
    return gradient_dot(tree->y, tree->readout, (size_t)(TREE_ROWS * tree->shape.outputs));
}

/* The definition: from the root to a leaf, right where s > 0. */
static void expect_tree(const struct planted *tree)
{
    const struct tree *shape = &tree->shape;
    const int nodes = (2 << shape->depth) - 1;
    for (int r = 0; r < TREE_ROWS; r++)
        for (int o = 0; o < shape->outputs; o++) {
            double sum = 0;
            for (int t = 0; t < shape->trees; t++)
                for (int n = 0; n < nodes;) {
                    double s = tree->b[t * nodes + n];
                    for (int i = 0; i < shape->inputs; i++)
                        s += tree->x[r * shape->inputs + i] *
                             tree->w_in[(t * nodes + n) * shape->inputs + i];
                    sum += s * 0.5 * erfc(-s / sqrt(2)) *
                           tree->w_out[(t * nodes + n) * shape->outputs + o];
                    n = s > 0 ? 2 * n + 2 : 2 * n + 1;
                }
            ck_assert_double_eq_tol(tree->y[r * shape->outputs + o], sum, 1e-12);
        }
}

START_TEST(trees_of_neurons)
{
    const struct tree shape = {21, 3, 2, 3};
    const size_t nodes = tree_nodes(&shape), visits = tree_visits(&shape);
    ck_assert_uint_eq(nodes, 30);
    ck_assert_uint_eq(visits, 8);
    const size_t in = TREE_ROWS * 21, out = TREE_ROWS * 3;
    struct planted tree = {shape,
                           draw(in, 1),
                           draw(nodes * 21, 1),
                           draw(nodes, 1),
                           draw(nodes * 3, 1),
                           draw(out, 1),
                           draw(out, 1),
                           {0}};
    tree.tape.logits = draw(TREE_ROWS * visits, 0);
    tree.tape.visited = memory_zeroed(TREE_ROWS * visits, sizeof(int32_t));
    tree_loss(&tree);
    expect_tree(&tree);
    real *d_x = draw(in, 0);
    const struct tree_gradients gradients = {draw(nodes * 21, 0), draw(nodes, 0),
                                             draw(nodes * 3, 0)};
    const struct tree_weights weights = {tree.w_in, tree.b, tree.w_out};
    tree_backward(&shape, &weights, tree.x, &tree.tape, tree.readout, TREE_ROWS, &gradients, d_x);
    gradient_check("x", tree_loss, &tree, tree.x, d_x, in);
    gradient_check("w_in", tree_loss, &tree, tree.w_in, gradients.w_in, nodes * 21);
    gradient_check("b", tree_loss, &tree, tree.b, gradients.b, nodes);
    gradient_check("w_out", tree_loss, &tree, tree.w_out, gradients.w_out, nodes * 3);
    void *all[] = {tree.x, tree.w_in,      tree.b,           tree.w_out,
                   tree.y, tree.readout,   tree.tape.logits, tree.tape.visited,
                   d_x,    gradients.w_in, gradients.b,      gradients.w_out};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}
END_TEST

/* Random decisions over jobs that are some nodes of random graphs; some choices are skipped, some
 * candidates have no job. */
enum {
    GRAPHS = 3,
    JOBS = 8,
    NODES = 9,
    NODE_FEATURES = 8,
    DECISIONS = 30,
    FEATURES = 7,
    CANDIDATES = 6,
};

struct school {
    struct network network;
    struct objective objective;
    struct network_lesson lesson;
    struct network_graph graphs[GRAPHS];
    int32_t child_first[GRAPHS][NODES + 1], child[GRAPHS][NODES * NODES];
    int32_t first[DECISIONS + 1], action[DECISIONS];
    int32_t job_graph[JOBS], job_first[JOBS + 1], job_node[JOBS * NODES];
    int32_t job[DECISIONS * CANDIDATES], node[DECISIONS * CANDIDATES];
    int32_t seen_first[DECISIONS + 1], seen[DECISIONS * JOBS];
    real old_log_prob[DECISIONS], advantage[DECISIONS];
    real *rows, *features[GRAPHS], *parameters, *gradients;
    struct objective_sums sums;
};

static int32_t below(int count)
{
    return (int32_t)random_below(&stream, (uint32_t)count);
}

static void draw_graph(struct school *school, int g)
{
    int32_t *first = school->child_first[g], *child = school->child[g];
    int32_t nodes = 1 + below(NODES);
    first[0] = 0;
    for (int32_t v = 0; v < nodes; v++) {
        first[v + 1] = first[v];
        for (int32_t u = 0; u < v; u++)
            if (below(3) == 0)
                child[first[v + 1]++] = u;
    }
    school->features[g] = draw((size_t)nodes * NODE_FEATURES, 1);
    school->graphs[g] = (struct network_graph){
        .nodes = nodes, .features = school->features[g], .child_first = first, .child = child};
}

/* At least one node. */
static void draw_job(struct school *school, int j)
{
    int32_t *end = &school->job_first[j + 1];
    school->job_graph[j] = below(GRAPHS);
    int32_t nodes = school->graphs[school->job_graph[j]].nodes;
    *end = school->job_first[j];
    for (int32_t v = 0; v < nodes; v++)
        if (v == nodes - 1 || below(3) > 0)
            school->job_node[(*end)++] = v;
}

static void draw_decision(struct school *school, int d)
{
    int32_t count = 1 + below(CANDIDATES);
    int32_t *seen_end = &school->seen_first[d + 1];
    school->first[d + 1] = school->first[d] + count;
    school->action[d] = below(8) == 0 ? -1 : below(count);
    school->old_log_prob[d] = -log(count) + 0.4 * random_normal(&stream);
    school->advantage[d] = random_normal(&stream);
    *seen_end = school->seen_first[d];
    for (int32_t j = 0; j < JOBS; j++)
        if (below(2) == 0)
            school->seen[(*seen_end)++] = j;
    for (int32_t c = school->first[d]; c < school->first[d + 1]; c++) {
        int32_t job = below(JOBS + 1) - 1;
        school->job[c] = job;
        school->node[c] =
            job < 0 ? 0
                    : school->job_node[school->job_first[job] +
                                       below(school->job_first[job + 1] - school->job_first[job])];
    }
}

static void school_init(struct school *school, const char *kind, enum objective_kind objective)
{
    *school = (struct school){.objective = {.kind = objective, .clip = 0.2, .entropy = 0.05}};
    network_init(&school->network, network_find(kind),
                 (struct network_shape){.features = FEATURES, .node_features = NODE_FEATURES});
    for (int g = 0; g < GRAPHS; g++)
        draw_graph(school, g);
    for (int j = 0; j < JOBS; j++)
        draw_job(school, j);
    for (int d = 0; d < DECISIONS; d++)
        draw_decision(school, d);
    size_t count = school->network.tensors.reals;
    school->rows = draw((size_t)school->first[DECISIONS] * FEATURES, 1);
    school->parameters = draw(count, 0.4); /* biases too: nothing sits on a kink */
    school->gradients = draw(count, 0);
    school->lesson = (struct network_lesson){
        .batch = {.decisions = DECISIONS,
                  .first = school->first,
                  .rows = school->rows,
                  .job = school->job,
                  .node = school->node,
                  .seen_first = school->seen_first,
                  .seen = school->seen},
        .graphs = GRAPHS,
        .jobs = JOBS,
        .graph = school->graphs,
        .job_graph = school->job_graph,
        .job_first = school->job_first,
        .job_node = school->job_node,
        .action = school->action,
        .old_log_prob = school->old_log_prob,
        .advantage = school->advantage,
    };
}

static void school_finish(struct school *school)
{
    network_finish(&school->network);
    for (int g = 0; g < GRAPHS; g++)
        free(school->features[g]);
    free(school->rows);
    free(school->parameters);
    free(school->gradients);
}

static double school_loss(void *context)
{
    struct school *school = context;
    real *unused = draw(school->network.tensors.reals, 0);
    school->sums = (struct objective_sums){0};
    network_learn(&school->network, school->parameters, &school->lesson, &school->objective,
                  workspace, unused, &school->sums);
    free(unused);
    double bonus = school->objective.kind == OBJECTIVE_CLONE ? 0 : school->objective.entropy;
    return school->sums.loss - bonus * school->sums.entropy;
}

static void check_school(const char *kind, enum objective_kind objective)
{
    struct school school;
    school_init(&school, kind, objective);
    struct objective_sums sums = {0};
    network_learn(&school.network, school.parameters, &school.lesson, &school.objective, workspace,
                  school.gradients, &sums);
    if (objective == OBJECTIVE_PPO) {
        ck_assert_int_gt(sums.clipped, 2);
        ck_assert_int_gt(sums.choices - sums.clipped, 10);
    }
    const struct tensors *tensors = &school.network.tensors;
    for (int32_t i = 0; i < tensors->count; i++) {
        const struct tensor *tensor = &tensors->list[i];
        if (strcmp(tensor->name, "score.2.bias") == 0)
            continue; /* moves all logits alike */
        gradient_check(tensor->name, school_loss, &school, school.parameters + tensor->offset,
                       school.gradients + tensor->offset, tensor->count);
    }
    school_finish(&school);
}

START_TEST(ppo_through_the_mlp)
{
    check_school("mlp", OBJECTIVE_PPO);
}
END_TEST

START_TEST(ppo_through_the_graph_embedding)
{
    check_school("graph", OBJECTIVE_PPO);
}
END_TEST

START_TEST(reinforce_through_the_graph_embedding)
{
    check_school("graph", OBJECTIVE_REINFORCE);
}
END_TEST

START_TEST(cloning_through_the_graph_embedding)
{
    check_school("graph", OBJECTIVE_CLONE);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("gradients");
    TCase *layers = tcase_create("layers");
    tcase_add_checked_fixture(layers, setup, teardown);
    tcase_add_test(layers, a_dense_layer_with_leaky_relu);
    tcase_add_test(layers, a_dense_layer_with_relu);
    tcase_add_test(layers, gelu);
    tcase_add_test(layers, trees_of_neurons);
    suite_add_tcase(suite, layers);
    TCase *losses = tcase_create("losses");
    tcase_add_checked_fixture(losses, setup, teardown);
    tcase_set_timeout(losses, 60);
    tcase_add_test(losses, ppo_through_the_mlp);
    tcase_add_test(losses, ppo_through_the_graph_embedding);
    tcase_add_test(losses, reinforce_through_the_graph_embedding);
    tcase_add_test(losses, cloning_through_the_graph_embedding);
    suite_add_tcase(suite, losses);
    return suite;
}
