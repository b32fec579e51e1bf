/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "qemu_bus.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest_ram.h"
#include "qemu_process.h"
#include "qmp.h"
#include "qtest.h"
#include "verifier.h"

#define DEFAULT_TIMEOUT_MS 30000u
#define FIRMWARE_BYTES 65536u
#define RESET_VECTOR 0xfff0u
#define Q35_SPLIT_BYTES 0xb0000000ull /* from this much RAM on, 2 GiB of it lie below 4 GiB */
#define FIRST_SLOT 4u
#define ARGUMENTS_MAX (64u + QEMU_ARGUMENTS_MAX + 2 * QEMU_DEVICES_MAX)
#define MMIO_WINDOW 0xe0000000ull
#define MMIO_WINDOW_BYTES 0x10000000ull
#define PORT_WINDOW 0xc000u
#define ANSWER_POLL_US 50u

struct qemu_bus {
    pci_bus bus;
    struct qemu_process process;
    struct qtest qtest;
    struct qmp qmp;
    int ram, firmware;
    bool removed;
    uint8_t pin[256]; /* by device and function of bus 0, plus one; 0: not read yet */
};

struct arguments {
    char *list[ARGUMENTS_MAX];
    unsigned count;
};

static struct qemu_bus *of(pci_bus *bus)
{
    return (struct qemu_bus *)bus; /* its first member */
}

/* ---- the command line ---- */

static char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *format_text(const char *format, ...)
{
    char *text;
    va_list values;

    va_start(values, format);
    if (vasprintf(&text, format, values) < 0) {
        environment_failed("out of memory");
    }
    va_end(values);
    return text;
}

/* Takes over `text`. */
static void add_owned(struct arguments *arguments, char *text)
{
    if (arguments->count == ARGUMENTS_MAX - 1) {
        environment_failed("more than %u arguments for QEMU", ARGUMENTS_MAX - 1);
    }
    arguments->list[arguments->count++] = text;
}

static void add(struct arguments *arguments, const char *text)
{
    add_owned(arguments, format_text("%s", text));
}

static void release_arguments(struct arguments *arguments)
{
    for (unsigned i = 0; i < arguments->count; i++) {
        free(arguments->list[i]);
    }
}

/* A comma in a value is written twice in QEMU's option syntax. */
static char *double_commas(const char *value)
{
    char *text = malloc(2 * strlen(value) + 1), *end = text;

    if (text == NULL) {
        environment_failed("out of memory");
    }
    for (; *value != '\0'; value++) {
        *end++ = *value;
        if (*value == ',') {
            *end++ = ',';
        }
    }
    *end = '\0';
    return text;
}

static void add_machine(struct qemu_bus *q, struct arguments *arguments)
{
    uint64_t low = ram_low_bytes(), high = ram_high_bytes(), total = low + high;

    if (total % (1u << 20) != 0 || (total < Q35_SPLIT_BYTES ? high != 0 : low != 0x80000000ull)) {
        environment_failed("a q35 machine cannot have %" PRIu64 " MiB of RAM below 4 GiB and %" PRIu64 " MiB above",
                           low >> 20, high >> 20);
    }
    add(arguments, "-machine");
    /* No timers and no keyboard controller: nothing but the devices under test raises an interrupt or takes input. */
    add(arguments, "q35,memory-backend=ram,pit=off,hpet=off,i8042=off,vmport=off");
    add(arguments, "-accel");
    add(arguments, "tcg");
    add(arguments, "-m");
    add_owned(arguments, format_text("%" PRIu64 "M", total >> 20));
    add(arguments, "-object");
    add_owned(arguments, format_text("memory-backend-file,id=ram,mem-path=/dev/fd/%d,share=on,size=%" PRIu64 "M",
                                     q->ram, total >> 20));
    add(arguments, "-bios");
    add_owned(arguments, format_text("/dev/fd/%d", q->firmware));
    for (const char *const *fixed =
             (const char *const[]){"-display", "none", "-nodefaults", "-no-user-config", "-qtest-log", "none", NULL};
         *fixed != NULL; fixed++) {
        add(arguments, *fixed);
    }
}

