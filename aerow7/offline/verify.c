/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What has been done is what planning it again would not do: the plan reads every file and every registry value and
 * compares them with what they have to be.
 */
#include "offline/plan.h"

enum status offline_verify(const struct source *source, enum offline_kind kind, const struct offline_request *request,
                           struct findings *findings)
{
    struct changes changes = {0};
    struct findings planned = {0};
    enum status status = offline_plan(source, kind, request, &changes, &planned);

    for (size_t i = 0; i < planned.count; ++i) {
        const struct finding *finding = &planned.list[i];

        if (finding->severity == SEVERITY_NOTE) {
            findings_add(findings, SEVERITY_ERROR, "registry", finding->file, 0, "is missing or different: %s",
                         finding->message);
        } else {
            findings_add(findings, finding->severity, finding->rule, finding->file, 0, "%s", finding->message);
        }
    }
    for (size_t i = 0; i < changes.count; ++i) {
        const struct change *change = &changes.list[i];

        findings_add(findings, SEVERITY_ERROR, change->kind == CHANGE_REPLACE ? "different" : "missing", change->path,
                     0, "%s%s%s", change->kind == CHANGE_REPLACE ? "is not what it has to be" : "is missing",
                     change->why != NULL ? ": " : "", change->why != NULL ? change->why : "");
    }
    if (status == STATUS_DONE && changes.count > 0) {
        status = STATUS_CHECK_FAILED;
    }
    changes_free(&changes);
    findings_free(&planned);
    return status;
}
