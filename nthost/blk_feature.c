/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * feature-matrix: every legal combination of the feature bits that a model device can offer, each with verified I/O.
 * What contract v1 offers can be absent, what it does not offer can be there; without VERSION_1 the driver has to
 * refuse.
 */
#include <stdio.h>
#include <string.h>

#include "blk_scenario.h"

#define BIT(n) (1ull << (n))
enum {
    F_SIZE_MAX = 1,
    F_SEG_MAX = 2,
    F_GEOMETRY = 4,
    F_RO = 5,
    F_BLK_SIZE = 6,
    F_FLUSH = 9,
    F_TOPOLOGY = 10,
    F_CONFIG_WCE = 11,
    F_MQ = 12,
    F_DISCARD = 13,
    F_WRITE_ZEROES = 14,
    F_INDIRECT = 28,
    F_EVENT_IDX = 29,
    F_VERSION_1 = 32
};

static const unsigned optional[] = {F_INDIRECT, F_EVENT_IDX,  F_SEG_MAX,     F_FLUSH,   F_BLK_SIZE,
                                    F_SIZE_MAX, F_CONFIG_WCE, F_RO,          F_DISCARD, F_TOPOLOGY,
                                    F_GEOMETRY, F_MQ,         F_WRITE_ZEROES};
#define OPTIONAL (sizeof(optional) / sizeof(optional[0]))

static uint64_t features_of(unsigned combination)
{
    uint64_t features = BIT(F_VERSION_1);

    for (unsigned i = 0; i < OPTIONAL; i++) {
        if (combination & 1u << i)
            features |= BIT(optional[i]);
    }
    return features;
}

/* VIRTIO 1.2, 5.2.5.1: a device that offers CONFIG_WCE offers FLUSH. */
static bool is_legal(uint64_t features)
{
    return !((features & BIT(F_CONFIG_WCE)) && !(features & BIT(F_FLUSH)));
}

/* Values that go with the features, different from the defaults, chosen by the combination. */
static void set_values(struct model_options *m, uint64_t features, unsigned combination)
{
    m->features_added = features;
    m->features_removed = ~features;
    if (features & BIT(F_BLK_SIZE))
        m->blk_size = combination % 3 == 0 ? 4096 : combination % 3 == 1 ? 512 : 2048;
    if (features & BIT(F_SIZE_MAX))
        m->size_max = combination % 2 == 0 ? 4096 : 65536;
    if (features & BIT(F_SEG_MAX))
        m->seg_max = combination % 4 == 0 ? 4 : combination % 4 == 1 ? 126 : 32;
    if (features & BIT(F_CONFIG_WCE))
        m->writeback = combination % 2;
    m->queue_size = 16u << combination % 5;
    m->vectors = combination % 4;
}

/* One combination: I/O that is right, and as much of the disk as the features allow. */
void scenario_feature_run(struct bench *b)
{
    struct workload w;

    workload_parse(&w, b->options->workload.text);
    if (!bench_must_start(b)) {
        bench_unload(b);
        return;
    }
    if (b->disk.read_only)
        w.kind = WORKLOAD_RANDREAD;
    workload_run(b, &w, &b->result);
    if (b->result.errors != 0 || b->result.ios != w.count)
        bench_fail(b, "%llu of %llu I/Os done, %llu failed", (unsigned long long)b->result.ios,
                   (unsigned long long)w.count, (unsigned long long)b->result.errors);
    if (disk_flush(b) != SRB_STATUS_SUCCESS)
        bench_fail(b, "SYNCHRONIZE CACHE failed");
    b->result.miscompares += pattern_check_image(b, &b->result.second_path_sectors);
    adapter_reset_bus(b->adapter);
    if (!disk_read_capacity(b))
        bench_fail(b, "READ CAPACITY failed after a reset");
    if (b->options->model.features_removed == ~b->options->model.features_added &&
        (model_features_accepted(b->bus) & ~b->options->model.features_added) != 0)
        bench_fail(b, "features 0x%llx accepted, 0x%llx offered", (unsigned long long)model_features_accepted(b->bus),
                   (unsigned long long)b->options->model.features_added);
    bench_unload(b);
}

static int run_combination(const struct blk_options *options, uint64_t features, unsigned combination)
{
    struct blk_options o = *options;

    o.scenario = "feature-run";
    o.quiet = true;
    o.verify = true;
    o.capacity = 2u << 20;
    o.adapter.msix = combination % 2 != 0;
    workload_parse(&o.workload, "mixed:bs=16k:qd=8:count=24:span=512k");
    set_values(&o.model, features, combination);
    return child_run(&o, NULL);
}

/* Without VERSION_1 the driver refuses, and says so in the event log. */
void scenario_no_version(struct bench *b)
{
    unsigned entries = 0;

    if (bench_start(b))
        bench_fail(b, "a device without VERSION_1 was started");
    else {
        adapter_log(b->adapter, &entries);
        if (entries == 0)
            bench_fail(b, "a device without VERSION_1 was refused without an entry in the event log");
    }
    bench_unload(b);
}

int scenario_feature_matrix(const struct blk_options *options)
{
    unsigned runs = 0, wrong = 0, stride = 1;
    struct blk_options none = *options;

    if (!options->use_model) {
        fputs("nthost: feature-matrix needs --device model\n", stderr);
        return EXIT_USAGE;
    }
    if (options->repeat != 0 && options->repeat < 1u << OPTIONAL)
        stride = (unsigned)((1u << OPTIONAL) / options->repeat) | 1u;
    for (unsigned at = 0; at < 1u << OPTIONAL; at += stride) {
        uint64_t features = features_of(at);

        if (!is_legal(features))
            continue;
        runs++;
        if (run_combination(options, features, at) == EXIT_OK)
            continue;
        fprintf(stderr, "nthost: wrong with features 0x%llx (combination %u, seed %llu)\n",
                (unsigned long long)features, at, (unsigned long long)options->seed);
        if (++wrong >= 5)
            break;
    }
    none.scenario = "feature-none";
    none.quiet = true;
    none.model.features_removed = BIT(F_VERSION_1);
    if (child_run(&none, NULL) != EXIT_OK)
        wrong++;
    printf("%s: feature-matrix: %u of %u combinations, %u wrong\n", wrong == 0 ? "ok" : "WRONG", runs, 1u << OPTIONAL,
           wrong);
    return wrong == 0 ? EXIT_OK : EXIT_WRONG;
}