static void add_drive(const struct qemu_options *options, struct arguments *arguments)
{
    char *image;

    if (options->image == NULL) {
        return;
    }
    if (access(options->image, options->read_only ? R_OK : R_OK | W_OK) != 0) {
        environment_failed("image %s: %s", options->image, strerror(errno));
    }
    image = double_commas(options->image);
    add(arguments, "-drive");
    add_owned(arguments,
              format_text("if=none,id=d0,file=%s,format=raw,cache=writeback,aio=threads,discard=unmap,readonly=%s%s%s",
                          image, options->read_only ? "on" : "off", options->drive_extra != NULL ? "," : "",
                          options->drive_extra != NULL ? options->drive_extra : ""));
    free(image);
}

static void add_devices(struct qemu_bus *q, const struct qemu_options *options, struct arguments *arguments)
{
    for (unsigned i = 0; i < options->device_count; i++) {
        const char *device = options->devices[i], *at = strstr(device, ",addr=");
        bool wants_drive =
            options->image != NULL && strncmp(device, "virtio-blk", 10) == 0 && strstr(device, ",drive=") == NULL;
        unsigned slot = FIRST_SLOT + i, function = 0;
        char *id = strstr(device, ",id=") == NULL ? format_text(",id=dut%u", i) : format_text("%s", "");

        if (at != NULL && sscanf(at, ",addr=%x.%x", &slot, &function) < 1) {
            environment_failed("QEMU device \"%s\": addr is not SLOT or SLOT.FUNCTION", device);
        }
        if (i == 0) {
            q->bus.bdf = slot << 3 | function;
        }
        add(arguments, "-device");
        add_owned(arguments, at != NULL
                                 ? format_text("%s%s%s", device, id, wants_drive ? ",drive=d0" : "")
                                 : format_text("%s%s,addr=%x%s", device, id, slot, wants_drive ? ",drive=d0" : ""));
        free(id);
    }
}

static void add_socket(struct arguments *arguments, const char *id, int fd)
{
    add(arguments, "-chardev");
    add_owned(arguments, format_text("socket,id=%s,fd=%d", id, fd));
}

/* ---- configuration space, memory and ports ---- */

static uint32_t all_ones(unsigned width)
{
    return UINT32_MAX >> (32 - 8 * width);
}

static char letter(unsigned width)
{
    return width == 1 ? 'b' : width == 2 ? 'w' : 'l';
}

static void select_config(struct qemu_bus *q, unsigned bdf, unsigned offset)
{
    qtest_post(&q->qtest, "outl 0xcf8 0x%x", 0x80000000u | bdf << 8 | (offset & 0xfc));
}

static uint32_t qemu_config_read(pci_bus *bus, unsigned bdf, unsigned offset, unsigned width)
{
    struct qemu_bus *q = of(bus);

    if (q->removed || offset >= 256) {
        return all_ones(width);
    }
    select_config(q, bdf, offset);
    return (uint32_t)qtest_call(&q->qtest, "in%c 0x%x", letter(width), 0xcfc + (offset & 3));
}

static void qemu_config_write(pci_bus *bus, unsigned bdf, unsigned offset, unsigned width, uint32_t value)
{
    struct qemu_bus *q = of(bus);

    if (q->removed || offset >= 256) {
        return;
    }
    select_config(q, bdf, offset);
    /* Configuration writes are not posted: the function has changed when this returns. */
    qtest_call(&q->qtest, "out%c 0x%x 0x%x", letter(width), 0xcfc + (offset & 3), value);
}

static uint64_t qemu_mmio_read(pci_bus *bus, uint64_t physical, unsigned width)
{
    struct qemu_bus *q = of(bus);

    if (q->removed) {
        return width == 8 ? UINT64_MAX : all_ones(width);
    }
    return qtest_call(&q->qtest, "read%c 0x%" PRIx64, width == 8 ? 'q' : letter(width), physical);
}

static void qemu_mmio_write(pci_bus *bus, uint64_t physical, unsigned width, uint64_t value)
{
    struct qemu_bus *q = of(bus);

    if (!q->removed) {
        qtest_post(&q->qtest, "write%c 0x%" PRIx64 " 0x%" PRIx64, width == 8 ? 'q' : letter(width), physical, value);
    }
}

static uint32_t qemu_port_read(pci_bus *bus, uint16_t port, unsigned width)
{
    struct qemu_bus *q = of(bus);

    return q->removed ? all_ones(width) : (uint32_t)qtest_call(&q->qtest, "in%c 0x%x", letter(width), port);
}

