/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A UEFI program that a disc is started with: says so on the console, with what \sources\marker.txt has on every volume
 * that the firmware's own drivers read (EDK2 reads UDF), and ends QEMU through isa-debug-exit. Only the members of the
 * UEFI specification's tables that are used have names.
 */
typedef unsigned long long u64;
typedef unsigned int u32;
typedef unsigned short u16;
typedef unsigned char u8;

struct guid {
    u32 a;
    u16 b, c;
    u8 d[8];
};

struct text_output {
    void *reset;
    u64 (*output)(struct text_output *self, const u16 *text);
};

struct file {
    u64 revision;
    u64 (*open)(struct file *self, struct file **out, const u16 *name, u64 mode, u64 attributes);
    u64 (*close)(struct file *self);
    void *delete_file;
    u64 (*read)(struct file *self, u64 *size, void *buffer);
};

struct file_system {
    u64 revision;
    u64 (*open_volume)(struct file_system *self, struct file **root);
};

struct system_table {
    u8 header[24];
    const u16 *vendor;
    u32 revision;
    void *input_handle, *input, *output_handle;
    struct text_output *output;
    void *error_handle, *error, *runtime;
    void **boot;
};

/* UEFI specification, 4.4: members of the boot services table, counted in pointers from its beginning. */
enum { HANDLE_PROTOCOL = 19, LOCATE_HANDLE_BUFFER = 39 };

static const struct guid file_system_guid = {0x964E5B22, 0x6459, 0x11D2, {0x8E, 0x39, 0, 0xA0, 0xC9, 0x69, 0x72, 0x3B}};

static void print_byte(struct text_output *output, u8 value)
{
    u16 text[2] = {value, 0};

    output->output(output, text);
}

u64 efi_main(void *image, struct system_table *table)
{
    u64 (*locate)(u32, const struct guid *, void *, u64 *, void ***) =
        (u64(*)(u32, const struct guid *, void *, u64 *, void ***))table->boot[LOCATE_HANDLE_BUFFER];
    u64 (*handle)(void *, const struct guid *, void **) =
        (u64(*)(void *, const struct guid *, void **))table->boot[HANDLE_PROTOCOL];
    void **handles = 0;
    u64 count = 0;
    u8 found = 0;

    (void)image;
    table->output->output(table->output, u"AERO UEFI STUB ");
    locate(2, &file_system_guid, 0, &count, &handles);
    for (u64 i = 0; i < count; ++i) {
        struct file_system *system = 0;
        struct file *root = 0;
        struct file *file = 0;
        u8 buffer[64];
        u64 size = sizeof(buffer);

        if (handle(handles[i], &file_system_guid, (void **)&system) == 0 && system->open_volume(system, &root) == 0 &&
            root->open(root, &file, u"\\sources\\marker.txt", 1, 0) == 0 && file->read(file, &size, buffer) == 0) {
            for (u64 j = 0; j < size; ++j) {
                print_byte(table->output, buffer[j]);
            }
            found = 1;
        }
    }
    table->output->output(table->output, found ? u" READ" : u" NO VOLUME READ");
    __asm__ volatile("outb %0, %1" : : "a"((u8)(found ? 0x10 : 0x20)), "Nd"((u16)0xF4));
    return 0;
}
