/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Every rule of model_rules.h, broken on purpose: the tiny driver leaves a step out or does it wrong, and the run must
 * end with that rule's name. Each case starts from what works, so that it is the one change that is found.
 */
#include "model_rules_cases.h"

struct tiny_driver d;

void mmio(uint64_t physical, unsigned width, uint64_t value)
{
    d.bus->ops->mmio_write(d.bus, physical, width, value);
}

void found(void)
{
    tiny_find(&d, OPEN());
}

void acknowledged(void)
{
    found();
    tiny_reset(&d);
    tiny_acknowledge(&d);
}

void negotiated(void)
{
    acknowledged();
    tiny_negotiate(&d, ALL_FEATURES);
}

void running(void)
{
    START(&d, false);
}

void prepared(void)
{
    running();
    tiny_build(&d, REQUEST_IN, 0, 512);
}

void send_head(uint16_t head)
{
    tiny_publish(&d, head);
    tiny_ring(&d);
    run_dry(d.bus);
}

static const struct broken *const groups[] = {rules_start, rules_access, rules_ring, rules_request};
#define GROUPS (sizeof groups / sizeof groups[0])

static void run_case(const void *argument)
{
    const struct broken *broken = argument;

    broken->body();
}

static void each_rule_is_enforced(void)
{
    char expected[96];

    for (unsigned group = 0; group < GROUPS; group++) {
        for (const struct broken *broken = groups[group]; broken->rule != NULL; broken++) {
            snprintf(expected, sizeof expected, "rule broken: %s:", broken->rule);
            expect_exit(run_case, broken, 3, expected);
        }
    }
}

static bool has_case(const char *rule)
{
    for (unsigned group = 0; group < GROUPS; group++) {
        for (const struct broken *broken = groups[group]; broken->rule != NULL; broken++) {
            if (strcmp(broken->rule, rule) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Every name that model_rules.h defines is among the cases. */
static void each_rule_has_a_case(void)
{
    FILE *header = fopen(MODEL_RULES_H, "r");
    char line[256], name[64];
    unsigned rules = 0;

    CHECK(header != NULL);
    while (fgets(line, sizeof line, header) != NULL) {
        if (sscanf(line, "#define RULE_%*s \"%63[^\"]\"", name) != 1) {
            continue;
        }
        if (!has_case(name)) {
            fprintf(stderr, "no case breaks %s\n", name);
            exit(1);
        }
        rules++;
    }
    fclose(header);
    CHECK(rules > 50);
}

/* The same cases against a device that tolerates: it must survive them, and count. */
static void tolerated(const void *argument)
{
    const struct broken *broken = argument;

    model_frame_tolerant = true;
    broken->body();
    exit(model_stats(d.bus)->rules_broken != 0 ? 7 : 8);
}

static void a_tolerant_device_survives_each(void)
{
    char expected[96];

    for (unsigned group = 0; group < GROUPS; group++) {
        for (const struct broken *broken = groups[group]; broken->rule != NULL; broken++) {
            if (strcmp(broken->rule, "dma-stray") != 0) { /* not the device's to tolerate */
                snprintf(expected, sizeof expected, "tolerated: %s:", broken->rule);
                expect_exit(tolerated, broken, 7, expected);
            }
        }
    }
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"each-rule-is-enforced", each_rule_is_enforced},
        {"each-rule-has-a-case", each_rule_has_a_case},
        {"a-tolerant-device-survives-each", a_tolerant_device_survives_each},
    };

    return run_tests(tests, sizeof tests / sizeof tests[0], argc, argv);
}
