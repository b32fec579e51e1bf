/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "core_test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_SECONDS = 100 };

static struct core_test *tests;
struct test_bus bus;
module *fixture;
void *window;

void core_test_add(struct core_test *test)
{
    test->next = tests;
    tests = test;
}

static uint64_t bus_read(struct pci_bus *self, uint64_t physical, unsigned width)
{
    struct test_bus *b = (struct test_bus *)self;
    uint64_t value = 0;
    CHECK(physical >= TEST_REGISTERS && physical + width <= TEST_REGISTERS + sizeof(b->registers));
    b->reads++;
    b->last_width = width;
    memcpy(&value, b->registers + (physical - TEST_REGISTERS), width);
    if (b->on_access != NULL)
        b->on_access();
    return value;
}

static void bus_write(struct pci_bus *self, uint64_t physical, unsigned width, uint64_t value)
{
    struct test_bus *b = (struct test_bus *)self;
    CHECK(physical >= TEST_REGISTERS && physical + width <= TEST_REGISTERS + sizeof(b->registers));
    b->writes++;
    b->last_width = width;
    memcpy(b->registers + (physical - TEST_REGISTERS), &value, width);
    if (b->on_access != NULL)
        b->on_access();
}

static uint32_t bus_port_read(struct pci_bus *self, uint16_t port, unsigned width)
{
    (void)width;
    ((struct test_bus *)self)->last_port = port;
    return ((struct test_bus *)self)->port_value;
}

static void bus_port_write(struct pci_bus *self, uint16_t port, unsigned width, uint32_t value)
{
    (void)width;
    ((struct test_bus *)self)->last_port = port;
    ((struct test_bus *)self)->port_value = value;
}

static bool bus_progress(struct pci_bus *self, uint64_t max_wait_us)
{
    (void)self;
    (void)max_wait_us;
    return false;
}

static uint64_t bus_next_event(struct pci_bus *self)
{
    (void)self;
    return UINT64_MAX;
}

static const struct pci_bus_ops bus_ops = {
    .mmio_read = bus_read,
    .mmio_write = bus_write,
    .port_read = bus_port_read,
    .port_write = bus_port_write,
    .progress = bus_progress,
    .next_event_us = bus_next_event,
};

void *fixture_function(const char *name)
{
    struct {
        const char *name;
        void *function;
    } const *f = module_export(fixture, "FixtureTable");
    CHECK(f != NULL);
    for (; f->name != NULL; f++) {
        if (strcmp(f->name, name) == 0)
            return f->function;
    }
    fprintf(stderr, "the fixture has no function %s\n", name);
    exit(EXIT_WRONG);
}

void start(unsigned processors, uint64_t seed)
{
    verifier_set_seed(seed);
    ram_init(64 << 20, 64 << 20, seed);
    trap_init();
    bus.bus.ops = &bus_ops;
    cpu_init(processors, seed, &bus.bus);
    fixture = module_load(FIXTURE_SYS, NULL);
    window = mmio_map(TEST_REGISTERS, sizeof(bus.registers));
}

static int run_child(const struct core_test *t, char *output, size_t size)
{
    int ends[2], status;
    size_t length = 0;
    if (pipe(ends) != 0)
        abort();
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        close(ends[0]);
        close(ends[1]);
        alarm(LIMIT_SECONDS);
        t->run();
        exit(EXIT_OK);
    }
    close(ends[1]);
    ssize_t got;
    while (length + 1 < size && (got = read(ends[0], output + length, size - 1 - length)) > 0)
        length += (size_t)got;
    output[length] = '\0';
    close(ends[0]);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool run(const struct core_test *t)
{
    static char output[256 * 1024];
    int status = run_child(t, output, sizeof(output));
    bool right = status == t->status;
    if (!right)
        printf("%s: exit status %d instead of %d\n", t->name, status, t->status);
    for (unsigned i = 0; i < 6 && t->texts[i] != NULL; i++) {
        if (strstr(output, t->texts[i]) == NULL) {
            printf("%s: it does not print '%s'\n", t->name, t->texts[i]);
            right = false;
        }
    }
    if (!right || getenv("CORE_TEST_VERBOSE") != NULL)
        printf("---- %s printed:\n%s----\n", t->name, output);
    return right;
}

int main(int argc, char **argv)
{
    unsigned ran = 0, failed = 0;
    for (const struct core_test *t = tests; t != NULL; t = t->next) {
        if (argc > 1 && strcmp(argv[1], t->name) != 0)
            continue;
        ran++;
        if (!run(t))
            failed++;
    }
    printf("%u tests, %u failed\n", ran, failed);
    return ran > 0 && failed == 0 ? 0 : 1;
}
