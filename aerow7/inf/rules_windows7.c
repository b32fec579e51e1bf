/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* 1199: syntax that came after Windows 7, in what Windows 7 would read; and the rules that are about nothing else. */
#include "inf/inf_check.h"

#include "inf/inf_evaluate.h"

#include <string.h>
#include <strings.h>

/* "Driver packages have general support for 'run from Driver Store' starting with Windows 10 1709." */
#define DIRECTORY_DRIVER_STORE 13U

static const struct {
    const char *directive;
    const char *since;
} newer_directives[] = {
    {"AddFilter", "10.0.18362"},        {"AddSoftware", "10.0.15063"},      {"AddComponent", "10.0.15063"},
    {"AddEventProvider", "10.0.17763"}, {"AddAutoLogger", "10.0.22000"},    {"UpdateAutoLogger", "10.0.22000"},
    {"AddComServer", "10.0.26100"},     {"AddComClass", "10.0.26100"},      {"AddTrigger", "10.0.19041"},
    {"ServiceSidType", "10.0.19041"},   {"DelayedAutoStart", "10.0.19041"}, {"FailureActions", "10.0.22621"},
    {"BootFlags", "10.0.25398"},
};

static void directive_1199(const struct check *check, const struct inf_line *line)
{
    for (size_t i = 0; i < sizeof(newer_directives) / sizeof(newer_directives[0]); ++i) {
        if (inf_same_name(line->key.text, newer_directives[i].directive)) {
            inf_report(check, "1199", line->line, "%s was introduced in Windows %s, and Windows 7 would read this",
                       newer_directives[i].directive, newer_directives[i].since);
        }
    }
    if (inf_same_name(line->key.text, "ServiceBinary") && strncmp(inf_value_text(line, 0), "%13%", 4) == 0) {
        inf_report(check, "1199", line->line,
                   "%%13%% was introduced in Windows 10.0.16299, and Windows 7 would read this");
    }
}

static void target_1199(const struct check *check, enum inf_architecture architecture)
{
    const struct inf_package *package = &check->packages[architecture];
    const struct inf_section *targets = inf_section(check->inf, "DestinationDirs");

    for (size_t i = 0; i < package->file_count; ++i) {
        for (size_t j = 0;
             package->files[i].directory_id == DIRECTORY_DRIVER_STORE && targets != NULL && j < targets->line_count;
             ++j) {
            uint32_t number;

            if (inf_number(inf_value_text(&targets->lines[j], 0), &number) && number == DIRECTORY_DRIVER_STORE) {
                inf_report(check, "1199", targets->lines[j].line,
                           "directory 13 was introduced in Windows 10.0.16299, and Windows 7 would read this");
            }
        }
        if (package->files[i].directory_id == DIRECTORY_DRIVER_STORE) {
            return;
        }
    }
}

static void rule_1199(const struct check *check)
{
    for (size_t i = 0; i < check->inf->section_count; ++i) {
        const struct inf_section *section = &check->inf->sections[i];

        for (size_t j = 0;
             inf_section_is_for_windows7(check->inf, check->references, section) && j < section->line_count; ++j) {
            if (section->lines[j].key.text != NULL) {
                directive_1199(check, &section->lines[j]);
            }
        }
    }
    target_1199(check, INF_X86);
    target_1199(check, INF_AMD64);
}

static const struct inf_rule rules[] = {
    {"1199", SEVERITY_ERROR, "what Windows 7 reads uses no syntax that came after it", rule_1199},
};

const struct inf_rules inf_rules_windows7 = {rules, sizeof(rules) / sizeof(rules[0])};

const struct inf_rule_elsewhere inf_rules_elsewhere[] = {
    {"1000", "a file that is not there is exit status 3"},
    {"1006, 1013, 1014", "covered by 1234 and 1289, which name the entry"},
    {"1016, 1242", "covered by 1230, 1273 and 1275"},
    {"1017, 1293", "the reserved names are not published"},
    {"1019", "interface and other GUIDs: only ClassGuid is looked at, 1010"},
    {"1020-1022", "unique service names and filter levels, Windows 10"},
    {"1078-1088", "directives of Windows 10 sections"},
    {"1100-1103", "directory 13, Windows 10; 1199 keeps it out"},
    {"1110", "CopyINF: not used here"},
    {"1141-1150", "software components, Windows 10"},
    {"1160, 1325", "COM classes, Windows 11"},
    {"1180-1182", "event channels, Windows 10"},
    {"1207, 1208, 1210", "Microsoft's own INFs, and a switch of InfVerif"},
    {"1212, 1420-1423", "primitive drivers, Windows 10"},
    {"1220, 1310-1314, 1316-1319", "what Windows' own INFs hold is not known here; 1315 checks what can be"},
    {"1222, 1223, 1320-1323", "isolated drivers, Windows 10"},
    {"1225, 1226, 1430, 1431", "the list of well-known values is not published; aero-msi checks those of interrupts"},
    {"1241, 1245, 1252-1254", "directives and values that no driver here uses"},
    {"1256-1258, 1260", "directives and values that no driver here uses"},
    {"1262, 1263, 1266", "directives and values that no driver here uses"},
    {"1270, 1290, 1292", "sections of Windows 10"},
    {"1299", "a file that cannot be read to its end is exit status 3"},
    {"1300-1309", "what was legacy for Windows 10 is how Windows 7 drivers are installed"},
    {"1324", "PnpLockdown: Windows 7 accepts both, and uninstallers delete the file"},
    {"1326-1329", "isolated drivers, Windows 10"},
    {"1331-1341", "conflicts between packages on Windows 10"},
    {"1380-1384", "extension INFs, Windows 10"},
    {"1400-1402", "user-mode drivers"},
    {"1450", "isolated drivers, Windows 10"},
    {"2004, 2009", "directives that Windows 7 still carries out"},
    {"2008", "what Windows' own INFs hold is not known here"},
    {"2090-2093", "INF shims, Windows 10"},
    {"2400-2501", "network components other than adapters, Windows 10"},
    {"2600-2663", "display, camera and audio drivers of Windows 10"},
};
const size_t inf_rules_elsewhere_count = sizeof(inf_rules_elsewhere) / sizeof(inf_rules_elsewhere[0]);