static void qemu_port_write(pci_bus *bus, uint16_t port, unsigned width, uint32_t value)
{
    struct qemu_bus *q = of(bus);

    if (!q->removed) {
        qtest_call(&q->qtest, "out%c 0x%x 0x%x", letter(width), port, value);
    }
}

/* ---- interrupts and progress ---- */

/* Input of the I/O APIC that a function's pin is wired to: on q35 the slots below 25 of the root bus are swizzled over
 * PIRQ E to H, which are inputs 20 to 23. Zero: the function has no pin. */
static unsigned line_of(struct qemu_bus *q, unsigned bdf)
{
    uint8_t *pin = &q->pin[bdf & 0xff];

    if (*pin == 0) {
        *pin = (uint8_t)(1 + qemu_config_read(&q->bus, bdf, 0x3d, 1));
    }
    return *pin == 1 ? 0 : 20 + ((bdf >> 3) + *pin - 2u) % 4;
}

static bool qemu_intx_asserted(pci_bus *bus, unsigned bdf)
{
    struct qemu_bus *q = of(bus);
    unsigned line;

    if (q->removed) {
        return false;
    }
    line = line_of(q, bdf);
    qtest_take(&q->qtest, 0);
    return line != 0 && (q->qtest.lines >> line & 1) != 0;
}

static bool qemu_progress(pci_bus *bus, uint64_t max_wait_us)
{
    struct qemu_bus *q = of(bus);
    uint64_t waited = 0;

    if (q->removed) {
        return false;
    }
    /* Messages arrive in guest RAM and wake nobody, so the wait is cut into short pieces. */
    for (;;) {
        uint64_t changes = q->qtest.changes, piece = max_wait_us - waited;

        if (piece > ANSWER_POLL_US) {
            piece = ANSWER_POLL_US;
        }
        qtest_take(&q->qtest, piece);
        if (q->qtest.changes != changes || pci_message_waiting()) {
            return true;
        }
        waited += piece;
        if (waited >= max_wait_us) {
            return false;
        }
    }
}

static uint64_t qemu_next_event_us(pci_bus *bus)
{
    (void)bus;
    return UINT64_MAX;
}

static void qemu_surprise_remove(pci_bus *bus, unsigned bdf)
{
    struct qemu_bus *q = of(bus);
    struct pci_device device = {.bus = bus};
    struct virtio_regions regions;
    unsigned command;

    if (q->removed) {
        return;
    }
    /* QEMU's device cannot be torn out of a running machine, so it is made to look so: a reset ends its requests and
     * with them its DMA (a request in flight copies straight into guest RAM, past the bus master bit), then nothing is
     * enabled. */
    pci_device_find(&device);
    pci_find_virtio_regions(&device, &regions);
    if (regions.common_bytes != 0) {
        qemu_mmio_write(bus, regions.common + 0x14, 1, 0);
        (void)qemu_mmio_read(bus, regions.common + 0x14, 1);
    }
    pci_msix_disable(&device);
    command = qemu_config_read(bus, bdf, 0x04, 2);
    qemu_config_write(bus, bdf, 0x04, 2, (command & ~7u) | 0x400);
    q->removed = true;
}

/* It was reset and disabled when it was taken away. */
static void qemu_plug(pci_bus *bus, unsigned bdf)
{
    (void)bdf;
    of(bus)->removed = false;
}

static void qemu_close(pci_bus *bus)
{
    struct qemu_bus *q = of(bus);

    qmp_quit(&q->qmp);
    qemu_process_end(&q->process, 2000);
    close(q->qtest.fd);
    close(q->qmp.fd);
    close(q->firmware);
    free(q);
}

static const struct pci_bus_ops qemu_ops = {
    .config_read = qemu_config_read,
    .config_write = qemu_config_write,
    .mmio_read = qemu_mmio_read,
    .mmio_write = qemu_mmio_write,
    .port_read = qemu_port_read,
    .port_write = qemu_port_write,
    .intx_asserted = qemu_intx_asserted,
    .progress = qemu_progress,
    .next_event_us = qemu_next_event_us,
    .surprise_remove = qemu_surprise_remove,
    .plug = qemu_plug,
    .close = qemu_close,
};

/* ---- start ---- */

