/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/setup_files.h"

#include "base/text.h"
#include "offline/driver_pack.h"
#include "offline/setup_scripts.h"

#include <stdlib.h>
#include <string.h>

#define DRIVER_FOLDER "$WinPEDriver$"
#define UNATTEND "Autounattend.xml"
#define UNATTEND_LIMIT ((size_t)1 << 20)

static struct bytes copy_of(const struct bytes *content)
{
    struct bytes copy = {.data = xmalloc(content->size + 1), .size = content->size};

    memcpy(copy.data, content->data, content->size);
    copy.data[copy.size] = 0;
    return copy;
}

enum status setup_files_put_drivers(struct media_content *content, const struct offline_request *request,
                                    enum inf_architecture architecture, struct setup_packages *put)
{
    struct driver_packages packages = {0};
    enum status status = driver_packages_read(request->pack_name, request->pack, architecture, &packages);

    *put = (struct setup_packages){0};
    for (size_t i = 0; i < packages.count && status == STATUS_DONE; ++i) {
        const struct driver_folder *folder = &packages.list[i];

        ++put->packages;
        for (size_t j = 0; j < request->pack->count; ++j) {
            const struct tree_file *file = &request->pack->files[j];
            const char *below = path_below(file->path, folder->path);
            char *path;

            if (below == NULL) {
                continue;
            }
            path = xformat(DRIVER_FOLDER "/%s/%s", driver_package_name(folder), below);
            media_content_put(content, path, copy_of(&file->content));
            ++put->files;
            free(path);
        }
    }
    driver_packages_free(&packages);
    return status;
}

/*
 * Windows PE is X: whatever the disc's own letter is, and has the packages in it; Setup copies what it finds by a path
 * of this pass to the driver store of the new system, boot-critical or not.
 */
static const char unattend[] =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n"
    "<unattend xmlns=\"urn:schemas-microsoft-com:unattend\">\r\n"
    "  <settings pass=\"windowsPE\">\r\n"
    "    <component name=\"Microsoft-Windows-PnpCustomizationsWinPE\" processorArchitecture=\"%s\"\r\n"
    "               publicKeyToken=\"31bf3856ad364e35\" language=\"neutral\" versionScope=\"nonSxS\"\r\n"
    "               xmlns:wcm=\"http://schemas.microsoft.com/WMIConfig/2002/State\">\r\n"
    "      <DriverPaths>\r\n"
    "        <PathAndCredentials wcm:action=\"add\" wcm:keyValue=\"1\">\r\n"
    "          <Path>X:\\Windows\\Drivers\\Aero</Path>\r\n"
    "        </PathAndCredentials>\r\n"
    "      </DriverPaths>\r\n"
    "    </component>\r\n"
    "  </settings>\r\n"
    "</unattend>\r\n";
_Static_assert(sizeof(STAGING_FOLDER) == sizeof("Drivers/Aero"), "the path in the answer file is where packages are");

/* Whether the media have one, and whether it is what an earlier run put there. */
static enum status look_at_unattend(const struct media_content *content, const struct bytes *ours, bool *others)
{
    size_t index = install_source_find(content->source, UNATTEND);
    struct bytes theirs = {0};
    enum status status = STATUS_DONE;

    *others = false;
    if (index != SIZE_MAX) {
        status = install_source_load(content->source, index, UNATTEND_LIMIT, &theirs);
        *others = theirs.size != ours->size || memcmp(theirs.data, ours->data, ours->size) != 0;
    }
    bytes_free(&theirs);
    return status;
}

enum status setup_files_put_unattend(struct media_content *content, enum inf_architecture architecture)
{
    struct bytes bytes = {.data = xformat(unattend, architecture == INF_AMD64 ? "amd64" : "x86")};
    bool others = false;
    enum status status;

    bytes.size = strlen(bytes.data);
    status = look_at_unattend(content, &bytes, &others);
    if (status == STATUS_DONE && others) {
        diag_error(content->source->name,
                   "has an " UNATTEND " already: put DriverPaths with X:\\Windows\\Drivers\\Aero "
                   "into it, and leave --autounattend out");
        status = STATUS_CHECK_FAILED;
    }
    if (status == STATUS_DONE) {
        media_content_put(content, UNATTEND, bytes);
    } else {
        bytes_free(&bytes);
    }
    return status;
}
