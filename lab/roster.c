/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/roster.h"

#include <dlfcn.h>
#include <string.h>

#include "base/schema.h"
#include "sched/registry.h"

const struct roster roster_built_in = {.policies = sched_registry};

/* Whether a policy is filled as sim/policy.h asks for. */
static bool check_policy(const struct policy_kind *policy, const char *path, struct fault *fault)
{
    static const char hint[] = "see struct policy_kind in sim/policy.h";
    if (policy == NULL || policy->name == NULL || policy->summary == NULL ||
        policy->source == NULL || policy->cost == NULL)
        return fault_set(fault, path, hint, "the policy lacks a name, summary, source or cost");
    if (!schema_is_name(policy->name))
        return fault_set(fault, path, "letters, digits, _ - . + #", "`%s` is no name of a policy",
                         policy->name);
    if (policy->decide == NULL || (policy->create == NULL) != (policy->destroy == NULL))
        return fault_set(fault, path, hint,
                         "policy '%s' lacks `decide`, or one of `create` and `destroy`",
                         policy->name);
    if ((unsigned)policy->family > POLICY_LATE_BINDING ||
        (unsigned)policy->discipline > POLICY_PLAN_WC)
        return fault_set(fault, path, hint, "policy '%s' has no such family or discipline",
                         policy->name);
    bool has_params = policy->param_count >= 0 && policy->param_count <= POLICY_MAX_PARAMS &&
                      (policy->param_count == 0 || policy->params != NULL);
    for (int32_t i = 0; has_params && i < policy->param_count; i++) {
        const struct policy_param *param = &policy->params[i];
        has_params = param->name != NULL && schema_is_name(param->name) && param->help != NULL &&
                     param->min <= param->fallback && param->fallback <= param->max;
    }
    return has_params || fault_set(fault, path, hint,
                                   "policy '%s' has a parameter without name, help or a fallback "
                                   "in its range, or more than %d of them",
                                   policy->name, POLICY_MAX_PARAMS);
}

/* What an object says about itself, if it was built against this very contract. */
static const struct policy_kind *check_plugin(const struct policy_plugin *plugin, const char *path,
                                              struct fault *fault)
{
    static const struct policy_plugin ours = POLICY_PLUGIN_SEAL(NULL);
    const char *why = dlerror();
    if (plugin == NULL)
        fault_set(fault, path, "end its source with POLICY_PLUGIN(my_policy); see docs/plugin.md",
                  "it is no plug-in of hetsoc: %s", why == NULL ? "its symbol is NULL" : why);
    else if (plugin->contract != ours.contract)
        fault_set(fault, path, "build it again with the headers of this version",
                  "it was built for contract %d of sim/policy.h, this is contract %d",
                  (int)plugin->contract, (int)ours.contract);
    else if (plugin->kind_size != ours.kind_size || plugin->view_size != ours.view_size ||
             plugin->decisions_size != ours.decisions_size)
        fault_set(fault, path, "build it again with the headers of this version",
                  "its sim/policy.h has structs of other sizes");
    else if (check_policy(plugin->policy, path, fault))
        return plugin->policy;
    return NULL;
}

/* Loads one file. */
static bool load(struct roster_plugin *plugin, struct arena *arena, const char *path,
                 struct fault *fault)
{
    plugin->path = path;
    if (!digest_file(plugin->digest, path, fault))
        return false;
    /* without a slash, dlopen would look elsewhere */
    const char *place = strchr(path, '/') != NULL ? path : arena_printf(arena, "./%s", path);
    void *object = dlopen(place, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL)
        return fault_set(fault, path, "build it with cc -shared -fPIC; see docs/plugin.md",
                         "cannot load it: %s", dlerror());
    dlerror();
    plugin->policy = check_plugin(dlsym(object, "hetsoc_plugin"), path, fault);
    if (plugin->policy == NULL)
        dlclose(object);
    // cppcheck-suppress resourceLeak ; the code of a policy is needed to the end
    return plugin->policy != NULL;
}

const struct roster *roster_create(struct arena *arena, const char *const *paths, int32_t count,
                                   struct fault *fault)
{
    struct roster *roster = arena_zeroed(arena, 1, sizeof *roster);
    size_t built_in = 0;
    while (sched_registry[built_in] != NULL)
        built_in++;
    const struct policy_kind **policies =
        arena_zeroed(arena, built_in + (size_t)count + 1, sizeof *policies);
    memcpy(policies, sched_registry, built_in * sizeof *policies);
    struct roster_plugin *plugins = arena_zeroed(arena, (size_t)count + 1, sizeof *plugins);
    *roster = (struct roster){.policies = policies, .plugins = plugins};
    for (int32_t i = 0; i < count; i++) {
        if (!load(&plugins[i], arena, paths[i], fault))
            return NULL;
        const char *name = plugins[i].policy->name;
        const struct policy_kind *other = roster_find(roster, name);
        if (other != NULL) {
            fault_set(fault, paths[i], "give it another name",
                      "there is a %s scheduler `%s` already",
                      roster_plugin_of(roster, other) == NULL ? "built-in" : "loaded", name);
            return NULL;
        }
        policies[built_in + (size_t)roster->plugin_count++] = plugins[i].policy;
    }
    return roster;
}

const struct policy_kind *roster_find(const struct roster *roster, const char *name)
{
    for (int32_t i = 0; roster->policies[i] != NULL; i++)
        if (strcmp(roster->policies[i]->name, name) == 0)
            return roster->policies[i];
    return NULL;
}

const struct roster_plugin *roster_plugin_of(const struct roster *roster,
                                             const struct policy_kind *policy)
{
    for (int32_t i = 0; i < roster->plugin_count; i++)
        if (roster->plugins[i].policy == policy)
            return &roster->plugins[i];
    return NULL;
}