/* The processor stops at its first instruction and never sees an interrupt. */
static int make_firmware(void)
{
    static const uint8_t at_reset[] = {0xfa, 0xf4, 0xeb, 0xfd}; /* cli; hlt; jmp to the hlt */
    int fd = memfd_create("firmware", MFD_CLOEXEC);

    if (fd < 0 || ftruncate(fd, FIRMWARE_BYTES) != 0 ||
        pwrite(fd, at_reset, sizeof at_reset, RESET_VECTOR) != (ssize_t)sizeof at_reset) {
        environment_failed("cannot make QEMU's firmware in memory: %s", strerror(errno));
    }
    return fd;
}

/* Both sides must mean the same byte by the same physical address, or every test after this would be nonsense. */
static void check_shared_ram(struct qemu_bus *q, bool low)
{
    uint64_t physical = ram_take_page(low);
    volatile uint32_t *word = ram_map_physical(physical, PAGE_BYTES);

    *word = 0x51454d55;
    if (qtest_call(&q->qtest, "readl 0x%" PRIx64, physical) != 0x51454d55) {
        environment_failed("QEMU does not see our guest RAM at physical address 0x%" PRIx64, physical);
    }
    qtest_call(&q->qtest, "writel 0x%" PRIx64 " 0x%x", physical, 0x6e74686fu);
    if (*word != 0x6e74686f) {
        environment_failed("we do not see QEMU's guest RAM at physical address 0x%" PRIx64, physical);
    }
    *word = 0;
}

static void connect_pair(int pair[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        environment_failed("cannot make a socket pair for QEMU: %s", strerror(errno));
    }
}

pci_bus *qemu_bus_open(const struct qemu_options *options)
{
    struct qemu_bus *q = calloc(1, sizeof *q);
    unsigned timeout_ms = options->timeout_ms != 0 ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
    struct arguments arguments = {.count = 0};
    int qtest[2], qmp[2];

    if (q == NULL) {
        environment_failed("out of memory");
    }
    if (options->device_count == 0) {
        environment_failed("QEMU needs a device: --qemu-device 'virtio-blk-pci,disable-legacy=on'");
    }
    q->bus = (pci_bus){.ops = &qemu_ops,
                       .real_time = true,
                       .mmio_window = MMIO_WINDOW,
                       .mmio_window_bytes = MMIO_WINDOW_BYTES,
                       .port_window = PORT_WINDOW};
    q->ram = ram_fd();
    q->firmware = make_firmware();
    connect_pair(qtest);
    connect_pair(qmp);

    add(&arguments, options->binary != NULL ? options->binary : "qemu-system-x86_64");
    add_machine(q, &arguments);
    add_socket(&arguments, "qtest", qtest[1]);
    add(&arguments, "-qtest");
    add(&arguments, "chardev:qtest");
    add_socket(&arguments, "qmp", qmp[1]);
    add(&arguments, "-mon");
    add(&arguments, "chardev=qmp,mode=control");
    add_drive(options, &arguments);
    /* Before the devices, which may refer to back ends that are made here. */
    for (unsigned i = 0; i < options->argument_count; i++) {
        add(&arguments, options->arguments[i]);
    }
    add_devices(q, options, &arguments);

    qemu_process_start(&q->process, arguments.list, (const int[]){q->ram, q->firmware, qtest[1], qmp[1]}, 4);
    release_arguments(&arguments);
    close(qtest[1]);
    close(qmp[1]);
    qmp_init(&q->qmp, qmp[0], &q->process, timeout_ms);
    qtest_init(&q->qtest, qtest[0], &q->process, timeout_ms);
    qtest_call(&q->qtest, "irq_intercept_in /machine/q35/ioapic");
    check_shared_ram(q, true);
    if (ram_high_bytes() != 0) {
        check_shared_ram(q, false);
    }
    return &q->bus;
}

bool qemu_qmp(pci_bus *bus, const char *command, char *answer, size_t size)
{
    return qmp_command(&of(bus)->qmp, command, answer, size);
}

bool qemu_wait_event(pci_bus *bus, const char *name, unsigned wait_ms)
{
    return qmp_wait_event(&of(bus)->qmp, name, wait_ms);
}

int qemu_process_id(const pci_bus *bus)
{
    return ((const struct qemu_bus *)bus)->process.pid;
}
